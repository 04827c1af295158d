// Xen takes what a domain gets off its claim, and not every release adds what the domain gives
// back; nor can a claim that still has something be made larger. So it is released first. It has
// little left when memory is given back, because the domain has come to its limit then.

#include <string.h>

#include "lib/claim/reservation.h"
#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

void reservation_stake_again(const struct reservation *reservation) {
    CLEANUP(error_done) struct error ignored = {0};
    struct ledger_entry need = reservation->account.entry;
    struct plan plan = {0};
    struct claim_request request = {
        .xch = reservation->xch, .domid = reservation->domid, .plan = &plan};
    enum claim_kind kind = reservation->claim;
    struct xen_domain domain;
    uint64_t target;

    if (kind == CLAIM_TOOLSTACK && survey_has_staked(&reservation->survey))
        kind = reservation->survey.entry_claim;
    if (kind == CLAIM_NONE || kind == CLAIM_TOOLSTACK ||
        xen_domain_read(request.xch, request.domid, &domain, &ignored))
        return;
    target = domain.tot_pages + ledger_entry_pages(&need);
    if (target > domain.max_pages)
        ledger_entry_reduce(&need, target - domain.max_pages);
    plan.nodeless_pages = need.nodeless_pages;
    memcpy(plan.node_pages, need.node_pages, sizeof(plan.node_pages));
    request.whole_host = kind == CLAIM_HOST;
    request.never_host = reservation->survey.had_node_claim || kind == CLAIM_NODE;
    if (ledger_entry_pages(&need) && !claim_release(request.xch, request.domid, &ignored))
        claim_stake(&request, &kind, &ignored);
}
