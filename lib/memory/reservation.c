// From the survey to the entry everything happens under the ledger's lock. The claim is the judge:
// if Xen refuses it, somebody who keeps no ledger was faster, and the plan is made again from fresh
// figures.

#include "lib/memory/reservation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

#define MAX_REFUSALS 3 // of the best claim there is

// Pages that libxenguest and the device model add to a guest's memory (16 of libxenguest's own, and
// as many again in reserve): claimed too, so that they are there when all else is taken.
#define SURPLUS_PAGES 32

// The entry is written anew after this many pages (64 MiB). Between, others see from what the
// domain owns how far it is, but not on which of several nodes.
#define UPDATE_PAGES 16384

static int error_no_reservation(const struct reservation *reservation, uint32_t domid,
                                uint64_t need, struct error *err) {
    const struct survey *survey = &reservation->survey;
    uint64_t have =
        survey->has_entry ? ledger_entry_pages(&survey->entry) : survey->domain.outstanding_pages;

    if (!have)
        return error_set(err, ENOENT,
                         "no memory is reserved for domain %u: reserve it first, or build with "
                         "-mode hvm_build",
                         domid);
    return error_set(err, ENOSPC,
                     "%" PRIu64 " pages are reserved for domain %u, but it needs %" PRIu64, have,
                     domid, need);
}

// Whether what is reserved already is enough.
static bool is_reserved(const struct survey *survey, uint64_t need) {
    if (survey->has_entry)
        return ledger_entry_pages(&survey->entry) >= need;
    return survey->domain.outstanding_pages >= need;
}

static int make_plan(struct reservation *reservation, const struct place_request *request,
                     struct error *err) {
    plan_done(&reservation->plan);
    reservation->plan = (struct plan){0};
    return place_plan(request, &reservation->survey, &reservation->plan, err);
}

// Claims what is planned, unless the domain has a claim.
static int stake(struct reservation *reservation, const struct place_request *request,
                 struct error *err) {
    const struct claim_request claim_request = {
        .xch = request->xch,
        .domid = request->domid,
        .plan = &reservation->plan,
        .surplus_pages = reservation->nr_refused < MAX_REFUSALS ? SURPLUS_PAGES : 0,
        .whole_host = reservation->nr_refused > MAX_REFUSALS,
    };

    if (reservation->survey.domain.outstanding_pages) {
        reservation->claim = CLAIM_TOOLSTACK;
        return 0;
    }
    return claim_stake(&claim_request, &reservation->claim, err);
}

// A node may be claimed by others without its free memory showing it. Who may take memory from
// elsewhere then does with a claim on the host, and finds out about the nodes while populating.
static unsigned max_refusals(const struct plan *plan) {
    return plan->last_resort ? MAX_REFUSALS + 1 : MAX_REFUSALS;
}

static int plan_and_stake(struct reservation *reservation, const struct place_request *request,
                          enum reservation_use use, struct error *err) {
    int rc;

    for (;;) {
        rc = survey_make(request->xch, request->domid, reservation->ledger, &reservation->survey,
                         err);
        if (rc)
            return rc;
        if (use == RESERVATION_USE && !is_reserved(&reservation->survey, request->target_pages))
            return error_no_reservation(reservation, request->domid, request->target_pages, err);
        rc = make_plan(reservation, request, err);
        if (!rc)
            rc = stake(reservation, request, err);
        if (rc != -ENOMEM || !reservation->plan.pieces.nr ||
            reservation->nr_refused >= max_refusals(&reservation->plan))
            return rc;
        reservation->nr_refused++;
    }
}

static int enter(struct reservation *reservation, const struct place_request *request,
                 enum reservation_use use, struct error *err) {
    struct ledger_entry *entry = &reservation->entry;
    int rc = 0;

    *entry = (struct ledger_entry){
        .domid = request->domid,
        .claim = reservation->claim,
        .nodeless_pages = reservation->plan.nodeless_pages,
        .owned_pages = reservation->survey.domain.tot_pages,
    };
    memcpy(entry->handle, reservation->survey.domain.handle, sizeof(entry->handle));
    memcpy(entry->node_pages, reservation->plan.node_pages, sizeof(entry->node_pages));
    if (use != RESERVATION_KEEP)
        rc = ledger_entry_own(entry, err);
    if (!rc)
        rc = ledger_write(reservation->ledger, entry, err);
    reservation->entered = !rc;
    return rc;
}

static int make_locked(struct reservation *reservation, const struct place_request *request,
                       enum reservation_use use, struct error *warning, struct error *err) {
    CLEANUP(error_done) struct error other = {0};
    int rc;

    rc = plan_and_stake(reservation, request, use, err);
    if (rc || !reservation->ledger)
        return rc;
    rc = enter(reservation, request, use, warning);
    if (!rc || use != RESERVATION_KEEP)
        return 0;
    // Nobody would find it again.
    if (reservation->claim != CLAIM_TOOLSTACK && reservation->claim != CLAIM_NONE)
        claim_release(request->xch, request->domid, &other);
    return error_set(err, warning->code, "%s", warning->text);
}

int reservation_make(struct reservation *reservation, const struct place_request *request,
                     enum reservation_use use, struct error *warning, struct error *err) {
    bool locked = false;
    int rc;

    reservation->xch = request->xch;
    if (reservation->ledger)
        locked = !ledger_lock(reservation->ledger, warning);
    if (!locked && use == RESERVATION_KEEP)
        return error_set(err, reservation->ledger ? warning->code : ENOTSUP,
                         "a reservation needs the ledger%s%s", warning->code ? ": " : "",
                         warning->code ? warning->text : "");
    rc = make_locked(reservation, request, use, warning, err);
    if (locked)
        ledger_unlock(reservation->ledger);
    return rc;
}

void reservation_update(struct reservation *reservation, const struct placement *placement) {
    CLEANUP(error_done) struct error ignored = {0};
    struct ledger_entry entry = reservation->entry;
    uint64_t planned, done;

    if (!reservation->entered)
        return;
    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        planned = reservation->plan.node_pages[node];
        done = populate_counts_pages(&placement->node[node]);
        entry.node_pages[node] = planned > done ? planned - done : 0;
    }
    planned = reservation->plan.nodeless_pages;
    done = populate_counts_pages(&placement->nodeless);
    entry.nodeless_pages = planned > done ? planned - done : 0;
    entry.owned_pages = reservation->survey.domain.tot_pages + placement_pages(placement);
    if (ledger_entry_pages(&entry) + UPDATE_PAGES > ledger_entry_pages(&reservation->entry))
        return;
    if (!ledger_write(reservation->ledger, &entry, &ignored))
        reservation->entry = entry;
}

int reservation_end(struct reservation *reservation, uint32_t domid, struct error *err) {
    int rc = claim_release(reservation->xch, domid, err);

    if (reservation->ledger)
        ledger_remove(reservation->ledger, domid);
    reservation->entered = false;
    return rc;
}

void reservation_done(struct reservation *reservation) {
    plan_done(&reservation->plan);
}
