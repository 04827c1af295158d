// Plans around the vCPUs: worked examples of who decides what.
//
// Four nodes in a ring, neighbours at distance 16, opposite nodes at 22; 16 GiB, 4 cores and 8
// threads each, 15 GiB of them free. The expectations are worked out by hand from planner.h,
// choice.h and the README; sizes are in GiB.

#include "lib/numa/planner.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#define GIB (1024 * HOST_PAGES_PER_MIB)

struct vcpus_case {
    const char *name;
    const char *policy; // content of the configuration file
    unsigned need;
    unsigned vcpus;      // free ones
    nodeset hard;        // nodes to which these are restricted; 0: all
    unsigned fixed[4];   // vCPUs that belong somewhere already
    unsigned devices[4]; // passed through
    unsigned load[4];    // vCPUs of others
    unsigned free[4];    // if not 15 each
    unsigned low[4];     // of these, below the DMA width
    nodeset cpuless;
    nodeset affinity; // of the domain, to nodes
    // expected
    nodeset chosen;
    int rc;
    unsigned gib[4];
    unsigned low_gib;
    unsigned distance[4]; // in tenths, where the plan has memory
};

// clang-format off
static const struct vcpus_case cases[] = {
    // The README's example.
    {.name = "README: a guest larger than a node", .need = 20, .vcpus = 4,
     .free = {15, 15, 15, 1}, .load = {2, 0, 0, 0},
     .chosen = 0x2, .gib = {5, 15, 0, 0}, .distance = {160, 100}},
    {.name = "README: without the other guest", .need = 20, .vcpus = 4, .free = {15, 15, 15, 1},
     .chosen = 0x1, .gib = {15, 5, 0, 0}, .distance = {100, 160}},
    {.name = "README: eight vCPUs", .need = 20, .vcpus = 8, .free = {15, 15, 15, 1},
     .chosen = 0x3, .gib = {10, 10, 0, 0}, .distance = {130, 130}},
    // vCPUs that belong somewhere.
    {.name = "pinned half and half", .need = 4, .fixed = {2, 0, 2, 0},
     .gib = {2, 0, 2, 0}, .distance = {160, 0, 160}},
    {.name = "pinned three to one", .need = 8, .fixed = {0, 3, 0, 1},
     .gib = {0, 6, 0, 2}, .distance = {0, 130, 0, 190}},
    {.name = "pinned half and half, and one has no room", .need = 12, .fixed = {2, 2, 0, 0},
     .free = {2, 15, 15, 15}, .gib = {2, 10, 0, 0}, .distance = {130, 130}},
    {.name = "three belong on node 2, one may go anywhere", .need = 8, .vcpus = 1,
     .fixed = {0, 0, 3, 0}, .chosen = 0x4, .gib = {0, 0, 8, 0}, .distance = {0, 0, 100}},
    {.name = "a hard mask over two nodes: one of them is enough", .need = 8, .vcpus = 4,
     .hard = 0xc, .chosen = 0x4, .gib = {0, 0, 8, 0}, .distance = {0, 0, 100}},
    {.name = "or both", .need = 8, .vcpus = 8, .hard = 0xc,
     .chosen = 0xc, .gib = {0, 0, 4, 4}, .distance = {0, 0, 130, 130}},
    {.name = "or their threads", .need = 8, .vcpus = 12, .hard = 0xc,
     .chosen = 0xc, .gib = {0, 0, 4, 4}, .distance = {0, 0, 130, 130}},
    {.name = "more vCPUs than the host has cores: three nodes' threads", .need = 12, .vcpus = 24,
     .chosen = 0x7, .gib = {4, 4, 4, 0}, .distance = {160, 140, 160}},
    // Names.
    {.name = "nodes named: vCPUs nearest to them", .policy = "nodes=2", .need = 8, .vcpus = 4,
     .chosen = 0x4, .gib = {0, 0, 8, 0}, .distance = {0, 0, 100}},
    {.name = "a node without CPUs named: its neighbour with the lowest number",
     .policy = "nodes=2", .need = 8, .vcpus = 4, .cpuless = 0x4,
     .chosen = 0x2, .gib = {0, 0, 8, 0}, .distance = {0, 0, 160}},
    {.name = "named elsewhere than the vCPUs are", .policy = "nodes=2", .need = 8,
     .fixed = {4, 0, 0, 0}, .gib = {0, 0, 8, 0}, .distance = {0, 0, 220}},
    // Nodes without CPUs.
    {.name = "not while there is another", .need = 8, .vcpus = 4, .cpuless = 0x1,
     .free = {15, 9, 9, 9}, .chosen = 0x2, .gib = {0, 8, 0, 0}, .distance = {0, 100}},
    {.name = "and of equally near ones last", .need = 12, .vcpus = 4, .cpuless = 0x4,
     .free = {9, 10, 15, 9}, .chosen = 0x2, .gib = {2, 10, 0, 0}, .distance = {160, 100}},
    {.name = "nor are they interleaved over", .policy = "policy=interleave", .need = 6,
     .vcpus = 4, .cpuless = 0x4, .chosen = 0x1, .gib = {2, 2, 0, 2},
     .distance = {100, 160, 0, 160}},
    {.name = "node affinity with one that is farther than all others", .need = 12,
     .fixed = {4, 0, 0, 0}, .cpuless = 0x4, .free = {15, 4, 15, 15}, .affinity = 0x6,
     .gib = {0, 4, 8, 0}, .distance = {0, 160, 220, 0}},
    // Others.
    {.name = "where the fewest others are, though another has more memory", .need = 4,
     .vcpus = 4, .load = {4, 4, 3, 4}, .free = {15, 15, 10, 15},
     .chosen = 0x4, .gib = {0, 0, 4, 0}, .distance = {0, 0, 100}},
    {.name = "as busy as each other: where it fits best", .need = 4, .vcpus = 4,
     .load = {4, 5, 4, 4}, .free = {15, 9, 8, 12},
     .chosen = 0x4, .gib = {0, 0, 4, 0}, .distance = {0, 0, 100}},
    {.name = "busy, and not where it does not fit", .need = 4, .vcpus = 4,
     .load = {4, 4, 4, 4}, .free = {15, 9, 3, 12},
     .chosen = 0x2, .gib = {0, 4, 0, 0}, .distance = {0, 100}},
    {.name = "busy: the fewest vCPUs all the same", .need = 4, .vcpus = 4,
     .load = {6, 6, 7, 5}, .free = {8, 9, 10, 15},
     .chosen = 0x8, .gib = {0, 0, 0, 4}, .distance = {0, 0, 0, 100}},
    {.name = "while there are two cores for each: the fewest, then the most", .need = 4, .vcpus = 4,
     .load = {1, 0, 0, 1}, .free = {8, 9, 10, 15},
     .chosen = 0x4, .gib = {0, 0, 4, 0}, .distance = {0, 0, 100}},
    {.name = "but not at the price of distance", .need = 12, .vcpus = 4, .load = {4, 4, 3, 4},
     .free = {15, 15, 10, 15}, .chosen = 0x1, .gib = {12, 0, 0, 0}, .distance = {100}},
    // Devices.
    {.name = "a device", .need = 4, .vcpus = 4, .devices = {0, 0, 0, 1},
     .chosen = 0x8, .gib = {0, 0, 0, 4}, .distance = {0, 0, 0, 100}},
    {.name = "a device before a little distance", .need = 12, .vcpus = 4,
     .devices = {0, 0, 0, 1}, .free = {15, 15, 15, 9},
     .chosen = 0x8, .gib = {3, 0, 0, 9}, .distance = {160, 0, 0, 100}},
    {.name = "a device, and a node named elsewhere", .policy = "nodes=1", .need = 4, .vcpus = 4,
     .devices = {0, 0, 0, 1}, .chosen = 0x2, .gib = {0, 4, 0, 0}, .distance = {0, 100}},
    {.name = "ignored", .policy = "devices=ignore", .need = 4, .vcpus = 4,
     .devices = {0, 0, 0, 1}, .chosen = 0x1, .gib = {4, 0, 0, 0}, .distance = {100}},
    {.name = "required", .policy = "devices=require", .need = 4, .vcpus = 4,
     .devices = {0, 0, 1, 0}, .chosen = 0x4, .gib = {0, 0, 4, 0}, .distance = {0, 0, 100}},
    {.name = "required and too small", .policy = "devices=require", .need = 16, .vcpus = 4,
     .devices = {0, 0, 1, 0}, .rc = -ENOMEM},
    {.name = "required and others named", .policy = "devices=require\nnodes=1", .need = 4,
     .vcpus = 4, .devices = {0, 0, 1, 0}, .rc = -EINVAL},
    // At most so many nodes.
    {.name = "one", .policy = "max-nodes=1", .need = 15, .vcpus = 4, .free = {9, 9, 15, 9},
     .chosen = 0x4, .gib = {0, 0, 15, 0}, .distance = {0, 0, 100}},
    {.name = "one is not enough", .policy = "max-nodes=1", .need = 16, .vcpus = 4,
     .rc = -ENOMEM},
    {.name = "two that are large enough, though one is not near", .policy = "max-nodes=2",
     .need = 25, .vcpus = 4, .free = {15, 4, 15, 4},
     .chosen = 0x1, .gib = {15, 0, 10, 0}, .distance = {100, 0, 220}},
    {.name = "one for vCPUs on two", .policy = "max-nodes=1", .need = 8, .vcpus = 8,
     .chosen = 0x3, .gib = {8, 0, 0, 0}, .distance = {130}},
    {.name = "of the nodes named", .policy = "max-nodes=1\nnodes=1,2\nfallback=none", .need = 14,
     .vcpus = 4, .free = {15, 4, 15, 15}, .chosen = 0x4, .gib = {0, 0, 14, 0},
     .distance = {0, 0, 100}},
    {.name = "interleaved over as many", .policy = "max-nodes=2\npolicy=interleave", .need = 8,
     .vcpus = 4, .chosen = 0x3, .gib = {4, 4, 0, 0}, .distance = {130, 130}},
    {.name = "interleaved over those that are large enough",
     .policy = "max-nodes=2\npolicy=interleave\nnodes=0-3\nfallback=none", .need = 20, .vcpus = 4,
     .free = {1, 1, 15, 15}, .chosen = 0xc, .gib = {0, 0, 10, 10}, .distance = {0, 0, 130, 130}},
    // Memory below the DMA width.
    {.name = "not on a node whose memory is low", .need = 13, .vcpus = 4, .low = {3, 0, 0, 0},
     .chosen = 0x2, .gib = {0, 13, 0, 0}, .distance = {0, 100}},
    {.name = "low memory after all neighbours", .policy = "nodes=0", .need = 20, .vcpus = 4,
     .free = {15, 4, 2, 1}, .low = {3, 0, 0, 0}, .low_gib = 1,
     .chosen = 0x1, .gib = {13, 4, 2, 1}, .distance = {100, 160, 220, 160}},
    {.name = "or where nothing else is allowed", .policy = "policy=strict\nnodes=0", .need = 15,
     .vcpus = 4, .low = {3, 0, 0, 0}, .low_gib = 3, .chosen = 0x1, .gib = {15, 0, 0, 0},
     .distance = {100}},
};
// clang-format on

