// What holds for every plan, on random hosts with random requests.

#include "lib/numa/planner.h"
#include "tests/unit/numa-hosts.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#define MIB HOST_PAGES_PER_MIB

#define MAX_GFN 30000U

struct random_plan {
    struct host host;
    struct policy policy;
    struct range ranges[3]; // below and above the VGA hole, and high memory
    struct plan_request request;
    uint64_t need;
    uint64_t available[HOST_MAX_NODES]; // by the definition in planner.h
};

static void random_policy(struct prng *prng, struct random_plan *r) {
    struct policy *policy = &r->policy;
    unsigned nr = r->host.nr_nodes;

    *policy = policy_defaults();
    policy->kind = (enum policy_kind)prng_below(prng, 5);
    policy->reserve_mib = prng_below(prng, 4) ? 0 : prng_below(prng, 3);
    for (unsigned i = 0; i < nr && prng_below(prng, 3); i++) {
        unsigned node = prng_below(prng, nr);

        if (!nodeset_has(nodelist_set(&policy->nodes), node))
            nodelist_add(&policy->nodes, node);
    }
    policy->fallback = (enum policy_fallback)prng_below(prng, 3);
    if (policy->fallback == POLICY_FALLBACK_NODES)
        policy->fallback_nodes = prng_next(prng) & ((1ULL << nr) - 1);
    if (policy->kind != POLICY_ANY && !prng_below(prng, 3))
        policy->max_nodes = 1 + prng_below(prng, 4);
}

static void random_claims(struct prng *prng, struct random_plan *r) {
    for (unsigned i = 0; i < r->host.nr_nodes; i++) {
        struct host_node *node = &r->host.node[i];

        node->claimed_pages = prng_below(prng, 3) ? 0 : prng_below(prng, 5000);
        r->request.own_claim_pages[i] =
            prng_below(prng, 6) ? 0 : prng_below(prng, (unsigned)node->claimed_pages + 1);
    }
    if (!prng_below(prng, 4))
        r->request.affinity = prng_next(prng);
}

static void random_available(struct random_plan *r) {
    for (unsigned i = 0; i < r->host.nr_nodes; i++) {
        const struct host_node *node = &r->host.node[i];
        int64_t own = (int64_t)r->request.own_claim_pages[i];
        int64_t free = (int64_t)node->free_pages;
        int64_t left =
            free - ((int64_t)node->claimed_pages - own) - (int64_t)(r->policy.reserve_mib * MIB);

        if (own > free)
            own = free;
        r->available[i] = (uint64_t)(left > own ? left : own);
    }
}

static void random_request(struct prng *prng, struct random_plan *r) {
    unsigned nr = 1 + prng_below(prng, 8);
    unsigned low = 0xc0 + 1 + prng_below(prng, 4000);
    unsigned high = prng_below(prng, 3) ? 1 + prng_below(prng, 20000) : 0;

    *r = (struct random_plan){.need = 0};
    r->host = hosts_make(prng, (enum host_shape)prng_below(prng, SHAPE_NR), nr, 6000);
    random_policy(prng, r);
    random_claims(prng, r);
    random_available(r);
    r->ranges[0] = (struct range){0, 0xa0};
    r->ranges[1] = (struct range){0xc0, low - 0xc0};
    r->ranges[2] = (struct range){8192, high};
    r->need = 0xa0 + low - 0xc0 + high;
    r->request.host = &r->host;
    r->request.policy = &r->policy;
    r->request.ranges = r->ranges;
    r->request.nr_ranges = 3;
    r->request.nr_vcpus = prng_below(prng, 30);
}

static bool in_ranges(const struct random_plan *r, uint64_t gfn) {
    for (int i = 0; i < 3; i++)
        if (gfn >= r->ranges[i].gfn && gfn < r->ranges[i].gfn + r->ranges[i].nr_pages)
            return true;
    return false;
}

