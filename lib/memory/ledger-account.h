// The running account of one builder: its entry in the ledger, kept true while it populates.
#ifndef MEMORY_LEDGER_ACCOUNT_H
#define MEMORY_LEDGER_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/memory/ledger.h"

#define LEDGER_ACCOUNT_NODELESS (-1)

// Zero-initialise. Without a ledger, or while it is not open, all calls do nothing.
struct ledger_account {
    struct ledger *ledger;
    bool open;                 // there is an entry in the ledger
    struct ledger_entry entry; // what is true now
    uint64_t unwritten_pages;  // by which the entry in the ledger is behind
};

// Waits until nobody plans; to be followed by a populate call and ledger_account_populated.
void ledger_account_begin(struct ledger_account *account);

// Enters that nr_pages have come from a node, or LEDGER_ACCOUNT_NODELESS, and lets others plan
// again. The ledger is written from time to time, before they can.
void ledger_account_populated(struct ledger_account *account, int node, uint64_t nr_pages);

// Pages that one node was to supply came from another, in the account as its own.
void ledger_account_moved(struct ledger_account *account, unsigned from, unsigned to,
                          uint64_t nr_pages);

// Replaces what is still needed and writes it: node_pages by node, and nodeless_pages. The lock
// must be held.
void ledger_account_replan(struct ledger_account *account, const uint64_t *node_pages,
                           uint64_t nodeless_pages);

#endif
