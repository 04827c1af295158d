// Host descriptions: what the documented format means, and which deviations are refused by name.

#include "lib/numa/hostfile.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NODE(id) "{\"id\": " #id ", \"memory_mib\": 4, \"cpus\": 2}"
#define NODES(list) "{\"nodes\": [" list "]}"
#define WITH(members) "{\"nodes\": [" NODE(0) ", " NODE(1) "], " members "}"
#define MEMORY(rest) NODES("{\"id\": 0, \"memory_mib\": 1024, \"cpus\": 1, " rest "}")

#define DEVICE(members) WITH("\"devices\": [{" members "}]")
#define ADDRESS(text) DEVICE("\"address\": \"" text "\"")

struct refusal_case {
    const char *name;
    const char *text;
    const char *blamed; // how the explanation begins
};

static const struct refusal_case refusals[] = {
    {"nothing", "", "host description: not JSON"},
    {"not JSON", "{nodes}", "host description: not JSON"},
    {"cut", "{\"nodes\": [", "host description: not JSON"},
    {"text behind", NODES(NODE(0)) " x", "host description: not JSON"},
    {"not an object", "[]", "host description: must be an object"},
    {"null", "null", "host description: must be an object"},

    {"unknown member", WITH("\"distance\": []"), "distance: unknown member"},
    {"unknown in node", NODES("{\"id\": 0, \"memory\": 1}"), "nodes[0].memory: unknown member"},
    {"description", WITH("\"description\": 1"), "description: must be a string"},
    {"no threads", WITH("\"threads_per_core\": 0"), "threads_per_core: must not be 0"},
    {"threads text", WITH("\"threads_per_core\": \"1\""), "threads_per_core: must be an integer"},
    {"threads and CPUs", WITH("\"threads_per_core\": 4"), "nodes[0].cpus: not a multiple"},

    {"no nodes", "{}", "nodes: missing"},
    {"nodes empty", NODES(""), "nodes: must have 1 to 64"},
    {"nodes not an array", "{\"nodes\": {}}", "nodes: must be an array"},
    {"node not an object", NODES(NODE(0) ", 1"), "nodes[1]: must be an object"},
    {"id missing", NODES("{\"memory_mib\": 1, \"cpus\": 1}"), "nodes[0].id: missing"},
    {"id too large", NODES(NODE(64)), "nodes[0].id: must be an integer from 0 to 63"},
    {"id negative", NODES(NODE(-1)), "nodes[0].id: must be an integer"},
    {"id a fraction", NODES(NODE(1.5)), "nodes[0].id: must be an integer"},
    {"id twice", NODES(NODE(1) ", " NODE(1)), "nodes[1].id: must be above"},
    {"ids descend", NODES(NODE(1) ", " NODE(0)), "nodes[1].id: must be above"},
    {"memory missing", NODES("{\"id\": 0, \"cpus\": 1}"), "nodes[0].memory_mib: missing"},
    {"memory null", NODES("{\"id\": 0, \"cpus\": 1, \"memory_mib\": null}"),
     "nodes[0].memory_mib: must be an integer"},
    {"memory absurd", NODES("{\"id\": 0, \"cpus\": 1, \"memory_mib\": 99999999999999999999}"),
     "nodes[0].memory_mib: must be an integer"},
    {"CPUs missing", NODES("{\"id\": 0, \"memory_mib\": 1}"), "nodes[0].cpus: missing"},

    {"free not an object", MEMORY("\"free\": 5"), "nodes[0].free: must be an object"},
    {"order too large", MEMORY("\"free\": {\"19\": 0}"), "nodes[0].free.19: must be an order"},
    {"order not a number", MEMORY("\"free\": {\"x\": 0}"), "nodes[0].free.x: must be an order"},
    {"order empty", MEMORY("\"free\": {\"\": 0}"), "nodes[0].free.: must be an order"},
    {"order padded", MEMORY("\"free\": {\"09\": 0}"), "nodes[0].free.09: must be an order"},
    {"order signed", MEMORY("\"free\": {\"+9\": 0}"), "nodes[0].free.+9: must be an order"},
    {"free negative", MEMORY("\"free\": {\"0\": -1}"), "nodes[0].free.0: must be an integer"},
    {"one order beyond", MEMORY("\"free\": {\"18\": 2}"), "nodes[0].free.18: must be an integer"},
    {"sum beyond", MEMORY("\"free\": {\"18\": 1, \"0\": 1}"), "nodes[0].free: more than"},
    {"dirty beyond", MEMORY("\"dirty_mib\": 1025"), "nodes[0].dirty_mib: more than is free"},
    {"dirty beyond free", MEMORY("\"free\": {\"0\": 256}, \"dirty_mib\": 2"),
     "nodes[0].dirty_mib: more than is free"},
    {"dirty beyond free MiB", MEMORY("\"free_mib\": 7, \"dirty_mib\": 8"),
     "nodes[0].dirty_mib: more than is free"},
    {"free MiB beyond", MEMORY("\"free_mib\": 1025"),
     "nodes[0].free_mib: must be an integer from 0 to 1024"},
    {"free MiB and extents", MEMORY("\"free_mib\": 1, \"free\": {\"9\": 1}"),
     "nodes[0].free_mib: not together with free"},

    {"devices not an array", WITH("\"devices\": {}"), "devices: must be an array"},
    {"device not an object", WITH("\"devices\": [1]"), "devices[0]: must be an object"},
    {"unknown in device", DEVICE("\"bus\": 1"), "devices[0].bus: unknown member"},
    {"address missing", DEVICE("\"node\": 1"), "devices[0].address: missing"},
    {"address a number", DEVICE("\"address\": 41"), "devices[0].address: must be like"},
    {"address without segment", ADDRESS("41:00.0"), "devices[0].address: must be like"},
    {"address in capitals", ADDRESS("0000:4A:00.0"), "devices[0].address: must be like"},
    {"address with a blank", ADDRESS("0000:4a: 0.0"), "devices[0].address: must be like"},
    {"address with a sign", ADDRESS("0000:4a:+0.0"), "devices[0].address: must be like"},
    {"address with more", ADDRESS("0000:4a:00.0 "), "devices[0].address: must be like"},
    {"slot too large", ADDRESS("0000:4a:20.0"), "devices[0].address: must be like"},
    {"function too large", ADDRESS("0000:4a:00.8"), "devices[0].address: must be like"},
    {"device on no node", DEVICE("\"address\": \"0000:4a:00.0\", \"node\": 2"),
     "devices[0].node: is not one of the nodes"},
    {"device's node text", DEVICE("\"address\": \"0000:4a:00.0\", \"node\": \"1\""),
     "devices[0].node: must be an integer"},
    {"address twice",
     WITH("\"devices\": [{\"address\": \"0000:4a:00.0\"}, "
          "{\"address\": \"0000:4a:00.0\", \"node\": 1}]"),
     "devices[1].address: there is a device with it"},

    {"distances not an array", WITH("\"distances\": 10"), "distances: must be an array of 2"},
    {"a row missing", WITH("\"distances\": [[10, 20]]"), "distances: must be an array of 2"},
    {"a row too many", WITH("\"distances\": [[10, 20], [20, 10], []]"), "distances: must be"},
    {"a row short", WITH("\"distances\": [[10, 20], [20]]"), "distances[1]: must be an array"},
    {"a row long", WITH("\"distances\": [[10, 20, 1], [20, 10]]"), "distances[0]: must be an"},
    {"a row a number", WITH("\"distances\": [10, 20]"), "distances[0]: must be an array"},
    {"distance large", WITH("\"distances\": [[10, 256], [20, 10]]"),
     "distances[0][1]: must be an integer from 0 to 255"},
    {"distance text", WITH("\"distances\": [[10, 20], [\"20\", 10]]"), "distances[1][0]: must be"},
};

