// For each call of libxenguest there is a list of tries: a size on the node planned, the next
// smaller one there, and so on, then the other nodes of the plan. Each leaves what it could not
// populate to the next. A node that has no more of a size is not asked again.

#include "lib/placement/arrive-try.h"

#include <errno.h>

#include "lib/placement/give-back.h"
#include "lib/util/cleanup.h"

// Superpages that are populated along with one that is asked for, as the next that will be: calls
// of libxenguest, with the frames of two each, need no calls of their own then.
#define AHEAD 3

// A size on a node: the node planned (rank 0), the others of the plan in their order, or anywhere.
struct try {
    enum extent_size size;
    unsigned rank;
};

static bool may_be_anywhere(const struct arriving *arriving) {
    return arriving->plan->last_resort || arriving->plan->nodeless_pages || !arriving->order.nr;
}

static unsigned last_rank(const struct arriving *arriving) {
    return arriving->order.nr + (may_be_anywhere(arriving) ? 1 : 0);
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

// Finds how many extents the domain's limit leaves room for, after giving back what it can of
// `want`.
static int room_for(struct arriving *arriving, const struct ranges *want, enum extent_size size,
                    uint64_t *ret, struct error *err) {
    const struct range *last = &want->list[want->nr - 1];
    const struct range now = {arriving->todo[0], last->gfn + last->nr_pages - arriving->todo[0]};
    uint64_t need = arriving->owned_pages + ranges_pages(want);
    int rc = 0;

    if (need > arriving->limit_pages)
        rc = give_back_extra(arriving, &now, err);
    if (size == EXTENT_4K)
        *ret = UINT64_MAX;
    else if (arriving->owned_pages >= arriving->limit_pages)
        *ret = 0;
    else
        *ret = (arriving->limit_pages - arriving->owned_pages) / extent_pages(size);
    return rc;
}

// Xen had less than was asked for: of memory, or of the paging pool.
static int check_mapped(struct arriving *arriving, struct error *err) {
    return populate_check_mapped(&arriving->job, &arriving->owned_pages, err);
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
    uint64_t pages, room = 0, got;

    if (is_exhausted(arriving, node, try->size))
        return 0;
    if (collect(arriving, planned, try->size, &want))
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    rc = want.nr ? room_for(arriving, &want, try->size, &room, err) : 0;
    if (rc || !room)
        return rc;
    pages = ranges_pages(&want);
    rc = populate_pass(&arriving->job, node, planned < 0 ? LEDGER_ACCOUNT_NODELESS : planned,
                       try->size, room, &want, &left, &counted, err);
    got = extent_counts_pages(&counted);
    enter(arriving, &want, got, node, try->size);
    if (rc || got >= pages || got / extent_pages(try->size) >= room)
        return rc;
    exhaust(arriving, node, try->size);
    return check_mapped(arriving, err);
}

void arrive_strike(struct arriving *arriving) {
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
        arrive_strike(arriving);
    return rc;
}

int arrive_try(struct arriving *arriving, struct error *err) {
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

// --- what nobody has planned ---

// Enters what was wanted and is not left. Both are in ascending order.
static void enter_unplanned(struct arriving *arriving, const struct ranges *want,
                            const struct ranges *left, int node) {
    size_t next = 0;

    for (size_t i = 0; i < want->nr; i++) {
        uint64_t gfn = want->list[i].gfn, end = gfn + want->list[i].nr_pages;

        for (; gfn < end; gfn++) {
            while (next < left->nr && left->list[next].gfn + left->list[next].nr_pages <= gfn)
                next++;
            if (next == left->nr || gfn < left->list[next].gfn)
                arrivals_fill(&arriving->arrivals, gfn, EXTENT_4K, node);
        }
    }
}

static int pass_unplanned(struct arriving *arriving, int node, enum extent_size size,
                          struct ranges *want, struct error *err) {
    struct ranges left = {0};
    struct extent_counts counted = {0};
    uint64_t got;
    int rc;

    if (!want->nr || is_exhausted(arriving, node, size))
        return 0;
    rc = populate_pass(&arriving->job, node, LEDGER_ACCOUNT_NODELESS, size, UINT64_MAX, want, &left,
                       &counted, err);
    got = extent_counts_pages(&counted);
    arriving->owned_pages += got;
    if (node < 0 && arriving->order.nr)
        arriving->stray_pages += got;
    if (!rc)
        enter_unplanned(arriving, want, &left, node);
    ranges_done(want);
    *want = left;
    if (rc || !left.nr || size != EXTENT_4K)
        return rc;
    exhaust(arriving, node, size);
    return check_mapped(arriving, err);
}

// Whether all of it is where there is no RAM. A build has such pages from wherever the node
// affinity says, too.
static bool in_hole(const struct arriving *arriving, const struct ranges *want) {
    for (size_t i = 0; i < want->nr; i++) {
        if (range_overlap(want->list[i], arriving->arrivals.hole).nr_pages !=
            want->list[i].nr_pages)
            return false;
    }
    return true;
}

int arrive_try_unplanned(struct arriving *arriving, struct ranges *want, struct error *err) {
    int rc = 0;

    for (enum extent_size size = EXTENT_2M; size < EXTENT_NR_SIZES && want->nr && !rc; size++) {
        for (unsigned i = 0; i < arriving->order.nr && !rc; i++)
            rc = pass_unplanned(arriving, arriving->order.node[i], size, want, err);
        if (!rc && (may_be_anywhere(arriving) || in_hole(arriving, want)))
            rc = pass_unplanned(arriving, POPULATE_ANY_NODE, size, want, err);
    }
    return rc;
}
