// An entry of the ledger: what one domain still needs from each node, and whose it is.
#ifndef CLAIM_LEDGER_ENTRY_H
#define CLAIM_LEDGER_ENTRY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/claim/claim.h"
#include "lib/numa/host.h"
#include "lib/util/error.h"

struct ledger_entry {
    uint32_t domid;
    uint8_t handle[16];    // the domain's: ids are used again
    enum claim_kind claim; // what protects the memory in Xen
    pid_t process;         // that builds; 0: a reservation
    uint64_t start_time;   // of that process, as /proc/<pid>/stat gives it: pids are used again
    uint64_t node_pages[HOST_MAX_NODES]; // still needed from each node
    uint64_t nodeless_pages;             // and from anywhere
    uint64_t owned_pages; // by the domain when this was true; what it has more, it has since
};

// Sets process and start_time to those of the calling process.
int ledger_entry_own(struct ledger_entry *entry, struct error *err);

// True if the process of the entry lives, the entry is a reservation, or /proc cannot be read. A
// zombie does not live.
bool ledger_entry_alive(const struct ledger_entry *entry);

// True if the entry is that of the calling process.
bool ledger_entry_is_own(const struct ledger_entry *entry);

// True if a process other than the calling one builds the entry's domain now.
bool ledger_entry_busy(const struct ledger_entry *entry);

uint64_t ledger_entry_pages(const struct ledger_entry *entry);

// Reduces what is still needed by `nr_pages`, of the lowest nodes first.
void ledger_entry_reduce(struct ledger_entry *entry, uint64_t nr_pages);

// The same from all nodes alike, as Xen takes memory that no node is named for: each gives the
// same, and a node that needs less gives that.
void ledger_entry_reduce_evenly(struct ledger_entry *entry, uint64_t nr_pages);

#endif