START_TEST(refuses) {
    const struct refusal_case *c = &refusals[_i];
    struct hostfile file = {.threads_per_core = 77};
    struct error err = {0};

    ck_assert_msg(hostfile_parse(c->text, &file, &err) == -EINVAL, "%s: accepted", c->name);
    ck_assert_int_eq(err.code, EINVAL);
    ck_assert_msg(strncmp(err.text, c->blamed, strlen(c->blamed)) == 0, "%s: '%s'", c->name,
                  err.text);
    ck_assert_msg(file.threads_per_core == 77, "%s: result touched", c->name);
    error_done(&err);
}
END_TEST

static struct hostfile parse(const char *text) {
    struct hostfile file;
    struct error err = {0};
    int r = hostfile_parse(text, &file, &err);

    ck_assert_msg(r == 0, "%s: %s", text, r ? err.text : "");
    return file;
}

START_TEST(reads_whole_format) {
    struct hostfile file = parse("{\"description\": \"all\", \"threads_per_core\": 2, \"nodes\": ["
                                 "{\"id\": 0, \"memory_mib\": 2048, \"cpus\": 4,"
                                 " \"free\": {\"18\": 1, \"9\": 3, \"0\": 7}, \"dirty_mib\": 5},"
                                 "{\"id\": 63, \"memory_mib\": 0, \"cpus\": 0}],"
                                 "\"distances\": [[10, 255], [0, 11]]}\n");
    const struct host *host = &file.host;

    ck_assert_str_eq(file.description, "all");
    ck_assert_uint_eq(file.threads_per_core, 2);
    ck_assert_uint_eq(host->nr_nodes, 64);
    ck_assert(host->node[0].online && !host->node[1].online && host->node[63].online);
    ck_assert_uint_eq(host->node[0].size_pages, 524288);
    ck_assert_uint_eq(host->node[0].free_pages, 262144 + 3 * 512 + 7);
    ck_assert_uint_eq(host->node[0].claimed_pages, 0);
    ck_assert_uint_eq(host->node[0].nr_cpus, 4);
    ck_assert_uint_eq(host->node[0].nr_cores, 2);
    ck_assert(file.node[0].fragmented && !file.node[63].fragmented);
    ck_assert_uint_eq(file.node[0].free_extents[18], 1);
    ck_assert_uint_eq(file.node[0].free_extents[9], 3);
    ck_assert_uint_eq(file.node[0].free_extents[0], 7);
    ck_assert_uint_eq(file.node[0].dirty_pages, 1280);
    ck_assert_uint_eq(host->node[63].size_pages, 0);
    ck_assert_uint_eq(host->node[63].nr_cpus, 0);
    hostfile_done(&file);
    ck_assert_ptr_null(file.description);
}
END_TEST

