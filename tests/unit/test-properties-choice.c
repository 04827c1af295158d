// The brute force that judges placements, on hosts from the field. What is expected was worked out
// by hand; where a guest's memory is on several nodes, the working is beside it.

#include "tests/properties/choice.h"

#include "tests/unit/unit.h"

static void ck_near(double have, double wanted) {
    ck_assert_msg(have > wanted - 0.01 && have < wanted + 0.01, "%f, not %f", have, wanted);
}

// Two sockets of 8 modules (EPYC 7251, one memory module each): memory on nodes 0 and 4 only.
static struct choice_host two_modules(void) {
    struct choice_host host = {.nr = 8};

    for (unsigned i = 0; i < 8; i++) {
        host.node[i] = (struct choice_node){.cores = 2, .threads = 4, .has_cpus = true};
        for (unsigned k = 0; k < 8; k++)
            host.distance[i][k] = i == k ? 10 : i / 4 == k / 4 ? 16 : 32;
    }
    host.node[0].high = 13431;
    host.node[4].high = 14991;
    return host;
}

// Two sockets of 52 cores with a CXL expander each.
static struct choice_host expanders(void) {
    static const unsigned distance[4][4] = {
        {10, 21, 14, 24}, {21, 10, 24, 14}, {14, 24, 10, 26}, {24, 14, 26, 10}};
    struct choice_host host = {.nr = 4,
                               .node = {{52, 104, true, 52, 62245, 0, 0, false},
                                        {52, 104, true, 52, 61391, 0, 0, false},
                                        {0, 0, false, 0, 65536, 0, 0, false},
                                        {0, 0, false, 0, 131072, 0, 0, false}}};

    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 0; k < 4; k++)
            host.distance[i][k] = distance[i][k];
    return host;
}

// Two sockets of 32 cores each.
static struct choice_host two_sockets(unsigned distance) {
    return (struct choice_host){
        .nr = 2,
        .node = {{32, 32, true, 32, 678823, 0, 0, false}, {32, 32, true, 32, 684984, 0, 0, false}},
        .distance = {{10, distance}, {distance, 10}}};
}

static struct choice best_of(const struct choice_host *host, const struct choice_guest *guest) {
    struct choice best = {0};

    ck_assert(choice_best(host, guest, &best));
    return best;
}

// Four vCPUs, two cores a node. All on the socket of node 4, where most is free: node 4 and one
// neighbour have the cores, and half of the vCPUs is local: (10 + 16) / 2.
START_TEST(cpus_without_memory) {
    struct choice_host host = two_modules();
    const struct choice_guest guest = {.need = 8192, .free = 4};
    struct choice best = best_of(&host, &guest);

    ck_assert_uint_eq(best.cpu_nodes, 1U << 4 | 1U << 5);
    ck_assert_uint_eq(best.memory_nodes, 1U << 4);
    ck_near(best.cost, 13);
    // Half of the vCPUs on 5 would get memory there if there were any: all comes from node 4.
    ck_near(best.pages[4], 8192);
}
END_TEST

// All cores of a socket are needed: its nodes, and node 4's memory: (10 + 3 * 16) / 4. Neither is
// far: 12 cores are three more nodes at 32.
START_TEST(cpus_of_a_socket) {
    struct choice_host host = two_modules();
    const struct choice_guest guest = {.need = 8192, .free = 8};
    struct choice best = best_of(&host, &guest);

    ck_assert_uint_eq(best.cpu_nodes, 0xf0);
    ck_near(best.cost, 14.5);
}
END_TEST

// 24 vCPUs, 8 cores a node, all memory on node 0: it and any two others, (10 + 16 + 16) / 3.
START_TEST(memory_on_one_node) {
    struct choice_host host = {.nr = 4};
    const struct choice_guest guest = {.need = 16384, .free = 24};
    struct choice best;

    for (unsigned i = 0; i < 4; i++) {
        host.node[i] = (struct choice_node){8, 8, true, 8, i ? 0 : 122361, 0, 0, false};
        for (unsigned k = 0; k < 4; k++)
            host.distance[i][k] = i == k ? 10 : 16;
    }
    best = best_of(&host, &guest);
    ck_assert_uint_eq(best.cpu_nodes, 7);
    ck_assert_uint_eq(best.memory_nodes, 1);
    ck_near(best.cost, 14);
    host.node[1].others = 1; // one of them is busy
    best = best_of(&host, &guest);
    ck_assert_uint_eq(best.cpu_nodes, 0xd);
}
END_TEST

