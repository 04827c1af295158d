// The plan is made from figures that were true a moment ago. Whatever is left over after a round
// goes into the next, with the host read again; three such rounds, then the last resort.

#include "lib/placement/place.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/placement/round.h"
#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

#define MAX_REPLANS 3
#define CACHE_STEP_PAGES 262144ULL // 1 GiB

// A guest that is being populated.
struct placing {
    const struct memory_request *request;
    const struct plan *plan; // the first
    struct round round;
    uint64_t pages_before; // that the domain had
    struct error *err;
};

static void placing_done(struct placing *placing) {
    ranges_done(&placing->round.left);
}

static int check_mapped(const struct placing *placing) {
    uint64_t known = placing->pages_before + placement_pages(placing->round.placement);

    return populate_check_mapped(placing->round.job, &known, placing->err);
}

// Plans for what is left and populates it. Nobody else plans or populates while this plans; nodes
// that are full are left out if others may do.
static int replan(struct placing *placing) {
    CLEANUP(plan_done) struct plan plan = {0};
    const struct memory_request *request = placing->request;
    struct ledger_account *account = placing->round.job->account;
    struct survey survey;
    const struct memory_planning planning = {
        .request = request,
        .survey = &survey,
        .left = &placing->round.left,
        .earlier = placing->plan,
        .refused = placing->round.full,
    };
    int rc = ledger_account_lock(account, placing->err);

    if (rc)
        return rc;
    placing->round.placement->nr_replans++;
    rc = survey_make(request->xch, request->domid, account->ledger, 0, &survey, placing->err);
    if (!rc)
        rc = memory_plan(&planning, &plan, placing->err);
    if (!rc)
        ledger_account_replan(account, plan.node_pages, plan.nodeless_pages);
    ledger_account_unlock(account);
    return rc ? rc : round_run(&placing->round, &plan, placing->err);
}

// The last resort: no node is named, so Xen takes what it finds.
static int place_anywhere(struct placing *placing) {
    struct round *round = &placing->round;
    int rc = 0;

    for (int size = 0; size < EXTENT_NR_SIZES && round->left.nr && !rc; size++) {
        struct ranges left = {0};

        rc = populate_pass(round->job, POPULATE_ANY_NODE, LEDGER_ACCOUNT_NODELESS, size, UINT64_MAX,
                           &round->left, &left, &round->placement->nodeless, placing->err);
        if (placing->plan)
            placement_count_vnodes(round->placement, &placing->plan->vnodes, POPULATE_ANY_NODE,
                                   &round->left, &left);
        ranges_done(&round->left);
        round->left = left;
    }
    if (rc || !round->left.nr)
        return rc;
    return error_set(placing->err, ENOMEM,
                     "the host ran out of memory: %" PRIu64 " of %" PRIu64
                     " guest pages could not be allocated",
                     ranges_pages(&round->left), ranges_pages(placing->request->ranges));
}

static int error_shortfall(const struct placing *placing) {
    return error_set(placing->err, ENOMEM,
                     "NUMA node %s ran out of memory: %" PRIu64 " of %" PRIu64
                     " guest pages could not be allocated there (%s)",
                     nodelist_text(&placing->plan->preferred).s, ranges_pages(&placing->round.left),
                     ranges_pages(placing->request->ranges),
                     policy_describe(placing->request->policy, POLICY_KEY_POLICY).s);
}

int place_populate(const struct memory_request *request, const struct plan *plan,
                   struct populate_job *job, struct placement *placement, struct error *err) {
    CLEANUP(placing_done)
    struct placing placing = {
        .request = request,
        .plan = plan,
        .round = {.job = job,
                  .page_preference = request->policy->page_preference,
                  .placement = placement},
        .err = err,
    };
    const struct ranges *left = &placing.round.left;
    struct xen_domain domain;
    int rc;

    *placement = (struct placement){0};
    job->nr_pages = ranges_pages(request->ranges);
    rc = xen_domain_read(request->xch, request->domid, &domain, err);
    if (rc)
        return rc;
    placing.pages_before = domain.tot_pages;

    // As planned, then what nodes did not have after all.
    rc = round_run(&placing.round, plan, err);
    while (!rc && left->nr && placement->nr_replans < MAX_REPLANS) {
        rc = check_mapped(&placing);
        if (!rc)
            rc = replan(&placing);
    }
    if (rc || !left->nr)
        return rc;

    // The last resort.
    rc = check_mapped(&placing);
    if (rc)
        return rc;
    if (!plan->last_resort)
        return error_shortfall(&placing);
    ledger_account_replan(job->account, NULL, ranges_pages(left));
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
    struct placing placing = {
        .request = request, .round = {.job = job, .placement = placement}, .err = err};
    int rc;

    *placement = (struct placement){0};
    // The cache takes memory; marking the frames afterwards takes none.
    rc = fill_cache(request, job, err);
    if (rc)
        return rc;
    job->nr_pages = ranges_pages(request->ranges);
    job->on_demand = true;
    if (ranges_append(&placing.round.left, request->ranges))
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    return place_anywhere(&placing);
}
