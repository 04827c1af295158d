// A stream names about a thousand frames at a time, most of them in ascending order. So the first
// of an extent takes the whole of it, and most calls of libxenguest find their frames populated.
//
// Extents take more than the guest has, by what turns out to be no memory of it. Where that comes
// to the domain's limit, what has not arrived of earlier extents is given back, and small pages do
// for what is still beyond. A frame that arrives late is populated by itself then.
//
// RAM that no piece has, as of a guest that is not to have all of its frames, is asked of the node
// that has most left of what was planned on it: which of its frames a guest has is not known
// before.

#include "lib/placement/arrive.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/placement/arrive-try.h"
#include "lib/placement/give-back.h"
#include "lib/util/cleanup.h"
#include "lib/util/stop.h"
#include "lib/util/xen.h"

// So much of RAM that no piece has goes to one node at least.
#define SETTLED_PAGES (16 * ASSIGN_SUPERPAGE_PAGES)

int arrive_begin(struct arriving *arriving, xc_interface *xch, uint32_t domid,
                 struct reservation *reservation, const struct policy *policy,
                 const struct ranges *ranges, struct range hole, uint64_t limit_pages,
                 struct error *err) {
    const struct plan *plan = &reservation->plan;
    struct xen_domain domain;
    nodeset listed = nodelist_set(&plan->preferred);
    int rc = xen_domain_read(xch, domid, &domain, err);

    if (rc)
        return rc;
    arriving->xch = xch;
    arriving->domid = domid;
    arriving->plan = plan;
    arriving->policy = policy;
    arriving->reservation = reservation;
    arriving->limit_pages = limit_pages;
    arriving->owned_pages = domain.tot_pages;
    arriving->job =
        (struct populate_job){.xch = xch, .domid = domid, .account = &reservation->account};
    arriving->order = plan->preferred;
    for (unsigned i = 0; i < plan->fallback.nr; i++) {
        if (!nodeset_has(listed, plan->fallback.node[i]))
            nodelist_add(&arriving->order, plan->fallback.node[i]);
    }
    return arrivals_init(&arriving->arrivals, &plan->pieces, ranges, hole, err);
}

void arrive_done(struct arriving *arriving) {
    arrivals_done(&arriving->arrivals);
    free(arriving->todo);
    arriving->todo = NULL;
    arriving->capacity = 0;
}

// --- what arrives ---

