// Each node has a list of guest frames to supply. With numa-page-preference=locality a node goes
// through all sizes before the next node; with superpage all nodes go through one size before the
// next smaller one, and what a node cannot give in that size is tried on the others.
//
// The plan is made from figures that were true a moment ago. Whatever is left over after a round
// goes into the next, with the host read again; three such rounds, then the last resort.

#include "lib/memory/place.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

#define MAX_REPLANS 3
#define CACHE_STEP_PAGES 262144ULL // 1 GiB
#define NODELESS HOST_MAX_NODES    // index of the list that has no node

// A guest that is being populated.
struct placing {
    const struct memory_request *request;
    const struct plan *plan; // the first
    struct populate_job *job;
    struct placement *placement;
    uint64_t pages_before; // that the domain had
    struct ranges left;    // what the last round could not populate
    nodeset full;          // nodes that did not have what was planned
    struct error *err;
};

struct round {
    struct placing *placing;
    const struct plan *plan;
    struct ranges todo[HOST_MAX_NODES + 1];
    uint64_t spare_pages[HOST_MAX_NODES]; // what each node may give beyond its share
    struct nodelist order;                // all nodes of the plan, most preferred first
};

static void placing_done(struct placing *placing) {
    ranges_done(&placing->left);
}

static void round_done(struct round *round) {
    for (unsigned i = 0; i <= HOST_MAX_NODES; i++)
        ranges_done(&round->todo[i]);
}

static int error_no_list(struct error *err) {
    return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
}

// --- one round ---

static int hand_out_piece(struct round *round, const struct piece *piece) {
    unsigned index = piece->node == ASSIGN_NO_NODE ? NODELESS : (unsigned)piece->node;
    int rc = 0;

    for (uint64_t run = 0; run < piece->nr_runs && !rc; run++)
        rc = ranges_add(&round->todo[index], piece->gfn + run * piece->stride_pages,
                        piece->run_pages);
    return rc;
}

static int hand_out(struct round *round) {
    const struct plan *plan = round->plan;
    nodeset listed;

    for (size_t i = 0; i < plan->pieces.nr; i++) {
        if (hand_out_piece(round, &plan->pieces.list[i]))
            return error_no_list(round->placing->err);
    }
    memcpy(round->spare_pages, plan->spare_pages, sizeof(round->spare_pages));
    round->order = plan->preferred;
    listed = nodelist_set(&plan->preferred);
    for (unsigned i = 0; i < plan->fallback.nr; i++) {
        if (!nodeset_has(listed, plan->fallback.node[i]))
            nodelist_add(&round->order, plan->fallback.node[i]);
    }
    return 0;
}

// Tries `size` on a node for what list `index` holds, in at most max_extents extents; the rest
// stays in that list.
static int try_size(struct round *round, int node, unsigned index, enum populate_size size,
                    uint64_t max_extents) {
    struct placing *placing = round->placing;
    struct placement *placement = placing->placement;
    struct populate_counts *counts =
        node == POPULATE_ANY_NODE ? &placement->nodeless : &placement->node[node];
    int planned = index == NODELESS ? LEDGER_ACCOUNT_NODELESS : (int)index;
    struct ranges left = {0};
    int rc;

    if (!round->todo[index].nr)
        return 0;
    rc = populate_pass(placing->job, node, planned, size, max_extents, &round->todo[index], &left,
                       counts, placing->err);
    ranges_done(&round->todo[index]);
    round->todo[index] = left;
    return rc;
}

static int run_locality(struct round *round) {
    int rc = 0;

    for (unsigned i = 0; i < round->order.nr; i++) {
        unsigned node = round->order.node[i];

        for (int size = 0; size < POPULATE_NR_SIZES && !rc; size++)
            rc = try_size(round, (int)node, node, size, UINT64_MAX);
    }
    return rc;
}

// Moves what it can of a node's share to another node, which gives no more than it can spare: the
// rest of its memory is reserved, or others need it.
static int move_share(struct round *round, unsigned from, unsigned to, enum populate_size size) {
    uint64_t before = ranges_pages(&round->todo[from]);
    uint64_t moved;
    int rc;

    rc = try_size(round, (int)to, from, size, round->spare_pages[to] / populate_extent_pages(size));
    moved = before - ranges_pages(&round->todo[from]);
    round->spare_pages[to] -= moved;
    round->spare_pages[from] += moved;
    return rc;
}

