// A reservation: memory planned for a domain, claimed from Xen and entered in the ledger, as one
// step that no other builder can come between.
#ifndef MEMORY_RESERVATION_H
#define MEMORY_RESERVATION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/memory/claim.h"
#include "lib/memory/ledger-account.h"
#include "lib/memory/ledger.h"
#include "lib/memory/place.h"
#include "lib/memory/survey.h"
#include "lib/numa/nodeset.h"
#include "lib/numa/planner.h"
#include "lib/util/error.h"

enum reservation_use {
    RESERVATION_BUILD, // for a build in this process; from what is reserved already, if anything is
    RESERVATION_KEEP,  // to be used later by another process
    RESERVATION_USE,   // for a build in this process, only from what was reserved before
};

// Zero-initialise before reservation_make.
struct reservation {
    xc_interface *xch;
    struct ledger_account account; // its ledger is the caller's; NULL: none
    struct survey survey;          // the host at the time of planning
    struct plan plan;
    enum claim_kind claim;
    nodeset refused;     // nodes on which Xen refused a claim although they looked free
    unsigned nr_refused; // claims that Xen refused for lack of memory, each planned anew
};

// Plans for the request, claims and enters. A claim that the domain has already is kept and not
// added to. Returns 0, and *warning says what did not work without doing harm (an error with code 0
// if all did); -ENOMEM if the memory is not there; -ENOENT with RESERVATION_USE if nothing, and
// -ENOSPC if too little is reserved; -EEXIST with RESERVATION_KEEP if there is a reservation; or
// what planning returns. On failure nothing is claimed that was not before, and nothing is entered.
int reservation_make(struct reservation *reservation, const struct place_request *request,
                     enum reservation_use use, struct error *warning, struct error *err);

// Ends a reservation: releases the domain's claim, of whatever kind and origin, and removes the
// entry. Returns the failure of the release; the entry is gone in any case.
int reservation_end(struct reservation *reservation, uint32_t domid, struct error *err);

// Releases what this structure holds in memory, not the reservation.
void reservation_done(struct reservation *reservation);

#endif
