// A reservation: memory planned for a domain, claimed from Xen and entered in the ledger, as one
// step that no other builder can come between.
#ifndef CLAIM_RESERVATION_H
#define CLAIM_RESERVATION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/claim/claim.h"
#include "lib/claim/ledger-account.h"
#include "lib/claim/ledger.h"
#include "lib/claim/memory-plan.h"
#include "lib/claim/survey.h"
#include "lib/numa/nodeset.h"
#include "lib/numa/planner.h"
#include "lib/util/error.h"

enum reservation_purpose {
    RESERVATION_BUILD, // for a build in this process; from what is reserved already, if anything is
    RESERVATION_KEEP,  // to be used later by another process
    RESERVATION_USE,   // for a build in this process, only from what was reserved before
};

// Zero-initialise and set xch, domid and purpose before the first call; reservation_done releases
// it.
struct reservation {
    xc_interface *xch;
    uint32_t domid;
    enum reservation_purpose purpose;
    struct ledger_account account; // its ledger is the caller's; NULL: none
    bool announced;                // the ledger has an entry of this process for the domain
    bool made;                     // by reservation_make
    struct survey survey;          // the host at the time of planning
    bool has_load;                 // and what its nodes have to do, as it was at first
    struct plan plan;
    enum claim_kind claim;
    nodeset refused;     // nodes on which Xen refused a claim although they looked free
    unsigned nr_refused; // claims that Xen refused for lack of memory, each planned anew
    bool changed;        // memory figures changed between two of these plans
};

// -EBUSY if another process builds the domain now, whose id the error tells. To be asked before
// anything of the domain is touched; reservation_make asks again.
int reservation_check_idle(const struct reservation *reservation, struct error *err);

// Plans for the request, claims and enters. A claim that the domain has already is kept and not
// added to. Returns 0, and account.warning says what did not work without doing harm; -ENOMEM if
// the memory is not there; -EBUSY like reservation_check_idle; -ENOENT with RESERVATION_USE if
// nothing, and -ENOSPC if too little is reserved; -EEXIST with RESERVATION_KEEP if there is a
// reservation; -EINTR if this process is to stop; or what planning returns. After a failure
// reservation_abandon is to be called: there may be a claim, or an entry.
int reservation_make(struct reservation *reservation, const struct memory_request *request,
                     struct error *err);

// After reservation_make has found too little memory: the most that it could plan for instead, in
// pages, as the host was then; 0: next to nothing.
uint64_t reservation_most(const struct reservation *reservation,
                          const struct memory_request *request);

// Plans as reservation_make would, and fails as it would, but changes nothing: neither Xen nor the
// ledger. Without an `xch` the host is the caller's, in `survey`. request->domid may be
// SURVEY_NO_DOMAIN. A claim that Xen would refuse is not foreseen.
int reservation_preview(struct reservation *reservation, const struct memory_request *request,
                        struct error *err);

// Gives up a reservation after a failure, made or not. What this process has claimed is released
// and its entry removed; for a build also what was reserved for it by another process of this
// program. A claim of somebody else's stays as it is, and so does everything that another process
// builds from. Returns the failure of the release; the entry is gone in any case.
int reservation_abandon(struct reservation *reservation, struct error *err);

// Memory of the domain has been given back that it still needs, as the account says: where the
// claim was this program's, stakes one for all that is needed still, as far as the domain's limit
// allows it. That Xen refuses is no harm. To be called while nobody plans.
void reservation_stake_again(const struct reservation *reservation);

// Ends a reservation that has been used: releases what is left of the domain's claim, of whatever
// kind and origin, and removes the entry; that it is missing is account.warning. Fails like
// reservation_abandon.
int reservation_finish(struct reservation *reservation, struct error *err);

// Gives up whatever is claimed or entered for the domain, of whatever origin. If another process
// builds it, that is -EBUSY, or with `force` its loss; *ret_builder is then its id, else 0.
int reservation_release(struct reservation *reservation, bool force, int *ret_builder,
                        struct error *err);

// Releases what this structure holds in memory, not the reservation.
void reservation_done(struct reservation *reservation);

#endif
