// The choice of CPU nodes and memory, against all sets of nodes.
//
// The judge is written from the definitions in choice.h, spread.h and vcpus.h alone: it spreads the
// memory page by page of an order made from scratch, in doubles, and knows nothing of how choice.c,
// spread.c and limit.c go about it.

#include <errno.h>
#include <math.h>

#include "lib/numa/planner.h"
#include "tests/unit/numa-hosts.h"
#include "tests/unit/unit.h"

#define MIB HOST_PAGES_PER_MIB
#define MAX_NODES 8

struct guest {
    struct host host;
    struct policy policy;
    struct guest_vcpus vcpus;
    unsigned devices[HOST_MAX_NODES];
    uint64_t need;
    double high[MAX_NODES], low[MAX_NODES]; // what each node could give
};

struct value {
    bool ok;
    double devices, cost, load, cores, memory;
    unsigned nodes, suppliers;
    double pages[MAX_NODES];
};

static double sum_of(const struct guest *g, const unsigned *units, unsigned set) {
    double sum = 0;

    for (unsigned n = 0; n < g->host.nr_nodes; n++)
        sum += set >> n & 1 ? units[n] : 0;
    return sum;
}

static const unsigned *units_of(const struct guest *g, const struct vcpu_group *group) {
    return sum_of(g, group->cores, ~0U) >= group->nr ? group->cores : group->cpus;
}

static bool enough(const struct guest *g, unsigned set) {
    for (unsigned i = 0; i < g->vcpus.nr_groups; i++) {
        const struct vcpu_group *group = &g->vcpus.group[i];
        const unsigned *units = units_of(g, group);
        double all = sum_of(g, units, ~0U);

        if (sum_of(g, units, set) < (group->nr < all ? group->nr : all))
            return false;
    }
    return true;
}

static void shares(const struct guest *g, unsigned set, double share[MAX_NODES]) {
    double all = 0;

    for (unsigned n = 0; n < g->host.nr_nodes; n++) {
        share[n] = (double)g->vcpus.fixed[n] / (double)VCPUS_UNIT;
        for (unsigned i = 0; i < g->vcpus.nr_groups; i++) {
            const struct vcpu_group *group = &g->vcpus.group[i];
            const unsigned *units = units_of(g, group);

            if (set >> n & 1)
                share[n] += group->nr * units[n] / sum_of(g, units, set);
        }
        all += share[n];
    }
    for (unsigned n = 0; n < g->host.nr_nodes; n++)
        share[n] /= all;
}

static double distance(const struct guest *g, const double share[MAX_NODES], unsigned to) {
    double sum = 0;

    for (unsigned n = 0; n < g->host.nr_nodes; n++)
        sum += share[n] * g->host.distance[n][to];
    return sum;
}

static bool before(const struct guest *g, const double share[MAX_NODES], unsigned a, unsigned b) {
    double da = distance(g, share, a), db = distance(g, share, b);
    double memory_a = g->high[a] + g->low[a], memory_b = g->high[b] + g->low[b];
    const struct host_node *na = &g->host.node[a], *nb = &g->host.node[b];

    if (da < db - 1e-9 || da > db + 1e-9)
        return da < db;
    if (!na->nr_cpus != !nb->nr_cpus)
        return na->nr_cpus != 0;
    if (memory_a < memory_b || memory_a > memory_b)
        return memory_a > memory_b;
    return a < b;
}

static double take(double want, double *have, double *page) {
    double got = want < *have ? want : *have;

    *have -= got;
    *page += got;
    return got;
}

// With memory from the nodes of `from` only.
static struct value evaluate_from(const struct guest *g, unsigned set, unsigned from) {
    double share[MAX_NODES], have[2][MAX_NODES], left = (double)g->need, far = 0;
    struct value v = {.ok = true};
    unsigned order[MAX_NODES];