// What the nodes could not give in this size, on the other nodes, in the plan's order.
static int spread_size(struct round *round, enum populate_size size) {
    int rc = 0;

    for (unsigned i = 0; i < round->order.nr; i++) {
        for (unsigned j = 0; j < round->order.nr && !rc; j++) {
            if (i != j)
                rc = move_share(round, round->order.node[i], round->order.node[j], size);
        }
    }
    return rc;
}

static int run_superpage(struct round *round) {
    int rc = 0;

    for (int size = 0; size < POPULATE_NR_SIZES && !rc; size++) {
        for (unsigned i = 0; i < round->order.nr && !rc; i++)
            rc = try_size(round, round->order.node[i], round->order.node[i], size, UINT64_MAX);
        if (!rc)
            rc = spread_size(round, size);
    }
    return rc;
}

static int run_nodeless(struct round *round) {
    int rc = 0;

    for (int size = 0; size < POPULATE_NR_SIZES && !rc; size++)
        rc = try_size(round, POPULATE_ANY_NODE, NODELESS, size, UINT64_MAX);
    return rc;
}

// Takes note of what is left in all lists.
static int collect(struct round *round) {
    struct placing *placing = round->placing;

    ranges_done(&placing->left);
    for (unsigned i = 0; i <= HOST_MAX_NODES; i++) {
        if (i != NODELESS && round->todo[i].nr)
            placing->full |= nodeset_of(i);
        if (ranges_append(&placing->left, &round->todo[i]))
            return error_no_list(placing->err);
    }
    ranges_normalise(&placing->left);
    return 0;
}

static int run_round(struct placing *placing, const struct plan *plan) {
    CLEANUP(round_done) struct round round = {.placing = placing, .plan = plan};
    int rc;

    rc = hand_out(&round);
    if (rc)
        return rc;
    if (placing->request->policy->page_preference == POLICY_SUPERPAGE)
        rc = run_superpage(&round);
    else
        rc = run_locality(&round);
    if (!rc)
        rc = run_nodeless(&round);
    return rc ? rc : collect(&round);
}

// --- all rounds ---

// A frame that could not be mapped looks like missing memory, but its page belongs to the domain
// all the same: it would be lost over and over again.
static int check_mapped(const struct placing *placing) {
    uint64_t known = placing->pages_before + placement_pages(placing->placement);
    struct xen_domain domain;
    int rc;

    rc = xen_domain_read(placing->request->xch, placing->request->domid, &domain, placing->err);
    if (rc || domain.tot_pages <= known)
        return rc;
    return error_set(placing->err, ENOSPC,
                     "Xen allocated %" PRIu64
                     " pages that it could not map: the domain's paging pool is too small",
                     domain.tot_pages - known);
}

// Plans for what is left and populates it. Nobody else plans or populates while this plans; nodes
// that are full are left out if others may do.
static int replan(struct placing *placing) {
    CLEANUP(plan_done) struct plan plan = {0};
    const struct memory_request *request = placing->request;
    struct ledger_account *account = placing->job->account;
    struct survey survey;
    int rc = ledger_account_lock(account, placing->err);

    if (rc)
        return rc;
    placing->placement->nr_replans++;
    rc = survey_make(request->xch, request->domid, account->ledger, 0, &survey, placing->err);
    if (!rc)
        rc = memory_plan_rest(request, &placing->left, placing->plan, &survey, placing->full, &plan,
                              placing->err);
    if (!rc)
        ledger_account_replan(account, plan.node_pages, plan.nodeless_pages);
    ledger_account_unlock(account);
    return rc ? rc : run_round(placing, &plan);
}

