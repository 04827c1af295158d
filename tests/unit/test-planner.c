// Plans: worked examples of every policy and refusal.
//
// Expectations come from the rules in planner.h, worked out by hand; they are never what the
// planner said before.

#include "lib/numa/planner.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MIB HOST_PAGES_PER_MIB

// Four nodes in a ring of 16 GiB and 4 cores each; sizes are in MiB.
struct plan_case {
    const char *name;
    const char *policy; // content of the configuration file
    const char *option; // -mem_pnode
    unsigned need;
    unsigned vcpus;
    nodeset affinity;
    unsigned free[4];
    unsigned claimed[4];
    unsigned own[4];
    unsigned host_claimed;
    unsigned host_own;
    // expected
    int rc;
    enum plan_origin origin;
    const char *preferred;
    const char *fallback;
    unsigned mib[4];
    unsigned nodeless;
    nodeset cpus;
    const char *warning;
};

#define ALL_FREE                                                                                   \
    { 16384, 16384, 16384, 16384 }
#define RING_0_FIRST "1,3,2"

// clang-format off
static const struct plan_case cases[] = {
    {.name = "fits on one node: the one with most memory left",
     .need = 4096, .vcpus = 2, .free = {8000, 16000, 16384, 9000},
     .origin = PLAN_FROM_PICKED, .preferred = "2", .fallback = "1,3,0",
     .mib = {0, 0, 4096, 0}, .cpus = 0x4},
    {.name = "one and a quarter: all that the first has, the rest next to it",
     .need = 20480, .vcpus = 4, .free = ALL_FREE,
     .origin = PLAN_FROM_PICKED, .preferred = "0-1", .fallback = "3,2",
     .mib = {16384, 4096, 0, 0}, .cpus = 0x1},
    {.name = "larger than half the host",
     .need = 40960, .vcpus = 4, .free = ALL_FREE,
     .origin = PLAN_FROM_PICKED, .preferred = "0-1,3", .fallback = "2",
     .mib = {16384, 16384, 0, 8192}, .cpus = 0x1},
    {.name = "exactly what is free",
     .need = 65536, .vcpus = 4, .free = ALL_FREE,
     .origin = PLAN_FROM_PICKED, .preferred = "0-3", .fallback = "none",
     .mib = {16384, 16384, 16384, 16384}, .cpus = 0xf},
    {.name = "a MiB more",
     .need = 65537, .vcpus = 4, .free = ALL_FREE, .rc = -ENOMEM},
    {.name = "more vCPUs than a node's cores: two nodes, half of the memory on each",
     .need = 1024, .vcpus = 8, .free = ALL_FREE,
     .origin = PLAN_FROM_PICKED, .preferred = "0-1", .fallback = "2-3",
     .mib = {512, 512, 0, 0}, .cpus = 0x3},
    {.name = "more vCPUs than the host's cores: all its cores",
     .need = 1024, .vcpus = 100, .free = ALL_FREE,
     .origin = PLAN_FROM_PICKED, .preferred = "0-3", .fallback = "none",
     .mib = {256, 256, 256, 256}, .cpus = 0xf},
    {.name = "claims of others are not free",
     .need = 4096, .vcpus = 1, .free = ALL_FREE, .claimed = {16384, 13000, 12000, 13000},
     .origin = PLAN_FROM_PICKED, .preferred = "2", .fallback = "1,3,0",
     .mib = {0, 0, 4096, 0}, .cpus = 0x4},
    {.name = "claims beyond what is free",
     .need = 1024, .vcpus = 1, .free = {100, 2048, 0, 0}, .claimed = {200, 0, 1, 0},
     .origin = PLAN_FROM_PICKED, .preferred = "1", .fallback = "0,2-3",
     .mib = {0, 1024, 0, 0}, .cpus = 0x2},
    {.name = "host-wide claims of others",
     .need = 4096, .vcpus = 1, .free = ALL_FREE, .host_claimed = 61441, .rc = -ENOMEM},
    {.name = "of which some is ours",
     .need = 4096, .vcpus = 1, .free = ALL_FREE, .host_claimed = 61441, .host_own = 1,
     .origin = PLAN_FROM_PICKED, .preferred = "0", .fallback = RING_0_FIRST,
     .mib = {4096, 0, 0, 0}, .cpus = 0x1},
    {.name = "the reserve stays",
     .policy = "reserve-mib=1024", .need = 16384, .vcpus = 1, .free = ALL_FREE,
     .origin = PLAN_FROM_PICKED, .preferred = "0-1", .fallback = "3,2",
     .mib = {15360, 1024, 0, 0}, .cpus = 0x1},
    {.name = "also when there is nothing else",
     .policy = "reserve-mib=1024", .need = 61441, .vcpus = 1, .free = ALL_FREE, .rc = -ENOMEM},
    {.name = "option before setting, in that order, overflow by distance",
     .policy = "nodes=0", .option = "2", .need = 20480, .vcpus = 16, .free = ALL_FREE,
     .affinity = 0x1, .own = {64},
     .origin = PLAN_FROM_COMMAND_LINE, .preferred = "2", .fallback = "0-1,3",
     .mib = {4096, 0, 16384, 0}, .cpus = 0xf},
    {.name = "setting before claim",
     .policy = "nodes=3,1", .need = 20480, .vcpus = 1, .free = ALL_FREE, .own = {64},
     .origin = PLAN_FROM_SETTING, .preferred = "3,1", .fallback = "0,2",
     .mib = {0, 4096, 0, 16384}, .cpus = 0x8},
    {.name = "claim before affinity",
     .need = 4096, .vcpus = 1, .free = ALL_FREE, .claimed = {0, 4096, 0, 0}, .own = {0, 4096},
     .affinity = 0x1,
     .origin = PLAN_FROM_CLAIM, .preferred = "1", .fallback = "0,2-3",
     .mib = {0, 4096, 0, 0}, .cpus = 0x2},
    {.name = "claim on two nodes: its shares",
     .need = 10240, .vcpus = 1, .free = ALL_FREE, .own = {2048, 0, 6144, 0},
     .origin = PLAN_FROM_CLAIM, .preferred = "2,0", .fallback = "1,3",
     .mib = {2048, 0, 8192, 0}, .cpus = 0x4},
    {.name = "own claim is ours though all the node is claimed",
     .need = 4096, .vcpus = 1, .free = {16384, 4096, 0, 0}, .claimed = {16384, 4096, 0, 0},
     .own = {0, 4096, 0, 0},
     .origin = PLAN_FROM_CLAIM, .preferred = "1", .fallback = "0,2-3",
     .mib = {0, 4096, 0, 0}, .cpus = 0x2},
    {.name = "affinity: its best nodes first",
     .need = 4096, .vcpus = 1, .free = {1024, 8192, 16384, 16384}, .affinity = 0x3,
     .origin = PLAN_FROM_AFFINITY, .preferred = "1,0", .fallback = "2-3",
     .mib = {0, 4096, 0, 0}, .cpus = 0x2},
    {.name = "affinity with all nodes says nothing",
     .need = 4096, .vcpus = 1, .free = ALL_FREE, .affinity = ~0ULL,
     .origin = PLAN_FROM_PICKED, .preferred = "0", .fallback = RING_0_FIRST,
     .mib = {4096, 0, 0, 0}, .cpus = 0x1},
    {.name = "affinity with nodes that do not exist says nothing",
     .need = 4096, .vcpus = 1, .free = ALL_FREE, .affinity = 0xf0,
     .origin = PLAN_FROM_PICKED, .preferred = "0", .fallback = RING_0_FIRST,
     .mib = {4096, 0, 0, 0}, .cpus = 0x1},
    {.name = "fallback none",
     .policy = "nodes=0\nfallback=none", .need = 16384, .vcpus = 1, .free = ALL_FREE,
     .origin = PLAN_FROM_SETTING, .preferred = "0", .fallback = "none",
     .mib = {16384, 0, 0, 0}, .cpus = 0x1},
    {.name = "fallback none, too large",
     .policy = "nodes=0\nfallback=none", .need = 16385, .vcpus = 1, .free = ALL_FREE,
     .rc = -ENOMEM},
    {.name = "fallback nodes, the nearest of them first",
     .policy = "nodes=0\nfallback=2-3", .need = 36864, .vcpus = 1, .free = ALL_FREE,
     .origin = PLAN_FROM_SETTING, .preferred = "0", .fallback = "3,2",
     .mib = {16384, 0, 4096, 16384}, .cpus = 0x8},
    {.name = "fallback nodes, too large",
     .policy = "nodes=0\nfallback=3", .need = 32769, .vcpus = 1, .free = ALL_FREE,
     .rc = -ENOMEM},
    {.name = "strict", .policy = "policy=strict\nnodes=1", .need = 16384, .vcpus = 9,
     .free = ALL_FREE,
     .origin = PLAN_FROM_SETTING, .preferred = "1", .fallback = "none",
     .mib = {0, 16384, 0, 0}, .cpus = 0x7},
    {.name = "strict, too large", .policy = "policy=strict\nnodes=1", .need = 16385, .vcpus = 1,
     .free = ALL_FREE, .rc = -ENOMEM},
    {.name = "strict, picked", .policy = "policy=strict", .need = 20480, .vcpus = 1,
     .free = ALL_FREE,
     .origin = PLAN_FROM_PICKED, .preferred = "0-1", .fallback = "none",
     .mib = {16384, 4096, 0, 0}, .cpus = 0x1},
    {.name = "strict, affinity too small", .policy = "policy=strict", .need = 20480, .vcpus = 1,
     .free = ALL_FREE, .affinity = 0x4, .rc = -ENOMEM},
    {.name = "no such node: a warning", .policy = "nodes=1,7", .need = 1, .vcpus = 1,
     .free = ALL_FREE,
     .origin = PLAN_FROM_SETTING, .preferred = "1", .fallback = "0,2-3", .mib = {0, 1, 0, 0},
     .cpus = 0x2, .warning = "numa-nodes=1,7 from /etc/xenguest.conf: this host has no node 7, "
                             "only 0-3; the guest is placed without"},
    {.name = "none of them: as if none was named", .policy = "nodes=7,9", .need = 1, .vcpus = 1,
     .free = ALL_FREE,
     .origin = PLAN_FROM_PICKED, .preferred = "0", .fallback = RING_0_FIRST, .mib = {1, 0, 0, 0},
     .cpus = 0x1, .warning = "numa-nodes=7,9 from /etc/xenguest.conf: this host has no node 7,9, "
                             "only 0-3; the guest is placed without"},
    {.name = "no such node, strict", .policy = "policy=strict\nnodes=1,7", .need = 1,
     .free = ALL_FREE, .rc = -EINVAL},
    {.name = "no such node, no fallback", .policy = "fallback=none\nnodes=7", .need = 1,
     .free = ALL_FREE, .rc = -EINVAL},
    {.name = "no such fallback node: a warning", .policy = "nodes=1\nfallback=9", .need = 1,
     .vcpus = 1, .free = ALL_FREE,
     .origin = PLAN_FROM_SETTING, .preferred = "1", .fallback = "none", .mib = {0, 1, 0, 0},
     .cpus = 0x2, .warning = "numa-fallback=9 from /etc/xenguest.conf: this host has no node 9, "
                             "only 0-3; the guest is placed without"},
    {.name = "interleave", .policy = "policy=interleave", .need = 4096, .vcpus = 1,
     .free = ALL_FREE,
     .origin = PLAN_FROM_INTERLEAVE, .preferred = "0-3", .fallback = "none",
     .mib = {1024, 1024, 1024, 1024}, .cpus = 0xf},
    {.name = "interleave over nodes", .policy = "policy=interleave\nnodes=3,1", .need = 4096,
     .vcpus = 1, .free = ALL_FREE,
     .origin = PLAN_FROM_SETTING, .preferred = "3,1", .fallback = "0,2",
     .mib = {0, 2048, 0, 2048}, .cpus = 0xa},
    {.name = "interleave, one is small", .policy = "policy=interleave\nnodes=0-1", .need = 4096,
     .vcpus = 1, .free = {512, 16384, 16384, 16384},
     .origin = PLAN_FROM_SETTING, .preferred = "0-1", .fallback = "2-3",
     .mib = {512, 3584, 0, 0}, .cpus = 0x2},
    {.name = "interleave, then neighbours", .policy = "policy=interleave\nnodes=0-1",
     .need = 4096, .vcpus = 1, .free = {512, 512, 16384, 16384},
     .origin = PLAN_FROM_SETTING, .preferred = "0-1", .fallback = "2-3",
     .mib = {512, 512, 3072, 0}, .cpus = 0x4},
    {.name = "interleave over a claim is even", .policy = "policy=interleave", .need = 4096,
     .vcpus = 1, .free = ALL_FREE, .own = {1024, 3072, 0, 0},
     .origin = PLAN_FROM_CLAIM, .preferred = "1,0", .fallback = "2-3",
     .mib = {2048, 2048, 0, 0}, .cpus = 0x3},
    {.name = "any", .policy = "policy=any\nnodes=1", .need = 4096, .vcpus = 1, .free = ALL_FREE,
     .origin = PLAN_FROM_ANY, .preferred = "none", .fallback = "none", .nodeless = 4096},
    {.name = "any without fallback is no contradiction", .policy = "policy=any\nfallback=none",
     .need = 4096, .vcpus = 1, .free = ALL_FREE,
     .origin = PLAN_FROM_ANY, .preferred = "none", .fallback = "none", .nodeless = 4096},
    {.name = "any, too large", .policy = "policy=any", .need = 65537, .vcpus = 1,
     .free = ALL_FREE, .rc = -ENOMEM},
    {.name = "nothing to plan", .need = 0, .vcpus = 1, .free = ALL_FREE,
     .origin = PLAN_FROM_PICKED, .preferred = "none", .fallback = "0-1,3,2", .cpus = 0x1},
};
// clang-format on