static struct host case_host(const struct vcpus_case *c) {
    static const uint8_t ring[4] = {10, 16, 22, 16};
    bool all = !(c->free[0] + c->free[1] + c->free[2] + c->free[3]);
    struct host host = {.nr_nodes = 4};

    for (unsigned i = 0; i < 4; i++) {
        bool cpus = !nodeset_has(c->cpuless, i);

        host.node[i] = (struct host_node){.online = true,
                                          .size_pages = 16 * GIB,
                                          .free_pages = (all ? 15 : c->free[i]) * GIB,
                                          .low_pages = c->low[i] * GIB,
                                          .nr_cpus = cpus ? 8 : 0,
                                          .nr_cores = cpus ? 4 : 0,
                                          .load = c->load[i] * HOST_LOAD_VCPU};
        for (unsigned j = 0; j < 4; j++)
            host.distance[i][j] = ring[(4 + j - i) % 4];
    }
    return host;
}

static struct guest_vcpus case_vcpus(const struct vcpus_case *c, const struct host *host) {
    struct guest_vcpus vcpus = vcpus_anywhere(host, c->vcpus);

    vcpus.nr_groups = c->vcpus > 0;
    for (unsigned i = 0; i < 4; i++) {
        vcpus.fixed[i] = c->fixed[i] * VCPUS_UNIT;
        if (c->hard && !nodeset_has(c->hard, i))
            vcpus.group[0].cpus[i] = vcpus.group[0].cores[i] = 0;
    }
    return vcpus;
}

