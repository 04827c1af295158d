// Which nodes a guest is on, and which take its paging pool. Expected: the rules of the header,
// worked out by hand for each row.

#include "lib/placement/guest-nodes.h"
#include "tests/unit/unit.h"

#define MIB 256ULL
#define NODES 4

static const struct {
    const char *what;
    uint64_t pages[NODES];
    nodeset expected;
} guests[] = {
    {"nothing", {0}, 0x0},
    {"one node", {0, 1024 * MIB}, 0x2},
    {"strays", {4096, 20 * MIB}, 0x2},
    {"one page more than strays", {4097, 20 * MIB}, 0x3},
    {"a tenth", {900 * MIB, 100 * MIB}, 0x3},
    {"a page less than a tenth", {900 * MIB + 1, 100 * MIB - 1}, 0x1},
    {"nothing but strays", {4096, 4096, 4095}, 0x1},
};

START_TEST(nodes_of_a_guest) {
    uint64_t pages[HOST_MAX_NODES] = {0};

    for (unsigned n = 0; n < NODES; n++)
        pages[n] = guests[_i].pages[n];
    ck_assert_msg(guest_nodes(pages) == guests[_i].expected, "%s", guests[_i].what);
}
END_TEST

static const struct {
    const char *what;
    uint64_t planned_mib[NODES], spare_mib[NODES], low_mib[NODES];
    nodeset nodes;
    uint64_t pool_mib;
    nodeset expected, vcpus;
} pools[] = {
    {"room", {1024}, {8}, {0}, 0x1, 8, 0x1, 0x0},
    {"low memory is no room", {1024}, {16}, {9}, 0x1, 8, 0x0, 0x0},
    {"just the guest fits", {1024}, {7}, {0}, 0x1, 8, 0x0, 0x0},
    {"just the guest fits, beside empty nodes", {1024}, {7, 999}, {0}, 0x1, 8, 0x0, 0x0},
    {"half each", {512, 512}, {4, 4}, {0}, 0x3, 8, 0x3, 0x0},
    {"all on the one with room", {512, 512}, {3, 8}, {0}, 0x3, 8, 0x2, 0x0},
    {"neither alone", {512, 512}, {3, 7}, {0}, 0x3, 8, 0x0, 0x0},
    {"spills to a node with room", {1000, 24}, {0, 8}, {0}, 0x1, 8, 0x1, 0x0},
    {"spills to a node without room", {1000, 24}, {0, 7}, {0}, 0x1, 8, 0x0, 0x0},
    {"spills to low memory", {1000, 24}, {0, 8}, {0, 1}, 0x1, 8, 0x0, 0x0},
    {"spills to two that have room together", {1000, 24, 24}, {0, 4, 4}, {0}, 0x1, 8, 0x1, 0x0},
    {"two that spill", {500, 500, 24}, {0, 0, 8}, {0}, 0x3, 8, 0x3, 0x0},
    {"would be more than a makeshift", {1000, 96}, {0, 999}, {0}, 0x1, 14, 0x0, 0x0},
    {"remains a makeshift", {1000, 96}, {0, 999}, {0}, 0x1, 13, 0x1, 0x0},
    {"a pool larger than the guest there", {12, 1}, {0, 999}, {0}, 0x1, 13, 0x0, 0x0},
    {"vCPUs on one of two", {512, 512}, {8, 8}, {0}, 0x3, 8, 0x2, 0x2},
    {"vCPUs on two of three", {512, 512, 512}, {8, 8, 8}, {0}, 0x7, 8, 0x5, 0x5},
    {"vCPUs on a full one", {800, 200}, {0, 8}, {0}, 0x3, 8, 0x1, 0x1},
    {"vCPUs on a full one, the other nearly so", {800, 200}, {0, 7}, {0}, 0x3, 8, 0x0, 0x1},
    {"vCPUs on a full one and beyond", {800, 200}, {0, 8}, {0}, 0x3, 8, 0x1, 0x5},
    {"vCPUs on a small one", {7, 800}, {0, 8}, {0}, 0x3, 8, 0x2, 0x1},
    {"a third remains a makeshift", {800, 150, 90}, {0, 0, 999}, {0}, 0x3, 13, 0x1, 0x1},
    {"a third would be more", {800, 150, 90}, {0, 0, 999}, {0}, 0x3, 14, 0x0, 0x1},
    {"vCPUs where no memory is", {0, 1024}, {999, 8}, {0}, 0x2, 8, 0x2, 0x1},
};

START_TEST(nodes_for_the_pool) {
    struct plan plan = {.cpus.nodes = pools[_i].vcpus};
    struct host host = {.nr_nodes = NODES};

    for (unsigned n = 0; n < NODES; n++) {
        plan.node_pages[n] = pools[_i].planned_mib[n] * MIB;
        plan.spare_pages[n] = pools[_i].spare_mib[n] * MIB;
        host.node[n].low_pages = pools[_i].low_mib[n] * MIB;
    }
    ck_assert_msg(guest_nodes_for_pool(&plan, &host, pools[_i].nodes, pools[_i].pool_mib * MIB) ==
                      pools[_i].expected,
                  "%s", pools[_i].what);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("guest-nodes");

    tcase_add_loop_test(tcase, nodes_of_a_guest, 0, ARRAY_SIZE(guests));
    tcase_add_loop_test(tcase, nodes_for_the_pool, 0, ARRAY_SIZE(pools));
    return unit_run("guest-nodes", tcase);
}