static struct host ring_host(const unsigned free[4], const unsigned claimed[4]) {
    struct host host = {.nr_nodes = 4};

    for (unsigned i = 0; i < 4; i++) {
        host.node[i] = (struct host_node){.online = true,
                                          .size_pages = 16384 * MIB,
                                          .free_pages = free[i] * MIB,
                                          .claimed_pages = claimed[i] * MIB,
                                          .nr_cpus = 8,
                                          .nr_cores = 4};
        for (unsigned j = 0; j < 4; j++)
            host.distance[i][j] = i == j ? 10 : (i + j) % 2 ? 20 : 30;
    }
    return host;
}

static struct policy policy_make(const char *file, const char *option) {
    struct policy policy = policy_defaults();
    struct error err = {0};

    if (file)
        ck_assert_int_eq(policy_set_all(&policy, file, &err), 0);
    if (option)
        ck_assert_int_eq(policy_set(&policy, "numa-nodes", option, POLICY_FROM_COMMAND_LINE, &err),
                         0);
    return policy;
}

static void check_case(const struct plan_case *c, const struct plan *plan) {
    ck_assert_msg(plan->origin == c->origin, "%s: %s", c->name, plan_origin_text(plan->origin));
    ck_assert_msg(!strcmp(nodelist_text(&plan->preferred).s, c->preferred), "%s: preferred %s",
                  c->name, nodelist_text(&plan->preferred).s);
    ck_assert_msg(!strcmp(nodelist_text(&plan->fallback).s, c->fallback), "%s: fallback %s",
                  c->name, nodelist_text(&plan->fallback).s);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_msg(plan->node_pages[i] == c->mib[i] * MIB, "%s: node %u: %llu MiB", c->name, i,
                      (unsigned long long)plan->node_pages[i] / MIB);
    ck_assert_msg(plan->nodeless_pages == c->nodeless * MIB, "%s", c->name);
    ck_assert_msg(plan->cpus.nodes == c->cpus, "%s: %#lx", c->name, plan->cpus.nodes);
    ck_assert_msg(plan->chosen_cpus == c->cpus, "%s: %#lx", c->name, plan->chosen_cpus);
    ck_assert_uint_eq(plan->warnings.nr, c->warning ? 1 : 0);
    if (c->warning)
        ck_assert_str_eq(plan->warnings.text[0], c->warning);
}

