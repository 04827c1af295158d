// The ledger: what builders that run at the same time still need from each node.
//
// Xen's claims say how much is set aside, but upstream not on which node. Builders of this program
// tell each other through files in one directory, so that no two plan on the same memory. It is an
// agreement among them and no more: Xen does not know of it.
//
// An entry belongs to one domain and is one file, which its owner replaces as its needs shrink.
// It is either of a build, and counts while that process lives, or a reservation, which counts
// until it is used or dropped; and in both cases only while the domain exists that it was made for.
#ifndef MEMORY_LEDGER_H
#define MEMORY_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/memory/claim.h"
#include "lib/numa/host.h"
#include "lib/util/error.h"

struct ledger;

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

// Opens the ledger in `directory`, creating the directory if need be (mode 0700, its parent must
// exist). It must be a directory of our own user that nobody else can write to, and no symbolic
// link. On failure work without a ledger: then concurrent builds may pick the same nodes.
int ledger_open(const char *directory, struct ledger **ret, struct error *err);

void ledger_close(struct ledger *ledger);

// Waits for and takes the lock under which plans are made: nobody else plans then, and nobody of
// the ledger populates, so that free memory and what others still need belong together. It ends
// with ledger_unlock, ledger_close or the process. -ETIMEDOUT if it cannot be had within 10 s.
int ledger_lock(struct ledger *ledger, struct error *err);

// Waits until nobody plans, and keeps others from planning until ledger_unlock: to be held for each
// populate call. It excludes no other populating. Without success within 10 s it returns all the
// same.
void ledger_share(struct ledger *ledger);

void ledger_unlock(struct ledger *ledger);

// Reads all entries; the caller frees *ret. Those of other versions of the format, and those that
// cannot be read now, are left alone; files that are no entries are removed: they tell nothing, and
// their owner's memory is protected by its claim at most. To be called under the lock.
int ledger_read(struct ledger *ledger, struct ledger_entry **ret, size_t *ret_nr,
                struct error *err);

// Writes or replaces the entry of entry->domid. The first time under the lock. On failure, a full
// file system for example, the entry is as before.
int ledger_write(struct ledger *ledger, const struct ledger_entry *entry, struct error *err);

// Removes the entry of a domain; none is fine.
void ledger_remove(struct ledger *ledger, uint32_t domid);

// The same for whoever wants nothing else of the ledger in `directory`.
int ledger_forget(const char *directory, uint32_t domid, struct error *err);

// Sets process and start_time to those of the calling process.
int ledger_entry_own(struct ledger_entry *entry, struct error *err);

// Whether the process of the entry still lives; a reservation's always does, and one that cannot be
// asked about is taken to.
bool ledger_entry_alive(const struct ledger_entry *entry);

uint64_t ledger_entry_pages(const struct ledger_entry *entry);

// Reduces what is still needed by `nr_pages`, of the lowest nodes first.
void ledger_entry_reduce(struct ledger_entry *entry, uint64_t nr_pages);

#endif
