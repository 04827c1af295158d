// How a reservation ends. What this program has staked goes with it; what somebody else has made is
// left by a failure, and what another process builds from is never touched but by force.
//
// Endings do not depend on the ledger's lock, but take it where they can: between finding out whose
// the entry is and removing it nobody else should take it over.

#include "lib/claim/reservation.h"

#include <errno.h>
#include <string.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

// Removes the entry, which may be missing.
static void remove_entry(struct reservation *reservation) {
    if (reservation->account.ledger)
        ledger_remove(reservation->account.ledger, reservation->domid);
    reservation->account.open = false;
}

// Ends the claim and the entry of a domain that lives on: its next builder must know that there was
// a claim on a node. `handle`: the domain's.
static int end_claim(struct reservation *reservation, bool on_node, const uint8_t handle[16],
                     struct error *err) {
    CLEANUP(error_done) struct error ignored = {0};
    struct ledger *ledger = reservation->account.ledger;
    int rc = claim_release(reservation->xch, reservation->domid, err);

    if (ledger && on_node)
        ledger_record_claim(ledger, reservation->domid, handle, &ignored);
    remove_entry(reservation);
    return rc;
}

// After a failure before there was a plan. Another process of this program may have left a claim:
// for a build it is this one's to end. The domain may be another one than the entry is about.
static int abandon_left_over(struct reservation *reservation, struct error *err) {
    CLEANUP(error_done) struct error ignored = {0};
    struct ledger *ledger = reservation->account.ledger;
    struct ledger_entry entry;
    struct xen_domain domain;
    bool on_node;
    int rc;

    if (!ledger || !ledger_find(ledger, reservation->domid, &entry) || ledger_entry_busy(&entry))
        return 0;
    if (reservation->purpose == RESERVATION_KEEP && !reservation->announced)
        return 0;
    rc = xen_domain_read(reservation->xch, reservation->domid, &domain, &ignored);
    if (entry.claim == CLAIM_NONE || entry.claim == CLAIM_TOOLSTACK || rc == -ESRCH ||
        (!rc && memcmp(domain.handle, entry.handle, sizeof(domain.handle)) != 0)) {
        remove_entry(reservation);
        return 0;
    }
    // What this process has announced it has not always claimed.
    on_node =
        entry.claim == CLAIM_NODE && (!reservation->announced || rc || domain.outstanding_pages);
    return end_claim(reservation, on_node, entry.handle, err);
}

static int abandon_made(struct reservation *reservation, struct error *err) {
    const struct survey *survey = &reservation->survey;

    if (reservation->claim != CLAIM_TOOLSTACK || survey_has_staked(survey))
        return end_claim(reservation, reservation->claim == CLAIM_NODE || survey->had_node_claim,
                         survey->domain.handle, err);
    remove_entry(reservation);
    return 0;
}

// Takes the ledger's lock if it can be had: endings do not depend on it.
static void try_to_lock(struct reservation *reservation) {
    CLEANUP(error_done) struct error ignored = {0};

    ledger_account_lock(&reservation->account, &ignored);
}

int reservation_abandon(struct reservation *reservation, struct error *err) {
    int rc = 0;

    try_to_lock(reservation);
    if (!reservation->made)
        rc = abandon_left_over(reservation, err);
    else if (ledger_account_check(&reservation->account))
        rc = abandon_made(reservation, err);
    ledger_account_unlock(&reservation->account);
    return rc;
}

int reservation_finish(struct reservation *reservation, struct error *err) {
    int rc = 0;

    try_to_lock(reservation);
    if (ledger_account_check(&reservation->account)) {
        rc = claim_release(reservation->xch, reservation->domid, err);
        remove_entry(reservation);
    }
    ledger_account_unlock(&reservation->account);
    return rc;
}

// True if the domain has a claim that is, or may be, on a node. Only a Xen that tells of claims on
// nodes is known to have them.
static bool may_be_on_node(struct reservation *reservation, uint8_t handle[16]) {
    CLEANUP(error_done) struct error ignored = {0};
    struct survey *survey = &reservation->survey;

    if (survey_make(reservation->xch, reservation->domid, reservation->account.ledger, 0, survey,
                    &ignored))
        return false;
    memcpy(handle, survey->domain.handle, sizeof(survey->domain.handle));
    return survey->entry_claim == CLAIM_NODE || survey->foreign_claim == SURVEY_CLAIM_NODES ||
           (survey->foreign_claim == SURVEY_CLAIM_UNKNOWN && survey->host.claims_by_node);
}

int reservation_release(struct reservation *reservation, bool force, int *ret_builder,
                        struct error *err) {
    struct ledger *ledger = reservation->account.ledger;
    struct ledger_entry entry = {0};
    bool busy =
        ledger && ledger_find(ledger, reservation->domid, &entry) && ledger_entry_busy(&entry);
    bool on_node;

    *ret_builder = busy ? entry.process : 0;
    if (busy && !force)
        return reservation_check_idle(reservation, err);
    on_node = may_be_on_node(reservation, entry.handle);
    return end_claim(reservation, on_node, entry.handle, err);
}