START_TEST(test_case) {
    const struct plan_case *c = &cases[_i];
    struct host host = ring_host(c->free, c->claimed);
    struct policy policy = policy_make(c->policy, c->option);
    struct range range = {0, c->need * MIB};
    struct plan_request request = {.host = &host,
                                   .policy = &policy,
                                   .ranges = &range,
                                   .nr_ranges = 1,
                                   .nr_vcpus = c->vcpus,
                                   .affinity = c->affinity,
                                   .own_host_claim_pages = c->host_own * MIB};
    struct plan plan = {.neighbour_pages = 77};
    struct error err = {0};
    int rc;

    host.claimed_pages = c->host_claimed * MIB;
    for (unsigned i = 0; i < 4; i++)
        request.own_claim_pages[i] = c->own[i] * MIB;
    rc = plan_make(&request, &plan, &err);
    ck_assert_msg(rc == c->rc && err.code == -c->rc, "%s: %d %s", c->name, rc, err.text);
    if (rc)
        ck_assert_uint_eq(plan.neighbour_pages, 77); // untouched
    else
        check_case(c, &plan);
    if (!rc)
        plan_done(&plan);
    error_done(&err);
}
END_TEST

// --- odd hosts ---

// Plans `need` MiB; the caller looks at the plan.
static int plan_on(const struct host *host, const char *file, unsigned need, struct plan *plan,
                   struct error *err) {
    struct policy policy = policy_make(file, NULL);
    struct range range = {0, need * MIB};
    struct plan_request request = {
        .host = host, .policy = &policy, .ranges = &range, .nr_ranges = 1, .nr_vcpus = 1};

    return plan_make(&request, plan, err);
}