    shares(g, set, share);
    for (unsigned n = 0; n < g->host.nr_nodes; n++) {
        have[0][n] = from >> n & 1 ? g->high[n] : 0;
        have[1][n] = from >> n & 1 ? g->low[n] : 0;
        order[n] = n;
    }
    for (unsigned i = 0; i < g->host.nr_nodes; i++)
        for (unsigned j = i + 1; j < g->host.nr_nodes; j++)
            if (before(g, share, order[j], order[i])) {
                unsigned other = order[i];

                order[i] = order[j];
                order[j] = other;
            }
    for (unsigned n = 0; n < g->host.nr_nodes; n++)
        left -= take(share[n] * (double)g->need, &have[0][n], &v.pages[n]);
    for (unsigned n = 0; n < g->host.nr_nodes; n++)
        if (g->host.node[n].nr_cpus && g->host.node[n].size_pages && distance(g, share, n) > far)
            far = distance(g, share, n);
    for (unsigned pass = 0; pass < 4; pass++) // near ones, their low memory, far ones, theirs
        for (unsigned i = 0; i < g->host.nr_nodes; i++)
            if ((distance(g, share, order[i]) > far + 1e-9) == (pass > 1))
                left -= take(left, &have[pass % 2][order[i]], &v.pages[order[i]]);
    v.ok = left < 1;
    for (unsigned n = 0; n < g->host.nr_nodes; n++) {
        double nearest = 255;

        v.cost += v.pages[n] / (double)g->need * distance(g, share, n);
        v.suppliers += v.pages[n] > 0.5;
        v.nodes += v.pages[n] > 1 || share[n] > 0;
        v.load += share[n] > 0 ? g->host.node[n].load : 0;
        v.cores += share[n] > 0 ? g->host.node[n].nr_cores : 0;
        v.memory += v.pages[n] > 1 || share[n] > 0 ? g->high[n] + g->low[n] : 0;
        for (unsigned c = 0; c < g->host.nr_nodes; c++)
            if (share[c] > 0 && g->host.distance[n][c] < nearest)
                nearest = g->host.distance[n][c];
        v.devices += g->devices[n] * nearest;
    }
    return v;
}

// Of all sets of memory nodes, if the nodes that would supply are too many.
static struct value evaluate(const struct guest *g, unsigned set) {
    unsigned all = (1U << g->host.nr_nodes) - 1, most = g->policy.max_nodes;
    struct value best = evaluate_from(g, set, all);

    if (!most || !best.ok || best.suppliers <= most)
        return best;
    best.ok = false;
    for (unsigned from = 1; from <= all; from++) {
        struct value v;

        if ((unsigned)__builtin_popcount(from) > most)
            continue;
        v = evaluate_from(g, set, from);
        if (v.ok && (!best.ok || v.cost < best.cost - 1e-9 ||
                     (v.cost < best.cost + 1e-9 && v.nodes < best.nodes)))
            best = v;
    }
    return best;
}

// At least one vCPU of others for two cores.
static bool is_busy(const struct value *v) {
    return v->cores > 0 && 2 * v->load / HOST_LOAD_VCPU >= v->cores;
}

// -1: a is better, by more than what rounding explains; 0: as good.
static int compare(const struct value *a, const struct value *b) {
    if (a->devices < b->devices || a->devices > b->devices)
        return a->devices < b->devices ? -1 : 1;
    if (a->cost < b->cost - 0.011 || a->cost > b->cost + 0.011)
        return a->cost < b->cost ? -1 : 1;
    if (a->cost < b->cost - 1e-6 || a->cost > b->cost + 1e-6)
        return 0; // may be in one hundredth or in two
    if (a->nodes != b->nodes)
        return a->nodes < b->nodes ? -1 : 1;
    if (a->load < b->load || a->load > b->load)
        return a->load < b->load ? -1 : 1;
    if (is_busy(a) != is_busy(b))
        return is_busy(a) ? 1 : -1;
    return 0;
}

static void random_vcpus(struct prng *prng, struct guest *g) {
    unsigned nr = prng_below(prng, 24) + 1;

    g->vcpus = vcpus_anywhere(&g->host, nr);
    if (prng_below(prng, 4) == 0) { // some belong somewhere
        for (unsigned n = 0; n < g->host.nr_nodes; n++)
            if (g->host.node[n].nr_cpus && prng_below(prng, 2))
                g->vcpus.fixed[n] = VCPUS_UNIT * (1 + prng_below(prng, 4));
    }
    if (prng_below(prng, 4) == 0) // a hard mask
        for (unsigned n = 0; n < g->host.nr_nodes; n++)
            if (prng_below(prng, 3) == 0)
                g->vcpus.group[0].cpus[n] = g->vcpus.group[0].cores[n] = 0;
    if (sum_of(g, g->vcpus.group[0].cpus, ~0U) < 1)
        g->vcpus = vcpus_anywhere(&g->host, nr);
}

static void random_guest(struct prng *prng, struct guest *g) {
    unsigned nr = 1 + prng_below(prng, MAX_NODES);
    double all = 0;

    *g = (struct guest){.policy = policy_defaults()};
    g->host = hosts_make(prng, (enum host_shape)prng_below(prng, SHAPE_NR), nr, 16384 * MIB);
    for (unsigned n = 0; n < nr; n++) {
        struct host_node *node = &g->host.node[n];
        unsigned kind = prng_below(prng, 8);

        if (kind == 0)
            node->size_pages = node->free_pages = 0;
        if (kind == 1 && n)
            node->nr_cpus = node->nr_cores = 0;
        if (prng_below(prng, 2))
            node->nr_cpus = node->nr_cores;
        node->low_pages = n == 0 && prng_below(prng, 2) ? node->free_pages / 5 : 0;
        node->load = prng_below(prng, 3) * HOST_LOAD_VCPU;
        g->devices[n] = prng_below(prng, 12) == 0;
        g->high[n] = (double)(node->free_pages - node->low_pages);
        g->low[n] = (double)node->low_pages;
        all += (double)node->free_pages;
    }
    g->need = (uint64_t)(all * (1 + prng_below(prng, 98)) / 100);
    random_vcpus(prng, g);
}