// The last resort: no node is named, so Xen takes what it finds.
static int place_anywhere(struct placing *placing) {
    struct populate_job *job = placing->job;
    int rc = 0;

    for (int size = 0; size < POPULATE_NR_SIZES && placing->left.nr && !rc; size++) {
        struct ranges left = {0};

        rc = populate_pass(job, POPULATE_ANY_NODE, LEDGER_ACCOUNT_NODELESS, size, UINT64_MAX,
                           &placing->left, &left, &placing->placement->nodeless, placing->err);
        ranges_done(&placing->left);
        placing->left = left;
    }
    if (rc || !placing->left.nr)
        return rc;
    return error_set(placing->err, ENOMEM,
                     "the host ran out of memory: %" PRIu64 " of %" PRIu64
                     " guest pages could not be allocated",
                     ranges_pages(&placing->left), ranges_pages(placing->request->ranges));
}

static int error_shortfall(const struct placing *placing) {
    return error_set(placing->err, ENOMEM,
                     "NUMA node %s ran out of memory: %" PRIu64 " of %" PRIu64
                     " guest pages could not be allocated there (%s)",
                     nodelist_text(&placing->plan->preferred).s, ranges_pages(&placing->left),
                     ranges_pages(placing->request->ranges),
                     policy_describe(placing->request->policy, POLICY_KEY_POLICY).s);
}

int place_populate(const struct memory_request *request, const struct plan *plan,
                   struct populate_job *job, struct placement *placement, struct error *err) {
    CLEANUP(placing_done)
    struct placing placing = {
        .request = request, .plan = plan, .job = job, .placement = placement, .err = err};
    struct xen_domain domain;
    int rc;

    *placement = (struct placement){0};
    job->nr_pages = ranges_pages(request->ranges);
    rc = xen_domain_read(request->xch, request->domid, &domain, err);
    if (rc)
        return rc;
    placing.pages_before = domain.tot_pages;
    rc = run_round(&placing, plan);
    while (!rc && placing.left.nr && placement->nr_replans < MAX_REPLANS) {
        rc = check_mapped(&placing);
        if (!rc)
            rc = replan(&placing);
    }
    if (rc || !placing.left.nr)
        return rc;
    rc = check_mapped(&placing);
    if (rc)
        return rc;
    if (!plan->last_resort)
        return error_shortfall(&placing);
    ledger_account_replan(job->account, NULL, ranges_pages(&placing.left));
    return place_anywhere(&placing);
}

// The cache gets its memory in steps, between which others can plan and the build can be stopped.
// Xen takes it from the nodes of the domain's affinity in turn, which are those of the plan.
static int fill_cache(const struct memory_request *request, struct populate_job *job,
                      struct error *err) {
    uint64_t target = 0;
    int rc = 0;

    while (target < request->target_pages && !rc) {
        uint64_t rest = request->target_pages - target;
        uint64_t step = rest < CACHE_STEP_PAGES ? rest : CACHE_STEP_PAGES;
        int failed, saved_errno;

        rc = ledger_account_begin(job->account, err);
        if (rc)
            return rc;
        target += step;
        errno = 0;
        failed = xc_domain_set_pod_target(request->xch, request->domid, target, NULL, NULL, NULL);
        saved_errno = errno;
        ledger_account_end_evenly(job->account, failed ? 0 : step);
        errno = saved_errno;
        if (failed)
            return xen_error(err, request->xch, "filling the populate-on-demand cache");
        if (job->progress)
            rc = job->progress(job->progress_context, target, request->target_pages, err);
    }
    return rc;
}

int place_on_demand(const struct memory_request *request, struct populate_job *job,
                    struct placement *placement, struct error *err) {
    CLEANUP(placing_done)
    struct placing placing = {.request = request, .job = job, .placement = placement, .err = err};
    int rc;

    *placement = (struct placement){0};
    // The cache takes memory; marking the frames afterwards takes none.
    rc = fill_cache(request, job, err);
    if (rc)
        return rc;
    job->nr_pages = ranges_pages(request->ranges);
    job->on_demand = true;
    if (ranges_append(&placing.left, request->ranges))
        return error_no_list(err);
    return place_anywhere(&placing);
}

nodeset placement_nodes(const struct placement *placement) {
    nodeset nodes = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        if (populate_counts_pages(&placement->node[node]))
            nodes |= nodeset_of(node);
    }
    return nodes;
}

uint64_t placement_pages(const struct placement *placement) {
    uint64_t nr_pages = populate_counts_pages(&placement->nodeless);

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        nr_pages += populate_counts_pages(&placement->node[node]);
    return nr_pages;
}