static const unsigned all_free[4] = ALL_FREE;
static const unsigned none_claimed[4];

// The rest of a plan stays with its nodes, also where another node would suit it better.
START_TEST(test_rest_of_an_earlier_plan) {
    const struct host host = ring_host((const unsigned[4]){1000, 0, 1000, 4000}, none_claimed);
    const struct policy policy = policy_make(NULL, NULL);
    const struct range range = {0, 1500 * MIB};
    struct plan earlier = {.origin = PLAN_FROM_PICKED,
                           .cpus = {.nodes = 0x2, .share[1] = 1, .sum = 1}};
    struct plan_request request = {.host = &host,
                                   .policy = &policy,
                                   .ranges = &range,
                                   .nr_ranges = 1,
                                   .nr_vcpus = 1,
                                   .earlier = &earlier};
    struct plan plan;
    struct error err = {0};

    nodelist_add(&earlier.preferred, 1);
    ck_assert_int_eq(plan_make(&request, &plan, &err), 0);
    ck_assert_int_eq(plan.origin, PLAN_FROM_PICKED);
    ck_assert_str_eq(nodelist_text(&plan.preferred).s, "1");
    ck_assert_uint_eq(plan.node_pages[0] + plan.node_pages[2], 1500 * MIB);
    plan_done(&plan);
    request.earlier = NULL;
    ck_assert_int_eq(plan_make(&request, &plan, &err), 0);
    ck_assert_uint_eq(plan.node_pages[3], 1500 * MIB);
    plan_done(&plan);
}
END_TEST