// Every frame once, no hole touched, and the sums are right.
static void check_pieces(const struct random_plan *r, const struct plan *plan) {
    static bool seen[MAX_GFN];
    uint64_t count[HOST_MAX_NODES + 1] = {0};
    uint64_t total = 0;
    unsigned wrong = 0;

    memset(seen, 0, sizeof(seen));
    for (size_t i = 0; i < plan->pieces.nr; i++) {
        const struct piece *piece = &plan->pieces.list[i];

        for (uint64_t n = 0; n < piece->nr_runs * piece->run_pages; n++) {
            uint64_t gfn =
                piece->gfn + n / piece->run_pages * piece->stride_pages + n % piece->run_pages;

            if (!in_ranges(r, gfn) || seen[gfn])
                wrong++;
            else
                seen[gfn] = true;
            count[piece->node == ASSIGN_NO_NODE ? HOST_MAX_NODES : piece->node]++;
            total++;
        }
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(total, r->need);
    ck_assert_uint_eq(count[HOST_MAX_NODES], plan->nodeless_pages);
    for (unsigned i = 0; i < HOST_MAX_NODES; i++)
        ck_assert_uint_eq(count[i], plan->node_pages[i]);
}

static uint64_t sum_available(const struct random_plan *r, nodeset set) {
    uint64_t pages = 0;

    for (unsigned i = 0; i < HOST_MAX_NODES; i++)
        pages += nodeset_has(set, i) ? r->available[i] : 0;
    return pages;
}

// Which nodes may be used at all: by numa-policy and numa-fallback, given the preferred ones.
static nodeset allowed_nodes(const struct random_plan *r, const struct plan *plan) {
    nodeset preferred = nodelist_set(&plan->preferred);

    if (r->policy.kind == POLICY_ANY)
        return 0;
    if (r->policy.kind == POLICY_STRICT || r->policy.fallback == POLICY_FALLBACK_NONE)
        return preferred;
    if (r->policy.fallback == POLICY_FALLBACK_NODES)
        return preferred | r->policy.fallback_nodes;
    return (1ULL << r->host.nr_nodes) - 1;
}

// Of as many nodes as may supply, which have enough together: the most that preferred ones can
// give, and how evenly they can then.
static uint64_t most_preferred(const struct random_plan *r, nodeset allowed, nodeset preferred,
                               uint64_t *ret_level) {
    unsigned nr = r->policy.max_nodes ? r->policy.max_nodes : HOST_MAX_NODES;
    uint64_t most = 0;

    *ret_level = r->need;
    for (nodeset set = 0; set < 1ULL << r->host.nr_nodes; set++) {
        uint64_t pages = sum_available(r, set & preferred), level = 0, sum;

        pages = pages < r->need ? pages : r->need;
        if (set & ~allowed || nodeset_count(set) > nr || sum_available(r, set) < r->need ||
            pages < most)
            continue;
        do {
            level += 512;
            sum = 0;
            for (unsigned i = 0; i < HOST_MAX_NODES; i++)
                if (nodeset_has(set & preferred, i))
                    sum += r->available[i] < level ? r->available[i] : level;
        } while (sum < pages);
        *ret_level = pages > most || level < *ret_level ? level : *ret_level;
        most = pages;
    }
    return most;
}

// With numa-max-nodes.
static void check_limit(const struct random_plan *r, const struct plan *plan, nodeset allowed) {
    uint64_t level, could, preferred_pages = r->need - plan->neighbour_pages;
    nodeset preferred = nodelist_set(&plan->preferred);
    unsigned nr = 0;

    could = most_preferred(r, allowed, preferred, &level);
    ck_assert_uint_ge(preferred_pages + 511ULL * 2 * plan->preferred.nr, could);
    for (unsigned i = 0; i < HOST_MAX_NODES; i++) {
        nr += plan->node_pages[i] != 0;
        if (r->policy.kind == POLICY_INTERLEAVE && nodeset_has(preferred, i))
            ck_assert_uint_le(plan->node_pages[i], level + 512 * (r->policy.max_nodes + 1ULL));
    }
    ck_assert_uint_le(nr, r->policy.max_nodes);
    ck_assert_uint_eq(plan->nodeless_pages, 0);
}

static void check_shares(const struct random_plan *r, const struct plan *plan) {
    nodeset allowed = allowed_nodes(r, plan);
    uint64_t preferred_pages = 0;
    uint64_t could = sum_available(r, nodelist_set(&plan->preferred));

    for (unsigned i = 0; i < HOST_MAX_NODES; i++) {
        ck_assert_uint_le(plan->node_pages[i], r->available[i]);
        ck_assert(!plan->node_pages[i] || nodeset_has(allowed, i));
        if (nodeset_has(nodelist_set(&plan->preferred), i))
            preferred_pages += plan->node_pages[i];
    }
    if (r->policy.kind == POLICY_ANY) {
        ck_assert_uint_eq(plan->nodeless_pages, r->need);
        return;
    }
    if (r->policy.max_nodes) {
        check_limit(r, plan, allowed);
        return;
    }
    // As much as possible on the preferred nodes, but for what 2 MiB borders cost.
    could = could < r->need ? could : r->need;
    ck_assert_uint_ge(preferred_pages + 511ULL * 2 * plan->preferred.nr, could);
    ck_assert_uint_eq(plan->neighbour_pages + preferred_pages + plan->nodeless_pages, r->need);
}

static void check_named(const struct random_plan *r, const struct plan *plan) {
    if (!r->policy.nodes.nr || r->policy.kind == POLICY_ANY)
        return;
    ck_assert_uint_eq(plan->preferred.nr, r->policy.nodes.nr);
    ck_assert_int_eq(memcmp(plan->preferred.node, r->policy.nodes.node, plan->preferred.nr), 0);
}

// Refused only when the nodes allowed lack the memory. All nodes of these hosts are connected.
static void check_refusal(const struct random_plan *r, int rc) {
    nodeset all = (1ULL << r->host.nr_nodes) - 1;
    nodeset named = nodelist_set(&r->policy.nodes);
    uint64_t level;

    ck_assert_int_eq(rc, -ENOMEM);
    if (sum_available(r, all) < r->need)
        return;
    if (r->policy.max_nodes && r->policy.fallback == POLICY_FALLBACK_NEAREST &&
        r->policy.kind != POLICY_STRICT) {
        ck_assert_uint_eq(most_preferred(r, all, all, &level), 0);
        return;
    }
    if (r->policy.max_nodes)
        return;
    ck_assert(r->policy.kind != POLICY_ANY);
    ck_assert(r->policy.kind == POLICY_STRICT || r->policy.fallback != POLICY_FALLBACK_NEAREST);
    if (named && r->policy.kind == POLICY_STRICT)
        ck_assert_uint_lt(sum_available(r, named), r->need);
    if (named && r->policy.kind != POLICY_STRICT)
        ck_assert_uint_lt(sum_available(r, named | r->policy.fallback_nodes), r->need);
}

START_TEST(test_properties) {
    struct prng prng = {.state = (uint64_t)_i};
    unsigned planned = 0;

    for (int round = 0; round < 300; round++) {
        struct random_plan r;
        struct plan plan;
        struct error err = {0};
        int rc;

        random_request(&prng, &r);
        rc = plan_make(&r.request, &plan, &err);
        if (rc) {
            check_refusal(&r, rc);
            error_done(&err);
            continue;
        }
        planned++;
        check_pieces(&r, &plan);
        check_shares(&r, &plan);
        check_named(&r, &plan);
        plan_done(&plan);
    }
    ck_assert_uint_gt(planned, 60);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("planner-random");

    tcase_add_loop_test(tcase, test_properties, 0, 20);
    tcase_set_timeout(tcase, 60);
    return unit_run("planner-random", tcase);
}