// 81920 of which one socket has 62245 or 61391. Node 0 and the expander behind it at 14:
// (62245 * 10 + 19675 * 14) / 81920 = 10.961; node 1 and its own: 11.002. Both sockets: each half
// of 40960 is local to half of the vCPUs: 15.5.
START_TEST(expander_when_full) {
    struct choice_host host = expanders();
    const struct choice_guest guest = {.need = 81920, .free = 16};
    struct choice best = best_of(&host, &guest), other;

    ck_assert_uint_eq(best.cpu_nodes, 1);
    ck_assert_uint_eq(best.memory_nodes, 5);
    ck_near(best.pages[0], 62245);
    ck_near(best.pages[2], 19675);
    ck_near(best.cost, 10.961);
    ck_assert(choice_for(&host, &guest, 2, &other));
    ck_near(other.pages[1], 61391);
    ck_near(other.pages[3], 20529);
    ck_near(other.cost, 11.002);
    ck_assert(choice_for(&host, &guest, 3, &other));
    ck_near(other.cost, 15.5);
    ck_assert_str_eq(choice_beats(&best, &other, 0), "cost");
}
END_TEST

// The expander at 21 is as near as the other socket: DRAM comes first.
START_TEST(dram_before_expander) {
    struct choice_host host = expanders();
    const struct choice_guest guest = {.need = 81920, .free = 16};
    struct choice one;

    host.distance[0][2] = host.distance[2][0] = 21;
    host.node[2].high = 500000;
    ck_assert(choice_for(&host, &guest, 1, &one));
    ck_near(one.pages[1], 19675);
    ck_near(one.pages[2], 0);
}
END_TEST

// Four vCPUs stay on one socket, and memory never is on an expander while DRAM is free.
START_TEST(small_beside_expanders) {
    struct choice_host host = expanders();
    const struct choice_guest guest = {.need = 8192, .free = 4};
    struct choice best = best_of(&host, &guest);

    // As good as each other: node 0 has more.
    ck_assert_uint_eq(best.cpu_nodes, 1);
    ck_assert_uint_eq(best.memory_nodes, 1);
    ck_near(best.cost, 10);
}
END_TEST

// Node 3 has been named for the memory: node 1 is nearest to it.
START_TEST(named_without_cpus) {
    struct choice_host host = expanders();
    const struct choice_guest guest = {.need = 8192, .free = 4};
    const double pages[CHOICE_MAX_NODES] = {[3] = 8192};
    struct choice known[4];

    for (unsigned cpus = 1; cpus < 4; cpus++)
        choice_known(&host, &guest, cpus, pages, &known[cpus]);
    ck_near(known[1].cost, 24);
    ck_near(known[2].cost, 14);
    ck_near(known[3].cost, 19);
    ck_assert_str_eq(choice_beats(&known[2], &known[1], 0), "cost");
    ck_assert_str_eq(choice_beats(&known[2], &known[3], 0), "cost");
}
END_TEST

// The second socket's CPUs are switched off: what it has comes after local memory.
START_TEST(memory_without_cpus) {
    const struct choice_host host = {
        .nr = 2,
        .node = {{6, 6, true, 6, 4000, 0, 0, false}, {0, 0, false, 0, 65536, 0, 0, false}},
        .distance = {{10, 21}, {21, 10}}};
    const struct choice_guest guest = {.need = 8192, .free = 4};
    struct choice best = best_of(&host, &guest);

    ck_assert_uint_eq(best.cpu_nodes, 1);
    ck_near(best.pages[0], 4000);
    ck_near(best.pages[1], 4192);
    ck_near(best.cost, (4000 * 10 + 4192 * 21) / 8192.0); // 15.63
}
END_TEST

