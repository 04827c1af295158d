// Odd hosts: what their distances are worth and which of their nodes are.

#include "lib/numa/host.h"
#include "lib/numa/nodeset.h"
#include "tests/unit/unit.h"

#include <string.h>

#define NR 4

struct host_case {
    const char *name;
    unsigned distance[NR][NR];
    unsigned size_pages[NR];
    nodeset online;
    bool flat;
    nodeset usable;
    const char *note;
};

// clang-format off
static const struct host_case cases[] = {
    {"ring", {{10, 20, 30, 20}, {20, 10, 20, 30}, {30, 20, 10, 20}, {20, 30, 20, 10}},
     {1, 1, 1, 1}, 0xf, false, 0xf, ""},
    {"one node", {{10}}, {1}, 0x1, false, 0x1, ""},
    {"one node without a distance", {{0}}, {1}, 0x1, false, 0x1, ""},
    {"gap in the ids, nonsense there", {{10, 0, 21, 0}, {1, 2, 3, 4}, {21, 0, 10, 0}, {9}},
     {1, 1, 1, 1}, 0x5, false, 0x5, ""},
    {"asymmetric", {{10, 12}, {40, 10}}, {1, 1}, 0x3, false, 0x3, ""},
    {"diagonal not 10", {{10, 20}, {20, 20}}, {1, 1}, 0x3, true, 0x3,
     "the distance from node 1 to node 1 is 20, which is impossible: "
     "treating the host as one node"},
    {"all zero", {{0, 0}, {0, 0}}, {1, 1}, 0x3, true, 0x3,
     "the distance from node 0 to node 0 is 0, which is impossible: "
     "treating the host as one node"},
    {"neighbour at 9", {{10, 9}, {20, 10}}, {1, 1}, 0x3, true, 0x3,
     "the distance from node 0 to node 1 is 9, which is impossible: "
     "treating the host as one node"},
    {"neighbour as near as itself", {{10, 20}, {10, 10}}, {1, 1}, 0x3, true, 0x3,
     "the distance from node 1 to node 0 is 10, which is impossible: "
     "treating the host as one node"},
    {"all unknown", {{10, 255}, {255, 10}}, {1, 1}, 0x3, true, 0x3,
     "no distance between nodes is known: treating the host as one node"},
    {"one isolated", {{10, 20, 255}, {20, 10, 255}, {255, 255, 10}}, {1, 1, 1}, 0x7, false, 0x3,
     "no other node is at a known distance from 2: not used for guests"},
    {"reached in one direction", {{10, 20, 40}, {20, 10, 255}, {255, 255, 10}}, {1, 1, 1}, 0x7,
     false, 0x7, ""},
    {"two islands", {{10, 20, 255, 255}, {20, 10, 255, 255}, {255, 255, 10, 20},
     {255, 255, 20, 10}}, {1, 1, 1, 1}, 0xf, false, 0xf, ""},
    {"node without memory", {{10, 20, 20}, {20, 10, 20}, {20, 20, 10}}, {1, 0, 1}, 0x7, false, 0x5,
     ""},
    {"no node at all", {{0}}, {0}, 0, false, 0, ""},
};
// clang-format on

static struct host case_host(const struct host_case *c) {
    struct host host = {.nr_nodes = NR};

    for (unsigned from = 0; from < NR; from++) {
        host.node[from].online = nodeset_has(c->online, from);
        host.node[from].size_pages = c->size_pages[from];
        host.node[from].nr_cpus = 3;
        for (unsigned to = 0; to < NR; to++)
            host.distance[from][to] = (uint8_t)c->distance[from][to];
    }
    return host;
}

START_TEST(test_normalise) {
    const struct host_case *c = &cases[_i];
    struct host host = case_host(c);
    struct host_note note = host_normalise(&host);

    ck_assert_str_eq(note.text, c->note);
    ck_assert_msg(host.flat == c->flat, "%s", c->name);
    ck_assert_msg(host_online_nodes(&host) == c->online, "%s", c->name);
    ck_assert_msg(host_usable_nodes(&host) == c->usable, "%s", c->name);
    for (unsigned from = 0; from < NR; from++) {
        bool online = nodeset_has(c->online, from);

        ck_assert_uint_eq(host.node[from].nr_cpus, online ? 3 : 0);
        for (unsigned to = 0; to < NR; to++) {
            unsigned expected = c->flat || from == to ? 10 : c->distance[from][to];

            if (!online || !nodeset_has(c->online, to))
                expected = HOST_DISTANCE_UNKNOWN;
            ck_assert_msg(host.distance[from][to] == expected, "%s %u %u", c->name, from, to);
        }
    }
}
END_TEST

START_TEST(test_normalise_trims) {
    struct host host = {.nr_nodes = 64, .node = {[2] = {.online = true, .size_pages = 1}}};

    host.distance[2][2] = 10;
    ck_assert_str_eq(host_normalise(&host).text, "");
    ck_assert_uint_eq(host.nr_nodes, 3);
}
END_TEST

// What host_normalise returns it would return again.
START_TEST(test_normalise_twice) {
    struct host once = case_host(&cases[_i]);
    struct host twice;

    host_normalise(&once);
    twice = once;
    host_normalise(&twice);
    ck_assert_int_eq(twice.flat, once.flat);
    ck_assert_uint_eq(twice.nr_nodes, once.nr_nodes);
    ck_assert_int_eq(memcmp(once.distance, twice.distance, sizeof(once.distance)), 0);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("host");

    tcase_add_loop_test(tcase, test_normalise, 0, ARRAY_SIZE(cases));
    tcase_add_loop_test(tcase, test_normalise_twice, 0, ARRAY_SIZE(cases));
    tcase_add_test(tcase, test_normalise_trims);
    return unit_run("host", tcase);
}
