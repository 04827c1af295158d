// Plans for guests that see their nodes: worked examples of numa-virtual, and random hosts against
// what must hold for every such plan. Expectations come from virtual-choice.h and virtual-plan.h.

#include "lib/numa/planner.h"
#include "tests/unit/numa-hosts.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MIB HOST_PAGES_PER_MIB
#define LOW (3840 * MIB)
#define GIB4 (4096 * MIB)

// Four nodes in a ring of 16 GiB and 4 cores each, neighbours at 20, opposite ones at 30.
static struct host ring_host(const unsigned free[4]) {
    struct host host = {.nr_nodes = 4};

    for (unsigned i = 0; i < 4; i++) {
        host.node[i] = (struct host_node){.online = true,
                                          .size_pages = 16384 * MIB,
                                          .free_pages = free[i] * MIB,
                                          .nr_cpus = 8,
                                          .nr_cores = 4};
        for (unsigned j = 0; j < 4; j++)
            host.distance[i][j] = i == j ? 10 : (i + j) % 2 ? 20 : 30;
    }
    return host;
}

struct virtual_case {
    const char *name;
    const char *policy; // content of the configuration file
    // expected: an error, or of a note or warning; and what is planned
    const char *error;
    const char *vnodes;
    const char *preferred;
    nodeset vcpu_nodes[8]; // [0] 0: none known
    unsigned need;         // MiB
    unsigned vcpus, cores;
    unsigned remote; // expected
    unsigned free[4];
    unsigned mib[4]; // expected
};

#define ALL_FREE                                                                                   \
    { 16384, 16384, 16384, 16384 }