// 64 vCPUs need both sockets: half of the memory each, half of the accesses remote: 21.
START_TEST(wide_by_vcpus) {
    struct choice_host host = two_sockets(32);
    const struct choice_guest guest = {.need = 65536, .free = 64};
    struct choice best = best_of(&host, &guest);

    ck_assert_uint_eq(best.cpu_nodes, 3);
    ck_near(best.pages[0], 32768);
    ck_near(best.pages[1], 32768);
    ck_near(best.cost, 21);
}
END_TEST

// Eight vCPUs pinned to each socket, then four of sixteen on the second.
START_TEST(pinned_to_both) {
    struct choice_host host = two_sockets(32);
    struct choice_guest guest = {.need = 16384, .fixed = {8, 8}};
    struct choice best = best_of(&host, &guest);

    ck_near(best.pages[0], 8192);
    ck_near(best.cost, 21);
    guest = (struct choice_guest){.need = 16384, .fixed = {12, 4}};
    best = best_of(&host, &guest);
    ck_near(best.pages[0], 12288);
    ck_near(best.pages[1], 4096);
    // 9/16 and 1/16 local, 6/16 remote.
    ck_near(best.cost, (10 * 10 + 6 * 32) / 16.0);
    // With 1024 on the first socket the rest is with the others: all further is at the same node.
    host.node[0].high = 1024;
    best = best_of(&host, &guest);
    ck_near(best.pages[0], 1024);
    ck_near(best.pages[1], 15360);
}
END_TEST

// Half of the vCPUs pinned to node 0, half free: these go where they make the mean smallest, and
// the memory is shared between both.
START_TEST(fixed_and_free) {
    struct choice_host host = two_sockets(32);
    const struct choice_guest guest = {.need = 1000, .free = 4, .fixed = {4}};
    struct choice best = best_of(&host, &guest);

    ck_assert_uint_eq(best.cpu_nodes, 1);
    ck_near(best.cost, 10);
}
END_TEST

// 40 vCPUs on 32 + 8 cores: four fifths of the memory on the big node.
START_TEST(uneven_cores) {
    struct choice_host host = two_sockets(21);
    const struct choice_guest guest = {.need = 1000, .free = 40};
    struct choice best;

    host.node[1].cores = host.node[1].threads = 8;
    best = best_of(&host, &guest);
    ck_near(best.pages[0], 800);
    ck_near(best.pages[1], 200);
    ck_near(best.cost, 10 + 11 * 0.32); // .8 * .2 + .2 * .8 are remote
}
END_TEST

// Cores count, threads only where the host has not the cores; else every node.
START_TEST(cores_then_threads) {
    struct choice_host host = expanders();
    struct choice_guest guest = {.need = 1, .free = 52};

    ck_assert(choice_enough(&host, &guest, 1));
    guest.free = 53;
    ck_assert(!choice_enough(&host, &guest, 1));
    ck_assert(choice_enough(&host, &guest, 3));
    ck_assert(!choice_enough(&host, &guest, 4)); // no CPU at all
    ck_assert(!choice_enough(&host, &guest, 7));
    guest.free = 105; // more than cores: threads
    ck_assert(!choice_enough(&host, &guest, 1));
    guest.free = 208;
    ck_assert(choice_enough(&host, &guest, 3));
    guest.free = 300;
    ck_assert(!choice_enough(&host, &guest, 1));
    ck_assert(choice_enough(&host, &guest, 3));
    host.node[1].threads = 10; // 114 threads for 104 cores: a tenth of them there
    host.node[1].cores = 10;
    guest.free = 110;
    ck_assert(choice_enough(&host, &guest, 3));
}
END_TEST