static bool best_of_all(const struct guest *g, struct value *best) {
    bool found = false;

    for (unsigned set = 1; set < 1U << g->host.nr_nodes; set++) {
        struct value v;
        bool cpus = true;

        for (unsigned n = 0; n < g->host.nr_nodes; n++)
            cpus &= !(set >> n & 1) || g->vcpus.group[0].cpus[n] > 0;
        if (!cpus || !enough(g, set))
            continue;
        v = evaluate(g, set);
        if (v.ok && (!found || compare(&v, best) < 0)) {
            *best = v;
            found = true;
        }
    }
    return found;
}

static void check_plan(const struct guest *g, const struct plan *plan, const struct value *best) {
    struct value v = evaluate(g, (unsigned)plan->chosen_cpus);
    unsigned suppliers = 0;
    double cost = 0, share[MAX_NODES];
    double slack = 512.0 * MAX_NODES / (double)g->need; // borders between superpages

    ck_assert(enough(g, (unsigned)plan->chosen_cpus));
    ck_assert_msg(compare(&v, best) <= 0 || compare(best, &v) == 0,
                  "devices %.0f cost %.3f nodes %u load %.0f, best: %.0f %.3f %u %.0f", v.devices,
                  v.cost, v.nodes, v.load, best->devices, best->cost, best->nodes, best->load);
    // What was planned is what was judged.
    shares(g, (unsigned)plan->chosen_cpus, share);
    for (unsigned n = 0; n < g->host.nr_nodes; n++) {
        double planned = (double)plan->node_pages[n];

        cost += planned / (double)g->need * distance(g, share, n);
        ck_assert_double_le(planned, g->high[n] + g->low[n]);
        suppliers += planned > 0;
        if (plan->node_pages[n])
            ck_assert_double_le(
                fabs(plan_distance(plan, &g->host, n) / 10.0 - distance(g, share, n)), 0.0501);
    }
    ck_assert_double_le(cost, v.cost + 255 * slack);
    ck_assert(!g->policy.max_nodes || suppliers <= g->policy.max_nodes);
}

static void compare_with_all(struct prng *prng, bool limited, unsigned *nr_planned) {
    struct guest g;
    struct range range = {0, 0};
    struct plan_request request = {.ranges = &range, .nr_ranges = 1};
    struct error err = {0};
    struct plan plan;
    struct value best = {.ok = false};
    bool found;

    random_guest(prng, &g);
    g.policy.max_nodes = limited ? 1 + prng_below(prng, 4) : 0;
    range.nr_pages = g.need;
    request.host = &g.host;
    request.policy = &g.policy;
    request.vcpus = &g.vcpus;
    request.devices = g.devices;
    found = g.need && best_of_all(&g, &best);
    if (limited && g.need && !found) {
        ck_assert_int_eq(plan_make(&request, &plan, &err), -ENOMEM);
        error_done(&err);
    }
    if (!found)
        return;
    ck_assert_int_eq(plan_make(&request, &plan, &err), 0);
    ck_assert_int_eq(plan.origin, PLAN_FROM_PICKED);
    check_plan(&g, &plan, &best);
    plan_done(&plan);
    (*nr_planned)++;
}

START_TEST(test_brute_force) {
    struct prng prng = {.state = 7000 + (uint64_t)_i};
    unsigned planned = 0;

    for (int round = 0; round < 1500; round++)
        compare_with_all(&prng, false, &planned);
    ck_assert_uint_gt(planned, 500);
}
END_TEST

START_TEST(test_max_nodes) {
    struct prng prng = {.state = 8000 + (uint64_t)_i};
    unsigned planned = 0;

    for (int round = 0; round < 300; round++)
        compare_with_all(&prng, true, &planned);
    ck_assert_uint_gt(planned, 60);
}
END_TEST

// --- large hosts ---

static double plan_cost(const struct host *host, const struct plan *plan, uint64_t need) {
    double cost = 0;

    for (unsigned n = 0; n < HOST_MAX_NODES; n++)
        cost += (double)plan->node_pages[n] / (double)need * plan_distance(plan, host, n) / 10.0;
    return cost;
}