// clang-format off
static const struct virtual_case cases[] = {
    {.name = "off", .policy = "", .need = 4096, .vcpus = 8, .free = ALL_FREE,
     .vnodes = "none", .mib = {2048, 2048}, .preferred = "0-1"},
    {.name = "two, of a guest that needs two nodes",
     .policy = "virtual=2", .need = 4096, .vcpus = 8, .free = ALL_FREE,
     .vnodes = "4:2048@0;4:2048@1", .mib = {2048, 2048}, .preferred = "0-1"},
    {.name = "two, of one that would fit a node: the next is its neighbour",
     .policy = "virtual=2", .need = 4096, .vcpus = 2, .free = {100, 16384, 3000, 2000},
     .vnodes = "1:2048@1;1:2048@2", .mib = {0, 2048, 2048}, .preferred = "1-2"},
    {.name = "a neighbour without room comes after one with it",
     .policy = "virtual=2", .need = 4096, .vcpus = 2, .free = {100, 16384, 200, 9000},
     .vnodes = "1:2048@1;1:2048@3", .mib = {0, 2048, 0, 2048}, .preferred = "1,3"},
    {.name = "if none has room: in the plan's order, and what it lacks from next to it",
     .policy = "virtual=2", .need = 4096, .vcpus = 2, .free = {100, 16384, 200, 300},
     .vnodes = "1:2048@1;1:2048@2", .mib = {0, 3896, 200, 0}, .remote = 1848,
     .preferred = "1-2"},
    {.name = "four", .policy = "virtual=4", .need = 8192, .vcpus = 8, .free = ALL_FREE,
     .vnodes = "2:2048@0;2:2048@1;2:2048@2;2:2048@3", .mib = {2048, 2048, 2048, 2048},
     .preferred = "0-3"},
    {.name = "one", .policy = "virtual=1", .need = 4096, .vcpus = 8, .free = ALL_FREE,
     .vnodes = "8:4096@0", .mib = {4096}, .preferred = "0-1"},
    {.name = "no vnode takes what another one needs",
     .policy = "virtual=2\nnodes=0,1", .need = 16384, .vcpus = 2, .free = {4096, 8448, 0, 16384},
     .vnodes = "1:7936@0;1:8448@1", .mib = {4096, 8448, 0, 3840}, .remote = 3840,
     .preferred = "0-1"},
    {.name = "nodes named, in their order",
     .policy = "virtual=2\nnodes=3,1\npolicy=strict", .need = 4096, .vcpus = 2, .free = ALL_FREE,
     .vnodes = "1:2048@3;1:2048@1", .mib = {0, 2048, 0, 2048}, .preferred = "3,1"},
    {.name = "more than the nodes that may be used",
     .policy = "virtual=2\nnodes=3\npolicy=strict", .need = 4096, .vcpus = 2, .free = ALL_FREE,
     .error = "numa-virtual=2 from /etc/xenguest.conf: the guest may use no more than 1 NUMA "
              "nodes: 3"},
    {.name = "more than the host has",
     .policy = "virtual=5", .need = 4096, .vcpus = 8, .free = ALL_FREE,
     .error = "numa-virtual=5 from /etc/xenguest.conf: the guest may use no more than 4 NUMA "
              "nodes: 0-3"},
    {.name = "more than numa-max-nodes",
     .policy = "virtual=2\nmax-nodes=1", .need = 4096, .vcpus = 2, .free = ALL_FREE,
     .error = "numa-virtual=2 from /etc/xenguest.conf: 2 nodes are more than numa-max-nodes=1"},
    {.name = "more than the vCPUs",
     .policy = "virtual=2", .need = 4096, .vcpus = 1, .free = ALL_FREE,
     .error = "numa-virtual=2 from /etc/xenguest.conf: 2 vnodes are more than the guest's 1 vCPUs"},

    {.name = "auto: fits a node",
     .policy = "virtual=auto", .need = 4096, .vcpus = 4, .free = ALL_FREE,
     .vnodes = "none", .mib = {4096}, .preferred = "0"},
    {.name = "auto: wide because of its vCPUs",
     .policy = "virtual=auto", .need = 4096, .vcpus = 8, .free = ALL_FREE,
     .vnodes = "4:2048@0;4:2048@1", .mib = {2048, 2048}, .preferred = "0-1"},
    {.name = "auto: wide because of its memory: vCPUs as the memory is",
     .policy = "virtual=auto", .need = 20480, .vcpus = 4, .free = {15360, 14000, 5120, 5000},
     .vnodes = "3:15360@0;1:5120@1", .mib = {15360, 5120}, .preferred = "0-1"},
    {.name = "auto: whole sockets",
     .policy = "virtual=auto", .need = 20480, .vcpus = 4, .cores = 2, .free = ALL_FREE,
     .vnodes = "2:9984@0;2:10496@1", .mib = {9984, 10496}, .preferred = "0-1"},
    {.name = "auto: less than a tenth is no vnode, and not remote for that reason",
     .policy = "virtual=auto", .need = 17408, .vcpus = 4, .free = ALL_FREE,
     .vnodes = "none", .mib = {16384, 1024}, .preferred = "0-1"},
    {.name = "auto: too few vCPUs",
     .policy = "virtual=auto", .need = 20480, .vcpus = 1, .free = ALL_FREE,
     .vnodes = "none", .mib = {16384, 4096}, .preferred = "0-1",
     .error = "the guest sees none of its nodes, as it has too few vCPUs or too little memory for "
              "numa-virtual=auto"},
    {.name = "auto: interleaved", .policy = "virtual=auto\npolicy=interleave\nnodes=0,1",
     .need = 4096, .vcpus = 2, .free = ALL_FREE,
     .vnodes = "none", .mib = {2048, 2048}, .preferred = "0-1"},

    {.name = "vCPUs decide which vnode is where",
     .policy = "virtual=2", .need = 4096, .vcpus = 4, .free = ALL_FREE,
     .vcpu_nodes = {0x4, 0x4, 0x1, 0x1},
     .vnodes = "2:2048@2;2:2048@0", .mib = {2048, 0, 2048}, .preferred = "2,0"},

    {.name = "vCPUs that will run elsewhere",
     .policy = "virtual=2", .need = 4096, .vcpus = 4, .free = ALL_FREE,
     .vcpu_nodes = {0x4, 0x4, 0x4, 0x5},
     .vnodes = "2:2048@2;2:2048@0", .mib = {2048, 0, 2048}, .preferred = "2,0",
     .error = "numa-virtual: the affinity of 1 vCPUs keeps them from the node of their vnode"},

    {.name = "a list", .policy = "virtual=1:1024@3;3:3072@0", .need = 4096, .vcpus = 4,
     .free = ALL_FREE,
     .vnodes = "1:1024@3;3:3072@0", .mib = {3072, 0, 0, 1024}, .preferred = "3,0"},
    {.name = "a list with two vnodes on one node",
     .policy = "virtual=1:1024@3;3:3072@3", .need = 4096, .vcpus = 4, .free = ALL_FREE,
     .vnodes = "1:1024@3;3:3072@3", .mib = {0, 0, 0, 4096}, .preferred = "3,0"},
    {.name = "a list without nodes",
     .policy = "virtual=1:1024;3:3072", .need = 4096, .vcpus = 4, .free = ALL_FREE,
     .vnodes = "1:1024@0;3:3072@1", .mib = {1024, 3072}, .preferred = "0-1"},
    {.name = "a list with a node that is not there",
     .policy = "virtual=1:1024@0;3:3072@9", .need = 4096, .vcpus = 4, .free = ALL_FREE,
     .vnodes = "1:1024@0;3:3072@1", .mib = {1024, 3072}, .preferred = "0-1",
     .error = "numa-virtual: this host has no memory on node 9; vnode 1 is on node 1 instead"},
    {.name = "a list for more nodes than there are",
     .policy = "virtual=1:1024@0;1:1024@1;1:1024@2;1:1024@3;1:1024@4", .need = 5120, .vcpus = 5,
     .free = ALL_FREE,
     .vnodes = "1:1024@0;1:1024@1;1:1024@2;1:1024@3;1:1024@0", .mib = {2048, 1024, 1024, 1024},
     .preferred = "0-3",
     .error = "numa-virtual: this host has no memory on node 4; vnode 4 is on node 0 instead"},
    {.name = "which strict forbids",
     .policy = "virtual=1:1024@0;3:3072@9\npolicy=strict", .need = 4096, .vcpus = 4,
     .free = ALL_FREE,
     .error = "numa-virtual=1:1024@0;3:3072@9 from /etc/xenguest.conf: this host has no memory on "
              "node 9, only on 0-3"},
    {.name = "a node that is not among those named",
     .policy = "virtual=1:1024@0;3:3072@1\npolicy=strict\nnodes=0", .need = 4096, .vcpus = 4,
     .free = ALL_FREE,
     .error = "numa-virtual=1:1024@0;3:3072@1 from /etc/xenguest.conf: other numa- settings forbid "
              "memory from node 1"},
    {.name = "a list for another guest",
     .policy = "virtual=1:1024@0;3:3072@1", .need = 5120, .vcpus = 4, .free = ALL_FREE,
     .error = "numa-virtual=1:1024@0;3:3072@1 from /etc/xenguest.conf: its vnodes have 4096 MiB, "
              "but the guest has 5120 MiB"},
};
// clang-format on

