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

struct round {
    const struct place_request *request;
    const struct plan *plan;
    struct populate_job *job;
    struct placement *placement;
    struct ranges todo[HOST_MAX_NODES + 1];
    uint64_t spare_pages[HOST_MAX_NODES]; // what each node may give beyond its share
    struct nodelist order;                // all nodes of the plan, most preferred first
    nodeset full;                         // did not have what was planned
    struct error *err;
};

static void round_done(struct round *round) {
    for (unsigned i = 0; i <= HOST_MAX_NODES; i++)
        ranges_done(&round->todo[i]);
}

static int error_no_list(struct error *err) {
    return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
}

// --- planning ---

static int plan_ranges(const struct place_request *request, const struct ranges *ranges,
                       const struct plan *earlier, const struct survey *survey, struct plan *plan,
                       struct error *err) {
    struct plan_request plan_request = {
        .host = &survey->host,
        .policy = request->policy,
        .ranges = ranges->list,
        .nr_ranges = ranges->nr,
        .nr_vcpus = request->nr_vcpus,
        .affinity = request->affinity,
        .own_host_claim_pages = survey->own_nodeless_pages,
        .earlier = earlier,
    };

    memcpy(plan_request.own_claim_pages, survey->own_node_pages,
           sizeof(plan_request.own_claim_pages));
    return plan_make(&plan_request, plan, err);
}

// The first nr_pages of the guest: with populate on demand it starts with less than it could have.
static int first_pages(const struct ranges *ranges, uint64_t nr_pages, struct ranges *ret) {
    int rc = 0;

    for (size_t i = 0; i < ranges->nr && nr_pages && !rc; i++) {
        uint64_t take = ranges->list[i].nr_pages;

        if (take > nr_pages)
            take = nr_pages;
        rc = ranges_add(ret, ranges->list[i].gfn, take);
        nr_pages -= take;
    }
    return rc;
}

