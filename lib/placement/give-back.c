// A block at a time, so that nothing has to be allocated: at the end of a stream it is too late to
// fail.
//
// What is given back in the middle is free for everybody: neither Xen's claim nor the ledger has it
// any more. So it is entered and claimed again before others can plan.

#include "lib/placement/give-back.h"

#include <xenctrl.h>

#include "lib/util/stop.h"

// What is given back before others may have a turn with the ledger.
#define TURN_PAGES (64 * UINT64_C(256))

// Returns how many of the first pages Xen has taken.
static unsigned give_back_block(const struct arriving *arriving, struct arrival_extra *extra) {
    bool whole = extra->nr == ASSIGN_SUPERPAGE_PAGES;
    unsigned order = whole ? extent_order(EXTENT_2M) : 0;
    int r = xc_domain_decrease_reservation(arriving->xch, arriving->domid, whole ? 1 : extra->nr,
                                           order, extra->gfn);

    return r < 0 ? 0 : (unsigned)r << order;
}

// Goes on at *block until about so many pages are given back; false: none are left. Adds what came
// from each node to node_pages, and to *nodeless_pages.
static bool give_back_blocks(struct arriving *arriving, const struct range *but, uint64_t *block,
                             uint64_t pages, uint64_t node_pages[HOST_MAX_NODES],
                             uint64_t *nodeless_pages) {
    const uint64_t before = arriving->owned_pages;
    struct arrival_extra extra;

    for (; arrivals_find_extra(&arriving->arrivals, but, *block, &extra);
         *block = extra.block + 1) {
        if (before - arriving->owned_pages >= pages)
            return true;
        unsigned nr = give_back_block(arriving, &extra);

        arrivals_give_back(&arriving->arrivals, &extra, nr);
        arriving->kept_pages += extra.nr - nr;
        arriving->owned_pages -= nr;
        *(extra.node < 0 ? nodeless_pages : &node_pages[extra.node]) += nr;
    }
    return false;
}

// *more: whether there is more from *block on.
static int give_back_some(struct arriving *arriving, const struct range *but, uint64_t *block,
                          bool *more, struct error *err) {
    struct ledger_account *account = &arriving->reservation->account;
    uint64_t node_pages[HOST_MAX_NODES] = {0}, nodeless_pages = 0, before = arriving->owned_pages;
    int rc = ledger_account_begin(account, err);

    if (rc)
        return rc;
    *more = give_back_blocks(arriving, but, block, TURN_PAGES, node_pages, &nodeless_pages);
    if (arriving->owned_pages < before) {
        ledger_account_return(account, node_pages, nodeless_pages);
        reservation_stake_again(arriving->reservation);
        // Nodes that were thought to have no more have some now.
        arriving->exhausted[EXTENT_4K] = 0;
        arriving->exhausted_anywhere[EXTENT_4K] = false;
    }
    ledger_account_unlock(account);
    return 0;
}

int give_back_extra(struct arriving *arriving, const struct range *but, struct error *err) {
    bool more = arriving->arrivals.extra_pages;
    uint64_t block = 0;
    int rc = 0;

    while (more && !rc) {
        rc = give_back_some(arriving, but, &block, &more, err);
        if (!rc)
            rc = stop_check(err);
    }
    return rc;
}

void give_back_rest(struct arriving *arriving) {
    uint64_t node_pages[HOST_MAX_NODES] = {0}, nodeless_pages = 0, block = 0;

    give_back_blocks(arriving, NULL, &block, UINT64_MAX, node_pages, &nodeless_pages);
}