// What a guest gets whose vCPUs somebody has put on a compact set of nodes.
static double cost_of(const struct host *host, nodeset set, unsigned nr, uint64_t need) {
    struct policy policy = policy_defaults();
    struct range range = {0, need};
    struct guest_vcpus vcpus = vcpus_anywhere(host, nr);
    struct plan_request request = {
        .host = host, .policy = &policy, .ranges = &range, .nr_ranges = 1, .vcpus = &vcpus};
    struct error err = {0};
    struct plan plan;
    unsigned cores = 0;
    double cost;

    for (unsigned n = 0; n < HOST_MAX_NODES; n++) {
        if (!nodeset_has(set, n))
            vcpus.group[0].cpus[n] = vcpus.group[0].cores[n] = 0;
        cores += vcpus.group[0].cores[n];
    }
    if (cores < nr || plan_make(&request, &plan, &err))
        return 1e9;
    cost = plan_cost(host, &plan, need);
    plan_done(&plan);
    return cost;
}

// No set of the nodes nearest to any one node, however many, is cheaper by more than 3 %.
START_TEST(test_large) {
    struct prng prng = {.state = 9000 + (uint64_t)_i};
    struct host host =
        hosts_make(&prng, (enum host_shape)(_i % SHAPE_NR), HOST_MAX_NODES, 16384 * MIB);
    unsigned nr = 1 + prng_below(&prng, 40);
    uint64_t need = (1ULL + prng_below(&prng, 30)) * 4096 * MIB;
    double cost = cost_of(&host, ~0ULL, nr, need);

    for (unsigned seed = 0; seed < HOST_MAX_NODES; seed++) {
        nodeset set = nodeset_of(seed);

        for (unsigned size = 1; size <= 10; size++) {
            unsigned nearest = HOST_MAX_NODES;
            double other = cost_of(&host, set, nr, need);

            ck_assert_msg(cost <= 1.03 * other + 0.1, "%.2f, but %.2f on %#lx", cost, other, set);
            for (unsigned n = 0; n < HOST_MAX_NODES; n++)
                if (!nodeset_has(set, n) && (nearest == HOST_MAX_NODES ||
                                             host.distance[seed][n] < host.distance[seed][nearest]))
                    nearest = n;
            set |= nodeset_of(nearest);
        }
    }
}
END_TEST

static uint64_t largest_pages(const struct host *host, unsigned nr) {
    nodeset left = ~0ULL;
    uint64_t sum = 0;

    for (; nr; nr--) {
        unsigned most = nodeset_first(left);

        for (nodeset rest = left; rest; rest &= rest - 1)
            if (host->node[nodeset_first(rest)].free_pages > host->node[most].free_pages)
                most = nodeset_first(rest);
        sum += host->node[most].free_pages;
        left &= ~nodeset_of(most);
    }
    return sum;
}

// Refused only where the largest nodes have not enough; and no more nodes than allowed.
START_TEST(test_large_max_nodes) {
    struct prng prng = {.state = 10000 + (uint64_t)_i};
    struct host host =
        hosts_make(&prng, (enum host_shape)(_i % SHAPE_NR), HOST_MAX_NODES, 16384 * MIB);

    for (unsigned most = 1; most <= 20; most++) {
        uint64_t could = largest_pages(&host, most);
        uint64_t needs[] = {could * 3 / 5, could * 99 / 100, could, could + 1};

        for (unsigned i = 0; i < 4; i++) {
            struct policy policy = policy_defaults();
            struct range range = {0, needs[i]};
            struct plan_request request = {
                .host = &host, .policy = &policy, .ranges = &range, .nr_ranges = 1};
            struct error err = {0};
            struct plan plan = {0};
            unsigned nr = 0;

            request.nr_vcpus = 1 + prng_below(&prng, 60);
            policy.max_nodes = most;
            policy.kind = prng_below(&prng, 2) ? POLICY_AUTO : POLICY_INTERLEAVE;
            ck_assert_int_eq(plan_make(&request, &plan, &err), i < 3 ? 0 : -ENOMEM);
            for (unsigned n = 0; n < HOST_MAX_NODES; n++)
                nr += plan.node_pages[n] != 0;
            ck_assert_uint_le(nr, most);
            plan_done(&plan);
            error_done(&err);
        }
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("choice");

    tcase_add_loop_test(tcase, test_brute_force, 0, 12);
    tcase_add_loop_test(tcase, test_max_nodes, 0, 12);
    tcase_add_loop_test(tcase, test_large_max_nodes, 0, 2 * SHAPE_NR);
    tcase_add_loop_test(tcase, test_large, 0, 2 * SHAPE_NR);
    tcase_set_timeout(tcase, 120);
    return unit_run("choice", tcase);
}
