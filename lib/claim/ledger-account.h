// The running account of one builder: its entry in the ledger, kept true while it populates. At
// every moment it holds what the build has still to populate.
#ifndef CLAIM_LEDGER_ACCOUNT_H
#define CLAIM_LEDGER_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/claim/ledger.h"
#include "lib/util/error.h"

#define LEDGER_ACCOUNT_NODELESS (-1)

// Zero-initialise; ledger_account_done releases it. Without a ledger, or while it is not open, all
// calls do nothing.
struct ledger_account {
    struct ledger *ledger;
    bool open;                 // there is an entry in the ledger
    struct ledger_entry entry; // what is true now
    uint64_t unwritten_pages;  // by which the entry in the ledger is behind
    struct error warning;      // what went wrong with the ledger first, without harm to the build
};

void ledger_account_done(struct ledger_account *account);

// Keeps what went wrong as the warning, if it is the first.
void ledger_account_warn(struct ledger_account *account, const struct error *err);

// Warns if the entry is no longer in the ledger, although nobody but its owner should remove it.
// False if another process builds the domain by now: then the entry is that one's and is left
// alone.
bool ledger_account_check(struct ledger_account *account);

// Waits until nobody plans nor populates, for planning anew; to be followed by
// ledger_account_unlock. Where that cannot be had, *warning says so and planning goes on. Returns
// 0, or -EINTR if this process is to stop.
int ledger_account_lock(struct ledger_account *account, struct error *err);
void ledger_account_unlock(struct ledger_account *account);

// Waits until nobody plans; to be followed by a call that takes memory and by one of the functions
// below. Fails like ledger_account_lock.
int ledger_account_begin(struct ledger_account *account, struct error *err);

// Enters that nr_pages planned on a node, or LEDGER_ACCOUNT_NODELESS, are populated, wherever they
// came from, and lets others plan again. The ledger is written from time to time, before they can.
void ledger_account_end(struct ledger_account *account, int node, uint64_t nr_pages);

// The same for pages that Xen took from all planned nodes in turn.
void ledger_account_end_evenly(struct ledger_account *account, uint64_t nr_pages);

// Between ledger_account_begin and ledger_account_unlock: enters that so many pages which had been
// populated were given back to each node, and to none, and writes it. They are still needed.
void ledger_account_return(struct ledger_account *account,
                           const uint64_t node_pages[HOST_MAX_NODES], uint64_t nodeless_pages);

// Replaces what is still needed and writes it: node_pages by node (NULL: none), and nodeless_pages.
void ledger_account_replan(struct ledger_account *account, const uint64_t *node_pages,
                           uint64_t nodeless_pages);

#endif