static unsigned ranges_make(uint64_t pages, struct range ret[2]) {
    ret[0] = (struct range){0, pages < LOW ? pages : LOW};
    ret[1] = (struct range){GIB4, pages < LOW ? 0 : pages - LOW};
    return 2;
}

static void check_plan(const struct virtual_case *c, const struct plan *plan) {
    ck_assert_msg(!strcmp(vnodes_text(&plan->vnodes).s, c->vnodes), "%s: %s", c->name,
                  vnodes_text(&plan->vnodes).s);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_msg(plan->node_pages[i] == c->mib[i] * MIB, "%s: node %u: %llu MiB", c->name, i,
                      (unsigned long long)(plan->node_pages[i] / MIB));
    ck_assert_msg(plan->remote_pages == c->remote * MIB, "%s: %llu MiB remote", c->name,
                  (unsigned long long)(plan->remote_pages / MIB));
    ck_assert_msg(!strcmp(nodelist_text(&plan->preferred).s, c->preferred), "%s: preferred %s",
                  c->name, nodelist_text(&plan->preferred).s);
    if (plan->vnodes.nr)
        ck_assert_msg(plan->cpus.nodes == vnodes_nodes(&plan->vnodes), "%s: CPU nodes %#lx",
                      c->name, plan->cpus.nodes);
    if (plan->note || plan->warnings.nr)
        ck_assert_str_eq(plan->note ? plan->note : plan->warnings.text[0], c->error);
    else
        ck_assert_ptr_null(c->error);
}