static void check_plan(const struct vcpus_case *c, const struct host *host,
                       const struct plan *plan) {
    ck_assert_msg(plan->chosen_cpus == c->chosen, "%s: CPU nodes %s", c->name,
                  nodeset_text(plan->chosen_cpus).s);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_msg(plan->node_pages[i] == c->gib[i] * GIB, "%s: node %u: %.2f GiB", c->name, i,
                      (double)plan->node_pages[i] / GIB);
        if (c->gib[i])
            ck_assert_msg(plan_distance(plan, host, i) == c->distance[i],
                          "%s: node %u at %u tenths", c->name, i, plan_distance(plan, host, i));
    }
    ck_assert_msg(plan->low_pages == c->low_gib * GIB, "%s: low", c->name);
    ck_assert_uint_eq(plan->nodeless_pages, 0);
}

START_TEST(test_case) {
    const struct vcpus_case *c = &cases[_i];
    struct host host = case_host(c);
    struct guest_vcpus vcpus = case_vcpus(c, &host);
    struct policy policy = policy_defaults();
    struct range range = {0, c->need * GIB};
    unsigned devices[HOST_MAX_NODES] = {0};
    struct plan_request request = {.host = &host,
                                   .policy = &policy,
                                   .ranges = &range,
                                   .nr_ranges = 1,
                                   .vcpus = &vcpus,
                                   .affinity = c->affinity,
                                   .devices = devices};
    struct error err = {0};
    struct plan plan;
    int rc;

    memcpy(devices, c->devices, sizeof(c->devices));
    if (c->policy)
        ck_assert_int_eq(policy_set_all(&policy, c->policy, &err), 0);
    rc = plan_make(&request, &plan, &err);
    ck_assert_msg(rc == c->rc, "%s: %d %s", c->name, rc, err.text);
    if (!rc) {
        check_plan(c, &host, &plan);
        plan_done(&plan);
    }
    error_done(&err);
}
END_TEST