int place_plan(const struct place_request *request, const struct survey *survey, struct plan *plan,
               struct error *err) {
    CLEANUP(ranges_done) struct ranges ranges = {0};

    if (first_pages(request->ranges, request->target_pages, &ranges))
        return error_no_list(err);
    return plan_ranges(request, &ranges, NULL, survey, plan, err);
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
            return error_no_list(round->err);
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
    struct populate_counts *counts =
        node == POPULATE_ANY_NODE ? &round->placement->nodeless : &round->placement->node[node];
    struct ranges left = {0};
    int rc;

    if (!round->todo[index].nr)
        return 0;
    rc = populate_pass(round->job, node, size, max_extents, &round->todo[index], &left, counts,
                       round->err);
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
    ledger_account_moved(round->job->account, from, to, moved);
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

// Moves what is left in all lists to *left.
static int collect(struct round *round, struct ranges *left) {
    for (unsigned i = 0; i <= HOST_MAX_NODES; i++) {
        if (i != NODELESS && round->todo[i].nr)
            round->full |= nodeset_of(i);
        if (ranges_append(left, &round->todo[i]))
            return error_no_list(round->err);
    }
    ranges_normalise(left);
    return 0;
}

// Populates by the plan. Adds what is left to *left, and the nodes that it is left of to *full.
static int run_round(const struct place_request *request, const struct plan *plan,
                     struct populate_job *job, struct placement *placement, struct ranges *left,
                     nodeset *full, struct error *err) {
    CLEANUP(round_done)
    struct round round = {
        .request = request, .plan = plan, .job = job, .placement = placement, .err = err};
    int rc;

    rc = hand_out(&round);
    if (rc)
        return rc;
    if (request->policy->page_preference == POLICY_SUPERPAGE)
        rc = run_superpage(&round);
    else
        rc = run_locality(&round);
    if (!rc)
        rc = run_nodeless(&round);
    if (!rc)
        rc = collect(&round, left);
    *full |= round.full;
    return rc;
}

// --- all rounds ---

// A frame that could not be mapped looks like missing memory, but its page belongs to the domain
// all the same: it would be lost over and over again.
static int check_mapped(const struct place_request *request, uint64_t pages_before,
                        const struct placement *placement, struct error *err) {
    uint64_t populated = placement_pages(placement);
    struct xen_domain domain;
    int rc;

    rc = xen_domain_read(request->xch, request->domid, &domain, err);
    if (rc)
        return rc;
    if (domain.tot_pages <= pages_before + populated)
        return 0;
    return error_set(err, ENOSPC,
                     "Xen allocated %" PRIu64
                     " pages that it could not map: the domain's paging pool is too small",
                     domain.tot_pages - pages_before - populated);
}

// The last resort: no node is named, so Xen takes what it finds.
static int place_anywhere(const struct place_request *request, struct populate_job *job,
                          struct placement *placement, struct ranges *ranges, struct error *err) {
    int rc = 0;

    for (int size = 0; size < POPULATE_NR_SIZES && ranges->nr && !rc; size++) {
        struct ranges left = {0};

        rc = populate_pass(job, POPULATE_ANY_NODE, size, UINT64_MAX, ranges, &left,
                           &placement->nodeless, err);
        ranges_done(ranges);
        *ranges = left;
    }
    if (!rc && ranges->nr)
        return error_set(err, ENOMEM,
                         "the host ran out of memory: %" PRIu64 " of %" PRIu64
                         " guest pages could not be allocated",
                         ranges_pages(ranges), ranges_pages(request->ranges));
    return rc;
}

static int error_shortfall(const struct place_request *request, const struct plan *plan,
                           const struct ranges *left, struct error *err) {
    return error_set(err, ENOMEM,
                     "NUMA node %s ran out of memory: %" PRIu64 " of %" PRIu64
                     " guest pages could not be allocated there (%s)",
                     nodelist_text(&plan->preferred).s, ranges_pages(left),
                     ranges_pages(request->ranges),
                     policy_describe(request->policy, POLICY_KEY_POLICY).s);
}

// A node that did not have one page more is full, also if it has free memory: others may have
// claimed that. But where the rest has no room without it, it is tried again.
static int plan_rest(const struct place_request *request, const struct plan *earlier,
                     const struct ranges *left, nodeset full, const struct survey *survey,
                     struct plan *plan, struct error *err) {
    struct survey less = *survey;
    uint64_t hidden = 0;
    int rc;

    for (nodeset rest = full; rest; rest &= rest - 1) {
        struct host_node *node = &less.host.node[nodeset_first(rest)];

        // What is free there and cannot be had is some of what the host's claims are about.
        if (node->free_pages > node->claimed_pages)
            hidden += node->free_pages - node->claimed_pages;
        node->free_pages = 0;
    }
    less.host.claimed_pages -= hidden < less.host.claimed_pages ? hidden : less.host.claimed_pages;
    rc = plan_ranges(request, left, earlier, &less, plan, err);
    if (rc != -ENOMEM || !full)
        return rc;
    error_done(err);
    return plan_ranges(request, left, earlier, survey, plan, err);
}

// Plans for *left, with nobody else planning or populating meanwhile. Nodes in `full` are left out
// if others may do.
static int plan_again(const struct place_request *request, const struct plan *earlier,
                      struct populate_job *job, nodeset full, const struct ranges *left,
                      struct plan *plan, struct error *err) {
    CLEANUP(error_done) struct error ignored = {0};
    struct ledger *ledger = job->account->ledger;
    bool locked = ledger && !ledger_lock(ledger, &ignored);
    struct survey survey;
    int rc;

    rc = survey_make(request->xch, request->domid, locked ? ledger : NULL, &survey, err);
    if (!rc)
        rc = plan_rest(request, earlier, left, full, &survey, plan, err);
    if (!rc && locked)
        ledger_account_replan(job->account, plan->node_pages, plan->nodeless_pages);
    if (locked)
        ledger_unlock(ledger);
    return rc;
}

static int replan(const struct place_request *request, const struct plan *earlier,
                  struct populate_job *job, struct placement *placement, struct ranges *left,
                  nodeset *full, struct error *err) {
    CLEANUP(plan_done) struct plan plan = {0};
    struct ranges rest = {0};
    int rc;

    placement->nr_replans++;
    rc = plan_again(request, earlier, job, *full, left, &plan, err);
    if (rc)
        return rc;
    rc = run_round(request, &plan, job, placement, &rest, full, err);
    ranges_done(left);
    *left = rest;
    return rc;
}

int place_populate(const struct place_request *request, const struct plan *plan,
                   struct populate_job *job, struct placement *placement, struct error *err) {
    CLEANUP(ranges_done) struct ranges left = {0};
    struct xen_domain domain;
    nodeset full = 0;
    int rc;

    *placement = (struct placement){0};
    job->nr_pages = ranges_pages(request->ranges);
    rc = xen_domain_read(request->xch, request->domid, &domain, err);
    if (!rc)
        rc = run_round(request, plan, job, placement, &left, &full, err);
    while (!rc && left.nr && placement->nr_replans < MAX_REPLANS) {
        rc = check_mapped(request, domain.tot_pages, placement, err);
        if (!rc)
            rc = replan(request, plan, job, placement, &left, &full, err);
    }
    if (rc || !left.nr)
        return rc;
    rc = check_mapped(request, domain.tot_pages, placement, err);
    if (rc)
        return rc;
    if (!plan->last_resort)
        return error_shortfall(request, plan, &left, err);
    return place_anywhere(request, job, placement, &left, err);
}

// The cache gets its memory in steps, between which others can plan and the build can be stopped.
static int fill_cache(const struct place_request *request, struct populate_job *job,
                      struct error *err) {
    uint64_t target = 0;
    int rc = 0;

    while (target < request->target_pages && !rc) {
        uint64_t rest = request->target_pages - target;
        int failed, saved_errno;

        target += rest < CACHE_STEP_PAGES ? rest : CACHE_STEP_PAGES;
        ledger_account_begin(job->account);
        errno = 0;
        failed = xc_domain_set_pod_target(request->xch, request->domid, target, NULL, NULL, NULL);
        saved_errno = errno;
        ledger_account_populated(job->account, LEDGER_ACCOUNT_NODELESS, 0);
        errno = saved_errno;
        if (failed)
            return xen_error(err, request->xch, "filling the populate-on-demand cache");
        if (job->progress)
            rc = job->progress(job->progress_context, target, request->target_pages, err);
    }
    return rc;
}

int place_on_demand(const struct place_request *request, struct populate_job *job,
                    struct placement *placement, struct error *err) {
    CLEANUP(ranges_done) struct ranges ranges = {0};
    int rc;

    *placement = (struct placement){0};
    // The cache takes memory; marking the frames afterwards takes none.
    rc = fill_cache(request, job, err);
    if (rc)
        return rc;
    job->nr_pages = ranges_pages(request->ranges);
    job->on_demand = true;
    if (ranges_append(&ranges, request->ranges))
        return error_no_list(err);
    return place_anywhere(request, job, placement, &ranges, err);
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