START_TEST(test_case) {
    const struct virtual_case *c = &cases[_i];
    struct host host = ring_host(c->free);
    struct policy policy = policy_defaults();
    struct virtual_guest guest = {
        .nr_vcpus = c->vcpus,
        .cores_per_socket = c->cores,
        .low_pages = c->need * MIB < LOW ? c->need * MIB : LOW,
        .nr_pages = c->need * MIB,
        .vcpu_nodes = c->vcpu_nodes[0] ? c->vcpu_nodes : NULL,
    };
    struct range ranges[2];
    struct plan_request request = {.host = &host,
                                   .policy = &policy,
                                   .ranges = ranges,
                                   .nr_ranges = ranges_make(c->need * MIB, ranges),
                                   .nr_vcpus = c->vcpus,
                                   .guest = &guest};
    struct plan plan;
    struct error err = {0};

    // The nodes that the vCPUs belong on are named, as nobody here plans for them.
    if (guest.vcpu_nodes)
        ck_assert_int_eq(policy_set(&policy, "numa-nodes", "0,2", POLICY_FROM_PLATFORM, &err), 0);
    ck_assert_int_eq(policy_set_all(&policy, c->policy, &err), 0);
    if (plan_make(&request, &plan, &err)) {
        ck_assert_str_eq(err.text, c->error);
        error_done(&err);
        return;
    }
    check_plan(c, &plan);
    plan_done(&plan);
}
END_TEST

// What is left of a plan belongs to its vnodes: the rest of each comes from nodes near it.
START_TEST(test_rest) {
    struct host host = ring_host((const unsigned[4]){1000, 1000, 1000, 1000});
    struct policy policy = policy_defaults();
    struct virtual_guest guest = {.nr_vcpus = 2, .low_pages = LOW, .nr_pages = 8192 * MIB};
    struct plan earlier = {
        .origin = PLAN_FROM_PICKED,
        .cpus = {.nodes = 0x5, .share = {1, 0, 1}, .sum = 2},
        .vnodes = {.nr = 2, .low_pages = LOW, .vnode = {{2, 1, 4096 * MIB}, {0, 1, 4096 * MIB}}}};
    const struct range ranges[] = {{512 * MIB, 1100 * MIB}, {5000 * MIB, 900 * MIB}};
    struct plan_request request = {.host = &host,
                                   .policy = &policy,
                                   .ranges = ranges,
                                   .nr_ranges = 2,
                                   .nr_vcpus = 2,
                                   .guest = &guest,
                                   .earlier = &earlier};
    struct plan plan;
    struct error err = {0};

    policy.virtual_nodes = POLICY_VIRTUAL_AUTO;
    ck_assert_int_eq(plan_make(&request, &plan, &err), 0);
    ck_assert(vnodes_equal(&plan.vnodes, &earlier.vnodes));
    ck_assert_uint_eq(plan.node_pages[2], 1000 * MIB);
    ck_assert_uint_eq(plan.node_pages[0], 900 * MIB);
    ck_assert_uint_eq(plan.node_pages[1] + plan.node_pages[3], 100 * MIB);
    ck_assert_uint_eq(plan.remote_pages, 100 * MIB);
    plan_done(&plan);
}
END_TEST

// --- at random ---

