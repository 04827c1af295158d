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

// Whether what is reserved already is enough. Where it was claimed, the claim has to be there too.
static bool is_reserved(const struct survey *survey, uint64_t need) {
    bool claimed = survey->domain.outstanding_pages >= need;

    if (!survey->has_entry)
        return claimed;
    return ledger_entry_pages(&survey->entry) >= need &&
           (claimed || survey->entry.claim == CLAIM_NONE);
}

static int check_use(const struct reservation *reservation, const struct place_request *request,
                     enum reservation_use use, struct error *err) {
    const struct survey *survey = &reservation->survey;
    uint64_t need = request->target_pages;

    if (use == RESERVATION_USE && !is_reserved(survey, need))
        return error_no_reservation(reservation, request->domid, need, err);
    if (use == RESERVATION_KEEP && survey->has_entry)
        return error_set(err, EEXIST, "memory is reserved for domain %u already: release it first",
                         request->domid);
    if (use == RESERVATION_KEEP && survey->domain.outstanding_pages && !is_reserved(survey, need))
        return error_no_reservation(reservation, request->domid, need, err);
    return 0;
}

// Plans without the nodes on which a claim was refused, if that is possible: others may have
// claimed what looks free there.
static int make_plan(struct reservation *reservation, const struct place_request *request,
                     struct error *err) {
    struct survey less = reservation->survey;
    int rc;

    plan_done(&reservation->plan);
    reservation->plan = (struct plan){0};
    for (nodeset rest = reservation->refused; rest; rest &= rest - 1)
        less.host.node[nodeset_first(rest)].free_pages = 0;
    rc = place_plan(request, &less, &reservation->plan, err);
    if (rc != -ENOMEM || !reservation->refused)
        return rc;
    error_done(err);
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

    return claim_stake(&claim_request, &reservation->claim, err);
}

// A node may be claimed by others without its free memory showing it. Who may take memory from
// elsewhere then does with a claim on the host, and finds out about the nodes while populating.
static unsigned max_refusals(const struct plan *plan) {
    return plan->last_resort ? MAX_REFUSALS + 1 : MAX_REFUSALS;
}

// Takes note of a refused claim. Returns whether to try again.
static bool note_refusal(struct reservation *reservation) {
    const struct plan *plan = &reservation->plan;
    nodeset nodes = 0;

    if (!plan->pieces.nr || reservation->nr_refused >= max_refusals(plan))
        return false;
    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        nodes |= plan->node_pages[node] ? nodeset_of(node) : 0;
    // Of several nodes nobody says which one lacked the memory.
    if (nodeset_count(nodes) == 1)
        reservation->refused |= nodes;
    reservation->nr_refused++;
    return true;
}

static int plan_and_stake(struct reservation *reservation, const struct place_request *request,
                          enum reservation_use use, struct error *err) {
    struct ledger *ledger = reservation->account.ledger;
    int rc;

    for (;;) {
        rc = survey_make(request->xch, request->domid, ledger, &reservation->survey, err);
        if (!rc)
            rc = check_use(reservation, request, use, err);
        if (!rc)
            rc = make_plan(reservation, request, err);
        if (rc)
            return rc;
        rc = stake(reservation, request, err);
        if (rc != -ENOMEM)
            return rc;
        if (!note_refusal(reservation))
            return error_prefix(err, "%s", host_memory_text(&reservation->survey.host).s);
        error_done(err);
    }
}

static int enter(struct reservation *reservation, const struct place_request *request,
                 enum reservation_use use, struct error *err) {
    struct ledger_entry *entry = &reservation->account.entry;
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
        rc = ledger_write(reservation->account.ledger, entry, err);
    reservation->account.open = !rc;
    return rc;
}

static int make_locked(struct reservation *reservation, const struct place_request *request,
                       enum reservation_use use, struct error *warning, struct error *err) {
    CLEANUP(error_done) struct error other = {0};
    int rc;

    rc = plan_and_stake(reservation, request, use, err);
    if (rc || !reservation->account.ledger)
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
    if (reservation->account.ledger)
        locked = !ledger_lock(reservation->account.ledger, warning);
    if (!locked && use == RESERVATION_KEEP)
        return error_set(err, reservation->account.ledger ? warning->code : ENOTSUP,
                         "a reservation needs the ledger%s%s", warning->code ? ": " : "",
                         warning->code ? warning->text : "");
    rc = make_locked(reservation, request, use, warning, err);
    if (locked)
        ledger_unlock(reservation->account.ledger);
    return rc;
}

int reservation_end(struct reservation *reservation, uint32_t domid, struct error *err) {
    int rc = claim_release(reservation->xch, domid, err);

    if (reservation->account.ledger)
        ledger_remove(reservation->account.ledger, domid);
    reservation->account.open = false;
    return rc;
}

void reservation_done(struct reservation *reservation) {
    plan_done(&reservation->plan);
}