static void link_cut(struct host *host, unsigned a, unsigned b) {
    host->distance[a][b] = host->distance[b][a] = HOST_DISTANCE_UNKNOWN;
}

START_TEST(test_flat) {
    struct host host = ring_host(all_free, none_claimed);
    struct plan plan;
    struct error err = {0};

    host.distance[2][2] = 20;
    host_normalise(&host);
    ck_assert_int_eq(plan_on(&host, NULL, 4096, &plan, &err), 0);
    ck_assert_int_eq(plan.origin, PLAN_FROM_FLAT);
    ck_assert_uint_eq(plan.nodeless_pages, 4096 * MIB);
    ck_assert_uint_eq(plan.pieces.nr, 1);
    ck_assert_int_eq(plan.pieces.list[0].node, ASSIGN_NO_NODE);
    plan_done(&plan);
    ck_assert_int_eq(plan_on(&host, "nodes=2", 4096, &plan, &err), 0);
    ck_assert_uint_eq(plan.node_pages[2], 4096 * MIB);
    plan_done(&plan);
}
END_TEST

START_TEST(test_memoryless) {
    struct host host = ring_host(all_free, none_claimed);
    struct plan plan;
    struct error err = {0};

    host.node[1].size_pages = host.node[1].free_pages = 0;
    ck_assert_int_eq(plan_on(&host, NULL, 49152, &plan, &err), 0);
    ck_assert(!nodeset_has(nodelist_set(&plan.preferred), 1));
    plan_done(&plan);
    // Preferred all the same; the vCPUs are where the memory then is.
    ck_assert_int_eq(plan_on(&host, "nodes=1", 20480, &plan, &err), 0);
    ck_assert_str_eq(nodelist_text(&plan.preferred).s, "1");
    ck_assert_str_eq(nodelist_text(&plan.fallback).s, "0,3,2");
    ck_assert_uint_eq(plan.chosen_cpus, 0x1);
    ck_assert_uint_eq(plan.node_pages[0], 16384 * MIB);
    ck_assert_uint_eq(plan.node_pages[3], 4096 * MIB);
    ck_assert_uint_eq(plan.neighbour_pages, 20480 * MIB);
    plan_done(&plan);
    ck_assert_int_eq(plan_on(&host, "nodes=1\npolicy=strict", 1, &plan, &err), -EINVAL);
    error_done(&err);
}
END_TEST

