// A stream names about a thousand frames at a time, most of them in ascending order. So the first
// of an extent takes the whole of it, and most calls of libxenguest find their frames populated.
//
// For each call there is a list of tries: a size on the node planned, the next smaller one there,
// and so on, then the other nodes of the plan. Each leaves what it could not populate to the next.
// A node that has no more of a size is not asked again.
//
// Extents take more than the guest has, by what turns out to be no memory of it. Where that comes
// to the domain's limit, what has not arrived of earlier extents is given back, and small pages do
// for what is still beyond. A frame that arrives late is populated by itself then.

#include "lib/placement/arrive.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/util/cleanup.h"
#include "lib/util/stop.h"
#include "lib/util/xen.h"

#define GIVE_BACK_BATCH 1024

// Superpages that are populated along with one that is asked for, as the next that will be: calls
// of libxenguest, with the frames of two each, need no calls of their own then.
#define AHEAD 3

int arrive_begin(struct arriving *arriving, xc_interface *xch, uint32_t domid,
                 const struct plan *plan, const struct policy *policy, const struct ranges *ranges,
                 struct ledger_account *account, uint64_t limit_pages, struct error *err) {
    struct xen_domain domain;
    nodeset listed = nodelist_set(&plan->preferred);
    int rc = xen_domain_read(xch, domid, &domain, err);

    if (rc)
        return rc;
    arriving->xch = xch;
    arriving->domid = domid;
    arriving->plan = plan;
    arriving->policy = policy;
    arriving->limit_pages = limit_pages;
    arriving->owned_pages = domain.tot_pages;
    arriving->job = (struct populate_job){.xch = xch, .domid = domid, .account = account};
    arriving->order = plan->preferred;
    for (unsigned i = 0; i < plan->fallback.nr; i++) {
        if (!nodeset_has(listed, plan->fallback.node[i]))
            nodelist_add(&arriving->order, plan->fallback.node[i]);
    }
    return arrivals_init(&arriving->arrivals, &plan->pieces, ranges,
                         arriving->order.nr ? arriving->order.node[0] : ARRIVALS_NO_NODE, err);
}

void arrive_done(struct arriving *arriving) {
    arrivals_done(&arriving->arrivals);
    free(arriving->todo);
    arriving->todo = NULL;
    arriving->capacity = 0;
}

// --- giving back ---

// Gives back a run of frames, in one call. Returns how many Xen has not taken.
static uint64_t give_back(struct arriving *arriving, uint64_t gfn, uint64_t nr) {
    xen_pfn_t gfns[GIVE_BACK_BATCH];
    bool block = nr == ASSIGN_SUPERPAGE_PAGES && gfn % nr == 0;
    unsigned nr_extents = block ? 1 : (unsigned)nr;
    int r;

    for (unsigned i = 0; i < nr_extents; i++)
        gfns[i] = gfn + i;
    r = xc_domain_decrease_reservation(arriving->xch, arriving->domid, nr_extents,
                                       block ? extent_order(EXTENT_2M) : 0, gfns);
    return nr - (r < 0 ? 0 : (uint64_t)r << (block ? extent_order(EXTENT_2M) : 0));
}

// Gives back what has not arrived, but for blocks in which `but` is. Returns how much Xen has not
// taken; negative: -ENOMEM.
static int64_t give_back_extra(struct arriving *arriving, const struct range *but) {
    CLEANUP(ranges_done) struct ranges extra = {0};
    uint64_t kept = 0;

    if (arrivals_take_extra(&arriving->arrivals, but, &extra))
        return -ENOMEM;
    for (size_t i = 0; i < extra.nr; i++) {
        uint64_t gfn = extra.list[i].gfn, end = gfn + extra.list[i].nr_pages;

        while (gfn < end) {
            uint64_t border = (gfn / ASSIGN_SUPERPAGE_PAGES + 1) * ASSIGN_SUPERPAGE_PAGES;
            uint64_t nr = (border < end ? border : end) - gfn;

            kept += give_back(arriving, gfn, nr);
            gfn += nr;
        }
    }
    arriving->owned_pages -= ranges_pages(&extra) - kept;
    return (int64_t)kept;
}

// --- one try ---

// A size on a node: the node planned (rank 0), the others of the plan in their order, or anywhere.
struct try {
    enum extent_size size;
    unsigned rank;
};

static unsigned last_rank(const struct arriving *arriving) {
    bool anywhere = arriving->plan->last_resort || arriving->plan->nodeless_pages;

    return arriving->order.nr + (anywhere || !arriving->order.nr ? 1 : 0);
}

// The node of a try for frames planned on `planned`.
static int node_of(const struct arriving *arriving, const struct try *try, int planned) {
    if (try->rank == 0)
        return planned < 0 ? POPULATE_ANY_NODE : planned;
    return try->rank <= arriving->order.nr ? arriving->order.node[try->rank - 1]
                                           : POPULATE_ANY_NODE;
}