// What somebody has followed stays, although the choice would be another one by now.
START_TEST(test_followed) {
    const struct vcpus_case c = {.need = 12, .vcpus = 4, .free = {11, 15, 15, 15}};
    struct host host = case_host(&c);
    struct policy policy = policy_defaults();
    struct range range = {0, c.need * GIB};
    struct plan followed = {.cpus = {.nodes = 0x1, .share[0] = 4, .sum = 4}, .chosen_cpus = 0x1};
    struct plan_request request = {.host = &host,
                                   .policy = &policy,
                                   .ranges = &range,
                                   .nr_ranges = 1,
                                   .nr_vcpus = 4,
                                   .followed = &followed};
    struct error err = {0};
    struct plan plan;

    ck_assert_int_eq(plan_make(&request, &plan, &err), 0);
    ck_assert_uint_eq(plan.chosen_cpus, 0x1);
    ck_assert_uint_eq(plan.node_pages[0], 11 * GIB);
    ck_assert_uint_eq(plan.node_pages[1], GIB);
    plan_done(&plan);
    // Node 3 is as near as node 1 and has less, but was planned on.
    host.node[3].free_pages -= 1;
    followed.node_pages[3] = GIB;
    ck_assert_int_eq(plan_make(&request, &plan, &err), 0);
    ck_assert_uint_eq(plan.node_pages[3], GIB);
    plan_done(&plan);
    // Node 1 too, but with less.
    followed.node_pages[1] = GIB - 1;
    ck_assert_int_eq(plan_make(&request, &plan, &err), 0);
    ck_assert_uint_eq(plan.node_pages[3], GIB);
    plan_done(&plan);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("planner-vcpus");

    tcase_add_loop_test(tcase, test_case, 0, ARRAY_SIZE(cases));
    tcase_add_test(tcase, test_followed);
    return unit_run("planner-vcpus", tcase);
}