// Row and column numbers count the nodes there are; the matrix is kept as written.
START_TEST(places_distances_by_id) {
    struct hostfile file =
        parse("{\"nodes\": [" NODE(1) ", " NODE(5) "],"
                                                   "\"distances\": [[0, 255], [21, 11]]}");

    ck_assert_uint_eq(file.host.distance[1][1], 0);
    ck_assert_uint_eq(file.host.distance[1][5], 255);
    ck_assert_uint_eq(file.host.distance[5][1], 21);
    ck_assert_uint_eq(file.host.distance[5][5], 11);
    ck_assert_uint_eq(file.host.distance[0][0], HOST_DISTANCE_UNKNOWN);
    ck_assert_uint_eq(file.host.distance[1][2], HOST_DISTANCE_UNKNOWN);
    hostfile_done(&file);
}
END_TEST

START_TEST(has_defaults) {
    struct hostfile file = parse(NODES(NODE(0) ", " NODE(2)));

    ck_assert_ptr_null(file.description);
    ck_assert_uint_eq(file.threads_per_core, 1);
    ck_assert_uint_eq(file.host.node[2].free_pages, 1024);
    ck_assert_uint_eq(file.host.node[2].nr_cores, 2);
    ck_assert_uint_eq(file.node[2].dirty_pages, 0);
    ck_assert_uint_eq(file.host.distance[0][0], 10);
    ck_assert_uint_eq(file.host.distance[0][2], 20);
    ck_assert_uint_eq(file.host.distance[2][0], 20);
    ck_assert_uint_eq(file.host.distance[0][1], HOST_DISTANCE_UNKNOWN);
    hostfile_done(&file);
}
END_TEST

// An empty "free" is a node with nothing left, not one that is all free.
START_TEST(knows_nothing_free) {
    struct hostfile file = parse(MEMORY("\"free\": {}"));

    ck_assert(file.node[0].fragmented);
    ck_assert_uint_eq(file.host.node[0].free_pages, 0);
    hostfile_done(&file);
}
END_TEST

// The sum alone says nothing of extents.
START_TEST(reads_free_sum) {
    struct hostfile file = parse(MEMORY("\"free_mib\": 7, \"dirty_mib\": 7"));

    ck_assert(!file.node[0].fragmented);
    ck_assert_uint_eq(file.host.node[0].size_pages, 262144);
    ck_assert_uint_eq(file.host.node[0].free_pages, 1792);
    ck_assert_uint_eq(file.node[0].dirty_pages, 1792);
    hostfile_done(&file);
}
END_TEST

START_TEST(reads_devices) {
    struct hostfile file = parse(WITH("\"devices\": [{\"address\": \"0000:41:00.0\", \"node\": 1},"
                                      "{\"address\": \"12ab:0c:1f.7\"}]"));

    ck_assert_uint_eq(file.nr_devices, 2);
    ck_assert_uint_eq(file.device[0].node, 1);
    ck_assert_uint_eq(hostfile_device_sbdf(&file.device[0]), 0x4100);
    ck_assert_uint_eq(file.device[1].node, HOSTFILE_NO_NODE);
    ck_assert_uint_eq(hostfile_device_sbdf(&file.device[1]), 0x12ab0cff);
    hostfile_done(&file);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("hostfile");
    TCase *tests = tcase_create("hostfile");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tests, refuses, 0, sizeof(refusals) / sizeof(refusals[0]));
    tcase_add_test(tests, reads_whole_format);
    tcase_add_test(tests, places_distances_by_id);
    tcase_add_test(tests, has_defaults);
    tcase_add_test(tests, knows_nothing_free);
    tcase_add_test(tests, reads_free_sum);
    tcase_add_test(tests, reads_devices);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