static bool is_exhausted(const struct arriving *arriving, int node, enum extent_size size) {
    return node < 0 ? arriving->exhausted_anywhere[size]
                    : nodeset_has(arriving->exhausted[size], (unsigned)node);
}

static void exhaust(struct arriving *arriving, int node, enum extent_size size) {
    if (node < 0)
        arriving->exhausted_anywhere[size] = true;
    else
        arriving->exhausted[size] |= nodeset_of((unsigned)node);
}

// The extents of that size which have frames of the list that are planned on that node.
static int collect(const struct arriving *arriving, int planned, enum extent_size size,
                   struct ranges *ret) {
    uint64_t pages = extent_pages(size), next = 0;

    for (size_t i = 0; i < arriving->nr_todo; i++) {
        uint64_t first = arriving->todo[i] / pages * pages;

        if (first < next || arrivals_planned(&arriving->arrivals, arriving->todo[i]) != planned)
            continue;
        if (!arrivals_fits(&arriving->arrivals, first, size))
            continue;
        if (ranges_add(ret, first, pages))
            return -ENOMEM;
        next = first + pages;
    }
    for (int i = 0; i < AHEAD && size == EXTENT_2M && ret->nr; i++, next += pages) {
        if (arrivals_planned(&arriving->arrivals, next) != planned ||
            !arrivals_fits(&arriving->arrivals, next, size))
            return 0;
        if (ranges_add(ret, next, pages))
            return -ENOMEM;
    }
    return 0;
}

// How many extents the domain's limit leaves room for, after giving back what it can of `want`.
static uint64_t room_for(struct arriving *arriving, const struct ranges *want,
                         enum extent_size size) {
    const struct range *last = &want->list[want->nr - 1];
    const struct range now = {arriving->todo[0], last->gfn + last->nr_pages - arriving->todo[0]};
    uint64_t need = arriving->owned_pages + ranges_pages(want);

    if (need > arriving->limit_pages && arriving->arrivals.extra_pages)
        give_back_extra(arriving, &now);
    if (size == EXTENT_4K)
        return UINT64_MAX;
    if (arriving->owned_pages >= arriving->limit_pages)
        return 0;
    return (arriving->limit_pages - arriving->owned_pages) / extent_pages(size);
}

// Enters that the first `nr` pages of `want` are populated, in extents of that size.
static void enter(struct arriving *arriving, const struct ranges *want, uint64_t nr, int node,
                  enum extent_size size) {
    arriving->owned_pages += nr;
    for (size_t i = 0; i < want->nr && nr; i++) {
        uint64_t gfn = want->list[i].gfn, end = gfn + want->list[i].nr_pages;

        for (; gfn < end && nr; gfn += extent_pages(size), nr -= extent_pages(size))
            arrivals_fill(&arriving->arrivals, gfn, size, node);
    }
}

// Populates what it can of the frames planned on that node.
static int try_node(struct arriving *arriving, const struct try *try, int planned,
                    struct error *err) {
    CLEANUP(ranges_done) struct ranges want = {0};
    CLEANUP(ranges_done) struct ranges left = {0};
    struct extent_counts counted = {0};
    int node = node_of(arriving, try, planned), rc;
    uint64_t pages, room;

    if (is_exhausted(arriving, node, try->size))
        return 0;
    if (collect(arriving, planned, try->size, &want))
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    room = want.nr ? room_for(arriving, &want, try->size) : 0;
    if (!room)
        return 0;
    pages = ranges_pages(&want);
    rc = populate_pass(&arriving->job, node, planned < 0 ? LEDGER_ACCOUNT_NODELESS : planned,
                       try->size, room, &want, &left, &counted, err);
    enter(arriving, &want, extent_counts_pages(&counted), node, try->size);
    if (!rc && extent_counts_pages(&counted) < pages &&
        extent_counts_pages(&counted) / extent_pages(try->size) < room)
        exhaust(arriving, node, try->size);
    return rc;
}

// Takes from the list what is populated.
static void strike(struct arriving *arriving) {
    size_t nr = 0;

    for (size_t i = 0; i < arriving->nr_todo; i++) {
        uint64_t gfn = arriving->todo[i];

        if (arrivals_populated(&arriving->arrivals, gfn))
            arrivals_arrive(&arriving->arrivals, gfn);
        else
            arriving->todo[nr++] = gfn;
    }
    arriving->nr_todo = nr;
}