START_TEST(test_cpuless) {
    struct host host = ring_host(all_free, none_claimed);
    struct policy policy = policy_defaults();
    struct range range = {0, 1024 * MIB};
    struct plan_request request = {
        .host = &host, .policy = &policy, .ranges = &range, .nr_ranges = 1, .nr_vcpus = 1};
    struct plan plan;
    struct error err = {0};

    host.node[0].nr_cpus = host.node[0].nr_cores = 0;
    request.affinity = 0xe; // all that have CPUs: what Xen computes for a guest nobody has placed
    ck_assert_int_eq(plan_make(&request, &plan, &err), 0);
    ck_assert_int_eq(plan.origin, PLAN_FROM_PICKED);
    ck_assert_str_eq(nodelist_text(&plan.preferred).s, "1");
    plan_done(&plan);
    request.nr_vcpus = 0;
    ck_assert_int_eq(plan_on(&host, "nodes=0", 1024, &plan, &err), 0);
    ck_assert_uint_eq(plan.node_pages[0], 1024 * MIB);
    ck_assert_uint_eq(plan.cpus.nodes, 0x2);
    plan_done(&plan);
}
END_TEST

START_TEST(test_isolated) {
    struct host host = ring_host(all_free, none_claimed);
    struct plan plan;
    struct error err = {0};

    for (unsigned i = 0; i < 3; i++)
        link_cut(&host, i, 3);
    ck_assert_int_eq(plan_on(&host, NULL, 49152, &plan, &err), 0);
    ck_assert_uint_eq(plan.node_pages[3], 0);
    plan_done(&plan);
    // What only node 3 still has may come from anywhere, but is not planned.
    ck_assert_int_eq(plan_on(&host, NULL, 49153, &plan, &err), 0);
    ck_assert_int_eq(plan.origin, PLAN_FROM_UNCONNECTED);
    ck_assert_uint_eq(plan.nodeless_pages, 49153 * MIB);
    plan_done(&plan);
    ck_assert_int_eq(plan_on(&host, "nodes=0", 49153, &plan, &err), 0);
    ck_assert_uint_eq(plan.nodeless_pages, 1 * MIB);
    ck_assert_uint_eq(plan.node_pages[3], 0);
    plan_done(&plan);
    ck_assert_int_eq(plan_on(&host, "policy=strict", 49153, &plan, &err), -ENOMEM);
    ck_assert_int_eq(plan_on(&host, "policy=strict\nnodes=3", 1, &plan, &err), -EINVAL);
    error_done(&err);
}
END_TEST