// Two equal sockets, one guest: others decide, then memory, then the number.
START_TEST(ties) {
    struct choice_host host = two_sockets(21);
    struct choice_guest guest = {.need = 1000, .free = 4};

    ck_assert_uint_eq(best_of(&host, &guest).cpu_nodes, 2); // has more memory
    host.node[1].others = 3;
    ck_assert_uint_eq(best_of(&host, &guest).cpu_nodes, 1);
    host.node[0].others = 3;
    host.node[0].high = host.node[1].high;
    ck_assert_uint_eq(best_of(&host, &guest).cpu_nodes, 1);
    // A device on node 1 comes before all of these, and before the cost.
    guest.nr_devices = 1;
    guest.device[0] = 1;
    ck_assert_uint_eq(best_of(&host, &guest).cpu_nodes, 2);
    // The nearest vCPU counts for a device: with half of them elsewhere, where the memory is, the
    // cost is 15.5 instead of (10 * 10 + 990 * 21) / 1000.
    host.node[1].high = 10;
    ck_assert_uint_eq(best_of(&host, &guest).cpu_nodes, 3);
    ck_near(best_of(&host, &guest).cost, 15.5);
}
END_TEST

// What lies below the DMA width comes after all neighbours.
START_TEST(low_memory_last) {
    struct choice_host host = two_sockets(21);
    const struct choice_guest guest = {.need = 1000, .free = 4};
    struct choice one;

    host.node[0].high = 300;
    host.node[0].low = 5000;
    host.node[1].high = 600;
    ck_assert(choice_for(&host, &guest, 1, &one));
    ck_near(one.pages[0], 400);
    ck_near(one.pages[1], 600);
}
END_TEST

// At most one node for the memory: not local, but one.
START_TEST(one_node_only) {
    struct choice_host host = two_sockets(21);
    struct choice_guest guest = {.need = 1000, .free = 40, .max_nodes = 1};
    struct choice best = best_of(&host, &guest);

    ck_assert_uint_eq(best.cpu_nodes, 3);
    ck_assert_int_eq(__builtin_popcount(best.memory_nodes), 1);
    ck_near(best.cost, 15.5);
    host.node[0].high = host.node[1].high = 900;
    ck_assert(!choice_best(&host, &guest, &best));
}
END_TEST

// Where no more nodes are used than allowed, the memory is as the vCPUs are, although all of it on
// node 0 would be nearer to their mean.
START_TEST(no_more_nodes_than_allowed) {
    struct choice_host host = two_sockets(21);
    const struct choice_guest guest = {.need = 1000, .fixed = {30, 10}, .max_nodes = 2};
    struct choice best = best_of(&host, &guest);

    ck_near(best.pages[0], 750);
    ck_near(best.pages[1], 250);
}
END_TEST

// Out of reach of all vCPUs: gives nothing.
START_TEST(unknown_distance) {
    struct choice_host host = two_sockets(CHOICE_UNKNOWN);
    const struct choice_guest guest = {.need = 1000, .free = 4};
    struct choice one;

    host.node[0].high = 900;
    ck_assert(!choice_for(&host, &guest, 1, &one));
    ck_assert_uint_eq(best_of(&host, &guest).cpu_nodes, 2);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("choice");

    tcase_add_test(tcase, cpus_without_memory);
    tcase_add_test(tcase, cpus_of_a_socket);
    tcase_add_test(tcase, memory_on_one_node);
    tcase_add_test(tcase, expander_when_full);
    tcase_add_test(tcase, dram_before_expander);
    tcase_add_test(tcase, small_beside_expanders);
    tcase_add_test(tcase, named_without_cpus);
    tcase_add_test(tcase, memory_without_cpus);
    tcase_add_test(tcase, wide_by_vcpus);
    tcase_add_test(tcase, pinned_to_both);
    tcase_add_test(tcase, fixed_and_free);
    tcase_add_test(tcase, uneven_cores);
    tcase_add_test(tcase, cores_then_threads);
    tcase_add_test(tcase, ties);
    tcase_add_test(tcase, low_memory_last);
    tcase_add_test(tcase, one_node_only);
    tcase_add_test(tcase, no_more_nodes_than_allowed);
    tcase_add_test(tcase, unknown_distance);
    return unit_run("properties-choice", tcase);
}