static int compare_frames(const void *a, const void *b) {
    const uint64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

// Chooses the node for RAM that no piece has.
static void settle(struct arriving *arriving, uint64_t gfn) {
    const struct plan *plan = arriving->plan;
    int node = ARRIVALS_NO_NODE;
    uint64_t most = 0;

    for (unsigned i = 0; i < arriving->order.nr; i++) {
        unsigned candidate = arriving->order.node[i];
        uint64_t have = extent_counts_pages(&arriving->arrivals.counts[candidate]);
        uint64_t left = plan->node_pages[candidate] - have;

        left = plan->node_pages[candidate] > have ? left : 0;
        if (node >= 0 && left <= most)
            continue;
        node = (int)candidate;
        most = left;
    }
    arrivals_settle(&arriving->arrivals, gfn,
                    most >= ASSIGN_GIB_PAGES ? ASSIGN_GIB_PAGES : SETTLED_PAGES, node);
}

static int grow_todo(struct arriving *arriving, size_t nr) {
    uint64_t *grown;

    if (nr <= arriving->capacity)
        return 0;
    grown = reallocarray(arriving->todo, nr, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    arriving->todo = grown;
    arriving->capacity = nr;
    return 0;
}

// Lists what is not populated yet, in ascending order.
static int list_todo(struct arriving *arriving, const xen_pfn_t *gfns, size_t nr,
                     struct error *err) {
    int rc = grow_todo(arriving, nr);

    for (size_t i = 0; i < nr && !rc; i++) {
        rc = arrivals_extend(&arriving->arrivals, gfns[i]);
        if (!rc)
            arriving->todo[i] = gfns[i];
    }
    if (rc)
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    arriving->nr_todo = nr;
    arrive_strike(arriving);
    if (arriving->nr_todo)
        qsort(arriving->todo, arriving->nr_todo, sizeof(*arriving->todo), compare_frames);
    for (size_t i = 0; i < arriving->nr_todo; i++) {
        if (arrivals_planned(&arriving->arrivals, arriving->todo[i]) == ARRIVALS_REST)
            settle(arriving, arriving->todo[i]);
    }
    return 0;
}

// Moves the frames that nobody has planned from the list to `ret`.
static int list_unplanned(struct arriving *arriving, struct ranges *ret) {
    size_t nr = 0;
    int rc = 0;

    for (size_t i = 0; i < arriving->nr_todo && !rc; i++) {
        if (arrivals_planned(&arriving->arrivals, arriving->todo[i]) != ARRIVALS_UNKNOWN)
            arriving->todo[nr++] = arriving->todo[i];
        else
            rc = ranges_add(ret, arriving->todo[i], 1);
    }
    arriving->nr_todo = nr;
    return rc;
}

// Populates what nobody has planned: pages that the guest shares with Xen and its device model,
// firmware's tables, video memory.
static int populate_unplanned(struct arriving *arriving, struct error *err) {
    CLEANUP(ranges_done) struct ranges want = {0};
    int rc = 0;

    if (list_unplanned(arriving, &want))
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    if (arriving->owned_pages + ranges_pages(&want) > arriving->limit_pages && want.nr)
        rc = give_back_extra(arriving, NULL, err);
    if (!rc)
        rc = arrive_try_unplanned(arriving, &want, err);
    // What extents have taken in excess may be what is missing.
    if (!rc && want.nr)
        rc = give_back_extra(arriving, NULL, err);
    if (!rc)
        rc = arrive_try_unplanned(arriving, &want, err);
    if (rc || !want.nr)
        return rc;
    return error_set(err, ENOMEM, "frame %#" PRIx64 " of the guest could not be populated (%s)",
                     want.list[0].gfn, policy_describe(arriving->policy, POLICY_KEY_POLICY).s);
}

static int error_shortfall(const struct arriving *arriving, struct error *err) {
    struct xen_domain domain;
    int rc = xen_domain_read(arriving->xch, arriving->domid, &domain, err);

    if (rc)
        return rc;
    if (domain.tot_pages >= domain.max_pages)
        return error_set(err, ENOMEM,
                         "the guest has more memory than domain %u may have: %" PRIu64 " pages",
                         arriving->domid, domain.max_pages);
    return error_set(err, ENOMEM,
                     "NUMA node %s ran out of memory: frame %#" PRIx64
                     " of the guest could not be populated (%s)",
                     arriving->order.nr ? nodelist_text(&arriving->order).s : "of any number",
                     arriving->todo[0], policy_describe(arriving->policy, POLICY_KEY_POLICY).s);
}

// What extents have taken in excess may be what is missing. The list has only what is not
// populated.
static int make_room(struct arriving *arriving, struct error *err) {
    int rc = give_back_extra(arriving, NULL, err);

    return rc ? rc : arrive_try(arriving, err);
}

int arrive_populate(struct arriving *arriving, const xen_pfn_t *gfns, size_t nr,
                    struct error *err) {
    int rc = stop_check(err);

    if (!rc)
        rc = list_todo(arriving, gfns, nr, err);
    if (!rc && arriving->nr_todo)
        rc = populate_unplanned(arriving, err);
    if (!rc)
        rc = arrive_try(arriving, err);
    if (!rc && arriving->nr_todo)
        rc = make_room(arriving, err);
    return rc || !arriving->nr_todo ? rc : error_shortfall(arriving, err);
}

uint64_t arrive_end(struct arriving *arriving, struct placement *placement) {
    give_back_rest(arriving);
    *placement = (struct placement){0};
    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        placement->node[node] = arriving->arrivals.counts[node];
    placement->nodeless = arriving->arrivals.counts[HOST_MAX_NODES];
    placement->nodeless.extents[EXTENT_4K] += arriving->stray_pages;
    return arriving->kept_pages;
}