START_TEST(test_islands) {
    struct host host = ring_host(all_free, none_claimed);
    struct plan plan;
    struct error err = {0};

    for (unsigned i = 0; i < 2; i++)
        for (unsigned j = 2; j < 4; j++)
            link_cut(&host, i, j);
    ck_assert_int_eq(plan_on(&host, "nodes=2", 20480, &plan, &err), 0);
    ck_assert_str_eq(nodelist_text(&plan.fallback).s, "3");
    plan_done(&plan);
    ck_assert_int_eq(plan_on(&host, NULL, 32768, &plan, &err), 0);
    ck_assert_str_eq(nodelist_text(&plan.preferred).s, "0-1");
    plan_done(&plan);
}
END_TEST

struct error_case {
    const char *policy;
    unsigned need;
    const char *text;
};

static const struct error_case error_cases[] = {
    {"", 65537,
     "not enough memory: 65537 MiB needed, 65536 MiB free after claims "
     "(node 0: 16384, node 1: 16384, node 2: 16384, node 3: 16384)"},
    {"policy=strict\nnodes=1,2\nreserve-mib=84", 32700,
     "numa-policy=strict from /etc/xenguest.conf: not enough memory: 32700 MiB needed, 32600 MiB "
     "free after claims and a reserve of 84 MiB on every node (node 1: 16300, node 2: 16300)"},
    {"nodes=0,7-9\nfallback=none", 1,
     "numa-nodes=0,7-9 from /etc/xenguest.conf: this host has no node 7-9, only 0-3"},
    {"policy=strict\nfallback=1", 1,
     "numa-fallback=1 from /etc/xenguest.conf contradicts numa-policy=strict from "
     "/etc/xenguest.conf, which allows no fallback"},
};

START_TEST(test_error_text) {
    const struct error_case *c = &error_cases[_i];
    struct host host = ring_host(all_free, none_claimed);
    struct plan plan;
    struct error err = {0};

    ck_assert_int_ne(plan_on(&host, c->policy, c->need, &plan, &err), 0);
    ck_assert_str_eq(err.text, c->text);
    error_done(&err);
}
END_TEST

START_TEST(test_bad_ranges) {
    struct host host = ring_host(all_free, none_claimed);
    struct policy policy = policy_defaults();
    struct range ranges[] = {{0, 100}, {99, 100}};
    struct plan_request request = {
        .host = &host, .policy = &policy, .ranges = ranges, .nr_ranges = 2, .nr_vcpus = 1};
    struct plan plan;
    struct error err = {0};

    ck_assert_int_eq(plan_make(&request, &plan, &err), -EINVAL);
    ranges[1] = (struct range){UINT64_MAX, 2};
    ck_assert_int_eq(plan_make(&request, &plan, &err), -EINVAL);
    error_done(&err);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("planner");

    tcase_add_loop_test(tcase, test_case, 0, ARRAY_SIZE(cases));
    tcase_add_loop_test(tcase, test_error_text, 0, ARRAY_SIZE(error_cases));
    tcase_add_test(tcase, test_rest_of_an_earlier_plan);
    tcase_add_test(tcase, test_flat);
    tcase_add_test(tcase, test_memoryless);
    tcase_add_test(tcase, test_cpuless);
    tcase_add_test(tcase, test_isolated);
    tcase_add_test(tcase, test_islands);
    tcase_add_test(tcase, test_bad_ranges);
    tcase_set_timeout(tcase, 60);
    return unit_run("planner", tcase);
}