#define MAX_PAGES 60000U
#define MAX_GFN (2 * 8 * MAX_PAGES)

struct random_plan {
    struct host host;
    struct policy policy;
    struct virtual_guest guest;
    struct range ranges[3];
    struct plan_request request;
};

static void random_request(struct prng *prng, struct random_plan *r) {
    unsigned nr = 2 + prng_below(prng, 7);
    unsigned cores = 1 + prng_below(prng, 3);

    *r = (struct random_plan){.policy = policy_defaults()};
    r->host = hosts_make(prng, (enum host_shape)prng_below(prng, SHAPE_NR), nr, MAX_PAGES);
    r->policy.kind = (enum policy_kind)prng_below(prng, 3);
    r->policy.virtual_nodes = POLICY_VIRTUAL_NUMBER;
    r->policy.nr_vnodes = 1 + prng_below(prng, nr);
    if (!prng_below(prng, 4))
        r->policy.virtual_nodes = POLICY_VIRTUAL_AUTO;
    for (unsigned i = 0; i < nr && !prng_below(prng, 2); i++)
        nodelist_add(&r->policy.nodes, i);
    r->guest = (struct virtual_guest){.nr_vcpus = cores * (1 + prng_below(prng, 12)),
                                      .cores_per_socket = cores,
                                      .nr_pages = 0x200 + prng_below(prng, nr * MAX_PAGES)};
    r->guest.low_pages = 0x100 + prng_below(prng, (unsigned)r->guest.nr_pages - 0xff);
    r->ranges[0] = (struct range){0, 0xa0};
    r->ranges[1] = (struct range){0xc0, r->guest.low_pages - 0xc0};
    r->ranges[2] = (struct range){GIB4, r->guest.nr_pages - r->guest.low_pages};
    r->request = (struct plan_request){.host = &r->host,
                                       .policy = &r->policy,
                                       .ranges = r->ranges,
                                       .nr_ranges = 3,
                                       .nr_vcpus = r->guest.nr_vcpus,
                                       .guest = &r->guest};
}

// The frame's number without the hole.
static uint64_t page_of(const struct random_plan *r, uint64_t gfn) {
    return gfn < GIB4 ? gfn : gfn - GIB4 + r->guest.low_pages;
}

// Counts the pages of each vnode by node, each frame once.
static void count_pages(const struct random_plan *r, const struct plan *plan,
                        uint64_t pages[VNODES_MAX][HOST_MAX_NODES]) {
    static bool seen[MAX_GFN];
    uint64_t total = 0;

    memset(seen, 0, sizeof(seen));
    memset(pages, 0, sizeof(uint64_t) * VNODES_MAX * HOST_MAX_NODES);
    for (size_t i = 0; i < plan->pieces.nr; i++) {
        const struct piece *piece = &plan->pieces.list[i];

        ck_assert_int_ne(piece->node, ASSIGN_NO_NODE);
        ck_assert_uint_eq(piece->nr_runs, 1);
        for (uint64_t n = 0; n < piece->run_pages; n++) {
            uint64_t page = page_of(r, piece->gfn + n), end = 0;
            unsigned vnode = 0;

            if (page >= r->guest.nr_pages || (page >= 0xa0 && page < 0xc0) || seen[page])
                ck_abort_msg("frame %llu", (unsigned long long)page);
            seen[page] = true;
            while (page >= (end += plan->vnodes.vnode[vnode].nr_pages))
                vnode++;
            pages[vnode][piece->node]++;
            total++;
        }
    }
    ck_assert_uint_eq(total, r->guest.nr_pages - 0x20);
}