static int try_all_nodes(struct arriving *arriving, const struct try *try, struct error *err) {
    nodeset planned = 0;
    bool nodeless = false;
    int rc = 0;

    for (size_t i = 0; i < arriving->nr_todo; i++) {
        int node = arrivals_planned(&arriving->arrivals, arriving->todo[i]);

        if (node >= 0)
            planned |= nodeset_of((unsigned)node);
        nodeless |= node == ARRIVALS_NO_NODE;
    }
    for (; planned && !rc; planned &= planned - 1)
        rc = try_node(arriving, try, (int)nodeset_first(planned), err);
    if (!rc && nodeless)
        rc = try_node(arriving, try, ARRIVALS_NO_NODE, err);
    if (!rc)
        strike(arriving);
    return rc;
}

// --- what arrives ---

static int compare_frames(const void *a, const void *b) {
    const uint64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

// Lists what is not populated yet, in ascending order.
static int list_todo(struct arriving *arriving, const xen_pfn_t *gfns, size_t nr,
                     struct error *err) {
    if (nr > arriving->capacity) {
        uint64_t *grown = reallocarray(arriving->todo, nr, sizeof(*grown));

        if (!grown)
            return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
        arriving->todo = grown;
        arriving->capacity = nr;
    }
    for (size_t i = 0; i < nr; i++)
        arriving->todo[i] = gfns[i];
    arriving->nr_todo = nr;
    strike(arriving);
    if (arriving->nr_todo)
        qsort(arriving->todo, arriving->nr_todo, sizeof(*arriving->todo), compare_frames);
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

// Populates what it can of `want`, from anywhere; the rest stays there.
static int populate_anywhere(struct arriving *arriving, struct ranges *want, struct error *err) {
    struct ranges left = {0};
    struct extent_counts counted = {0};
    int rc = populate_pass(&arriving->job, POPULATE_ANY_NODE, LEDGER_ACCOUNT_NODELESS, EXTENT_4K,
                           UINT64_MAX, want, &left, &counted, err);

    enter(arriving, want, extent_counts_pages(&counted), ARRIVALS_NO_NODE, EXTENT_4K);
    ranges_done(want);
    *want = left;
    return rc;
}

// Populates what nobody has planned: pages that the guest shares with Xen and its device model,
// firmware's tables, video memory. A build has them from wherever the node affinity says, too.
static int populate_unplanned(struct arriving *arriving, struct error *err) {
    CLEANUP(ranges_done) struct ranges want = {0};
    int rc;

    if (list_unplanned(arriving, &want))
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    rc = populate_anywhere(arriving, &want, err);
    if (rc || !want.nr)
        return rc;
    // What extents have taken in excess may be what is missing.
    if (give_back_extra(arriving, NULL) < 0)
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    rc = populate_anywhere(arriving, &want, err);
    if (rc || !want.nr)
        return rc;
    return error_set(err, ENOMEM, "frame %#" PRIx64 " of the guest could not be populated",
                     want.list[0].gfn);
}

static int run_tries(struct arriving *arriving, struct error *err) {
    unsigned nr_ranks = last_rank(arriving) + 1;
    bool sizes_first = arriving->policy->page_preference == POLICY_SUPERPAGE;
    int rc = 0;

    for (unsigned i = 0; i < nr_ranks * EXTENT_NR_SIZES && arriving->nr_todo && !rc; i++) {
        const struct try try = {
            .size = sizes_first ? i / nr_ranks : i % EXTENT_NR_SIZES,
            .rank = sizes_first ? i % nr_ranks : i / EXTENT_NR_SIZES,
        };

        rc = try_all_nodes(arriving, &try, err);
    }
    return rc;
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

// Nodes that were thought to have no more may have some by what is given back.
static int make_room(struct arriving *arriving, struct error *err) {
    const struct range now = {arriving->todo[0],
                              arriving->todo[arriving->nr_todo - 1] - arriving->todo[0] + 1};

    if (give_back_extra(arriving, &now) < 0)
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    arriving->exhausted[EXTENT_4K] = 0;
    arriving->exhausted_anywhere[EXTENT_4K] = false;
    return run_tries(arriving, err);
}

int arrive_populate(struct arriving *arriving, const xen_pfn_t *gfns, size_t nr,
                    struct error *err) {
    int rc = stop_check(err);

    if (!rc)
        rc = list_todo(arriving, gfns, nr, err);
    if (!rc && arriving->nr_todo)
        rc = populate_unplanned(arriving, err);
    if (!rc)
        rc = run_tries(arriving, err);
    if (!rc && arriving->nr_todo)
        rc = make_room(arriving, err);
    return rc || !arriving->nr_todo ? rc : error_shortfall(arriving, err);
}

int arrive_end(struct arriving *arriving, struct placement *placement, uint64_t *ret_kept,
               struct error *err) {
    int64_t kept = give_back_extra(arriving, NULL);

    if (kept < 0)
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    *ret_kept = (uint64_t)kept;
    *placement = (struct placement){0};
    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        placement->node[node] = arriving->arrivals.counts[node];
    placement->nodeless = arriving->arrivals.counts[HOST_MAX_NODES];
    return 0;
}