// Each vnode has what its node has, and the rest from the nearest that are allowed and have any.
static void judge_supply(const struct random_plan *r, const struct plan *plan) {
    static uint64_t pages[VNODES_MAX][HOST_MAX_NODES];
    uint64_t used[HOST_MAX_NODES] = {0}, slack = 512 * (plan->vnodes.nr + 1UL);
    nodeset allowed = r->policy.kind == POLICY_STRICT ? nodelist_set(&plan->preferred) : ~0ULL;

    count_pages(r, plan, pages);
    for (unsigned i = 0; i < plan->vnodes.nr; i++)
        for (unsigned n = 0; n < r->host.nr_nodes; n++)
            used[n] += pages[i][n];
    for (unsigned n = 0; n < r->host.nr_nodes; n++) {
        ck_assert_uint_le(used[n], r->host.node[n].free_pages);
        ck_assert_uint_eq(used[n], plan->node_pages[n]);
    }
    for (unsigned i = 0; i < plan->vnodes.nr; i++) {
        unsigned own = plan->vnodes.vnode[i].node;
        uint64_t need = plan->vnodes.vnode[i].nr_pages - (i ? 0 : 0x20), remote = need;
        uint64_t free = r->host.node[own].free_pages;
        unsigned farthest = 0;

        remote -= pages[i][own];
        if (free >= need)
            ck_assert_uint_eq(remote, 0);
        else
            ck_assert_uint_ge(pages[i][own] + slack, free);
        for (unsigned n = 0; n < r->host.nr_nodes; n++)
            if (pages[i][n] && r->host.distance[own][n] > farthest)
                farthest = r->host.distance[own][n];
        for (unsigned n = 0; n < r->host.nr_nodes; n++)
            if (nodeset_has(allowed, n) && r->host.distance[own][n] < farthest)
                ck_assert_uint_ge(used[n] + slack, r->host.node[n].free_pages);
    }
}

static void judge_vnodes(const struct random_plan *r, const struct plan *plan) {
    const struct vnodes *vnodes = &plan->vnodes;
    nodeset nodes = vnodes_nodes(vnodes);
    uint64_t pages = 0;
    unsigned vcpus = 0;

    if (r->policy.virtual_nodes == POLICY_VIRTUAL_NUMBER)
        ck_assert_uint_eq(vnodes->nr, r->policy.nr_vnodes);
    ck_assert_uint_eq(nodeset_count(nodes), vnodes->nr);
    for (unsigned i = 0; i < vnodes->nr; i++) {
        vcpus += vnodes->vnode[i].nr_vcpus;
        pages += vnodes->vnode[i].nr_pages;
    }
    ck_assert_uint_eq(vcpus, r->guest.nr_vcpus);
    ck_assert_uint_eq(pages, r->guest.nr_pages);
    ck_assert_uint_eq(plan->cpus.nodes, nodes);
    ck_assert_uint_eq(plan->chosen_cpus, nodes);
}

// Only vnodes that cannot be are a reason to refuse what could be built without them.
static void judge_refusal(struct random_plan *r, int rc) {
    struct plan plan;
    struct error err = {0};

    if (rc == -EINVAL)
        return;
    r->policy.virtual_nodes = POLICY_VIRTUAL_OFF;
    ck_assert_int_eq(plan_make(&r->request, &plan, &err), rc);
    error_done(&err);
}

START_TEST(test_random) {
    struct prng prng = {.state = (uint64_t)_i + 1};
    unsigned planned = 0;

    for (unsigned round = 0; round < 150; round++) {
        struct random_plan r;
        struct plan plan;
        struct error err = {0};
        int rc;

        random_request(&prng, &r);
        rc = plan_make(&r.request, &plan, &err);
        error_done(&err);
        if (rc) {
            judge_refusal(&r, rc);
            continue;
        }
        if (plan.vnodes.nr) {
            judge_vnodes(&r, &plan);
            judge_supply(&r, &plan);
            planned++;
        }
        plan_done(&plan);
    }
    ck_assert_uint_gt(planned, 30);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("planner-virtual");

    tcase_add_loop_test(tcase, test_case, 0, ARRAY_SIZE(cases));
    tcase_add_test(tcase, test_rest);
    tcase_add_loop_test(tcase, test_random, 0, 4);
    tcase_set_timeout(tcase, 60);
    return unit_run("planner-virtual", tcase);
}
