// The three forms of the placement report, for a guest of 6 GiB that nobody has built. The expected
// texts are written by hand from the README and lib/view/report.h, and are the examples that the
// README refers to.

#include "lib/view/report.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define EXAMPLES "fixtures/reports/"

struct example {
    struct host host;
    struct policy policy;
    struct plan plan;
    struct placement placement;
    struct report report;
};

// Four nodes in a ring; nothing is placed.
static void example_init(struct example *example) {
    static const uint8_t distances[4][4] = {
        {10, 16, 22, 16}, {16, 10, 16, 22}, {22, 16, 10, 16}, {16, 22, 16, 10}};

    *example = (struct example){.host.nr_nodes = 4, .policy = policy_defaults()};
    for (unsigned from = 0; from < 4; from++) {
        example->host.node[from].online = true;
        memcpy(example->host.distance[from], distances[from], sizeof(distances[from]));
    }
    example->report = (struct report){.host = &example->host,
                                      .policy = &example->policy,
                                      .plan = &example->plan,
                                      .placement = &example->placement,
                                      .claim = "none"};
}

static void set(struct example *example, const char *name, const char *value) {
    struct error err = {0};

    ck_assert_int_eq(policy_set(&example->policy, name, value, POLICY_FROM_PLATFORM, &err), 0);
}

// numa-nodes=1,0: node 1 gave its last GiB in small pieces, node 0 was full before the end, and of
// the neighbours only node 2 had a GiB; the last 256 MiB came from anywhere.
static void example_stored(struct example *example) {
    example_init(example);
    set(example, "numa-policy", "preferred");
    set(example, "numa-nodes", "1,0");
    example->plan.origin = PLAN_FROM_SETTING;
    nodelist_add(&example->plan.preferred, 1);
    nodelist_add(&example->plan.preferred, 0);
    example->placement = (struct placement){
        .node = {[0].extents = {1, 384, 0}, [1].extents = {2, 511, 480}, [2].extents = {1, 0, 0}},
        .nodeless.extents = {0, 100, 14336},
        .nr_replans = 1,
    };
    example->plan.cpus = (struct cpu_shares){.nodes = 0x2, .share[1] = 4, .sum = 4};
    example->report.claim = "host";
    example->report.page_tables = 0x2;
    report_note(&example->report, "the preferred nodes had less memory free than the guest needs");
    report_note(&example->report, "no node of the plan had the rest; Xen took it from anywhere");
}

// What a text file of the examples holds.
static const char *stored(const char *path) {
    static char buffer[8192];
    FILE *file = fopen(path, "re");
    size_t length;

    ck_assert_msg(file != NULL, "%s is not there", path);
    length = fread(buffer, 1, sizeof(buffer) - 1, file);
    fclose(file);
    buffer[length] = '\0';
    return buffer;
}

#define MAX_TEXT 8192

static void append_line(void *context, const char *text) {
    char *all = context;
    size_t length = strlen(all);

    ck_assert(!strchr(text, '\n'));
    snprintf(all + length, MAX_TEXT - length, "%s\n", text);
}

// Each form with the newline that ends a line of a file; valid until the next call.
static const char *table_of(const struct example *example) {
    static char text[MAX_TEXT];

    text[0] = '\0';
    report_table(&example->report, append_line, text);
    return text;
}

static const char *with_newline(char *text) {
    static char line[MAX_TEXT];

    ck_assert(text != NULL);
    snprintf(line, sizeof(line), "%s\n", text);
    free(text);
    return line;
}

START_TEST(test_stored_table) {
    struct example example;

    example_stored(&example);
    ck_assert_str_eq(table_of(&example), stored(EXAMPLES "table.txt"));
}
END_TEST

START_TEST(test_stored_line) {
    struct example example;

    example_stored(&example);
    ck_assert_str_eq(with_newline(report_line(&example.report)), stored(EXAMPLES "line.txt"));
}
END_TEST

START_TEST(test_stored_json) {
    struct example example;

    example_stored(&example);
    ck_assert_str_eq(with_newline(report_json(&example.report, true)),
                     stored(EXAMPLES "placement.json"));
}
END_TEST

// Nobody chose a node, so there is nothing to measure distances from.
START_TEST(test_no_distance) {
    struct example example;

    example_init(&example);
    example.plan.origin = PLAN_FROM_UNCONNECTED;
    example.placement.node[3].extents[EXTENT_2M] = 3;
    example.placement.nodeless.extents[EXTENT_2M] = 1;
    ck_assert_str_eq(
        table_of(&example),
        "placement: numa-policy=auto from default; nodes: no connected nodes have the memory; "
        "claim: none\n"
        " node  distance          MiB    1 GiB    2 MiB    4 KiB   share\n"
        "    3         -          6.0        0        3        0   75.0%\n"
        "  any         -          2.0        0        1        0   25.0%\n");
    ck_assert_str_eq(
        with_newline(report_line(&example.report)),
        "placement: 8.0 MiB, numa-policy=auto from default, nodes no connected nodes have the "
        "memory, claim none; node 3: 6.0 MiB 75.0% (0x1GiB 3x2MiB 0x4KiB); "
        "anywhere: 2.0 MiB 25.0% (0x1GiB 1x2MiB 0x4KiB)\n");
    ck_assert_str_eq(with_newline(report_json(&example.report, true)),
                     "{\"version\":1,\"policy\":\"auto\",\"policy_source\":\"default\","
                     "\"nodes_from\":\"no connected nodes have the memory\",\"claim\":\"none\","
                     "\"populate_on_demand\":false,\"replans\":0,\"pages\":2048,"
                     "\"cpu_nodes\":[],\"mean_distance\":null,\"page_tables\":[],"
                     "\"nodes\":[{\"node\":3,\"distance\":null,\"pages\":1536,"
                     "\"extents\":{\"1GiB\":0,\"2MiB\":3,\"4KiB\":0},\"share\":75.00}],"
                     "\"anywhere\":{\"pages\":512,\"extents\":{\"1GiB\":0,\"2MiB\":1,\"4KiB\":0}},"
                     "\"notes\":[]}\n");
}
END_TEST

// vCPUs on two nodes: a third on node 0, two thirds on node 1. Node 2 is 22 and 16 away: 18. Node 3
// is 16 and 22 away: 20; node 0 10 and 16: 14.
START_TEST(test_mean_distance) {
    struct example example;

    example_init(&example);
    example.plan.origin = PLAN_FROM_VCPUS;
    example.plan.cpus = (struct cpu_shares){.nodes = 0x3, .share = {1, 2}, .sum = 3};
    example.placement.node[0].extents[EXTENT_2M] = 1;
    example.placement.node[2].extents[EXTENT_2M] = 1;
    example.placement.node[3].extents[EXTENT_2M] = 1;
    ck_assert_str_eq(table_of(&example),
                     "placement: numa-policy=auto from default; nodes: vCPU affinity; claim: none\n"
                     "vcpus: nodes 0-1; mean distance 17.3; page_tables: left\n"
                     " node  distance          MiB    1 GiB    2 MiB    4 KiB   share\n"
                     "    0        14          2.0        0        1        0   33.3%\n"
                     "    2        18          2.0        0        1        0   33.3%\n"
                     "    3        20          2.0        0        1        0   33.3%\n");
    example.plan.cpus = (struct cpu_shares){.nodes = 0x3, .share = {3, 1}, .sum = 4};
    ck_assert(strstr(with_newline(report_json(&example.report, true)),
                     "\"cpu_nodes\":[0,1],\"mean_distance\":16.5,\"page_tables\":[],\"nodes\":[{"
                     "\"node\":0,\"distance\":11.5,") != NULL);
}
END_TEST

// The pages are only marked; no node has given them yet.
START_TEST(test_on_demand) {
    struct example example;

    example_init(&example);
    example.plan.origin = PLAN_FROM_PICKED;
    nodelist_add(&example.plan.preferred, 2);
    example.placement.nodeless.extents[EXTENT_1G] = 1;
    example.report.on_demand = true;
    ck_assert_str_eq(table_of(&example),
                     "placement: numa-policy=auto from default; nodes: picked; claim: none; "
                     "populated on demand\n"
                     " node  distance          MiB    1 GiB    2 MiB    4 KiB   share\n"
                     "  any         -       1024.0        1        0        0  100.0%\n");
    ck_assert_str_eq(with_newline(report_line(&example.report)),
                     "placement: 1024.0 MiB, numa-policy=auto from default, nodes picked, claim "
                     "none, on demand; anywhere: 1024.0 MiB 100.0% (1x1GiB 0x2MiB 0x4KiB)\n");
    ck_assert_str_eq(with_newline(report_json(&example.report, true)),
                     "{\"version\":1,\"policy\":\"auto\",\"policy_source\":\"default\","
                     "\"nodes_from\":\"picked\",\"claim\":\"none\",\"populate_on_demand\":true,"
                     "\"replans\":0,\"pages\":262144,\"cpu_nodes\":[],\"mean_distance\":null,"
                     "\"page_tables\":[],\"nodes\":[],"
                     "\"anywhere\":{\"pages\":262144,"
                     "\"extents\":{\"1GiB\":1,\"2MiB\":0,\"4KiB\":0}},\"notes\":[]}\n");
}
END_TEST

// Two vnodes of 4 vCPUs and 3 GiB: the second lacks 512 MiB on its node, of which node 1 gave 256,
// and the rest came from anywhere.
static void example_vnodes(struct example *example) {
    example_stored(example);
    example->plan.vnodes = (struct vnodes){
        .nr = 2, .low_pages = 3840 * 256UL, .vnode = {{1, 4, 786432}, {0, 4, 786432}}};
    example->placement.vnode_pages[0][1] = 786400;
    example->placement.vnode_pages[1][0] = 655360;
    example->placement.vnode_pages[1][1] = 65536;
    example->placement.vnode_pages[1][HOST_MAX_NODES] = 65536;
    example->report.vnodes = &example->plan.vnodes;
}

START_TEST(test_vnodes) {
    struct example example;

    example_vnodes(&example);
    ck_assert(strstr(table_of(&example),
                     "\nvnode 0: vCPUs 0-3 and 3072.0 MiB on node 1\n"
                     "vnode 1: vCPUs 4-7 and 3072.0 MiB on node 0, 512.0 MiB of it elsewhere\n"
                     "the same vnodes at each start: numa-virtual=4:3072@1;4:3072@0\n"
                     "note: ") != NULL);
    ck_assert(
        strstr(with_newline(report_line(&example.report)),
               "; page_tables: nodes 1; vnodes on nodes 1,0, 512.0 MiB elsewhere; node 1: ") !=
        NULL);
    ck_assert(strstr(with_newline(report_json(&example.report, true)),
                     "],\"vnodes\":[{\"node\":1,\"vcpus\":[0,3],\"mib\":3072},"
                     "{\"node\":0,\"vcpus\":[4,7],\"mib\":3072,\"remote\":["
                     "{\"node\":1,\"pages\":65536},{\"node\":null,\"pages\":65536}]}],"
                     "\"numa_virtual\":\"4:3072@1;4:3072@0\",\"anywhere\":") != NULL);
    ck_assert(strstr(with_newline(report_json(&example.report, false)),
                     "\"mib\":3072,\"remote\":[]}],\"numa_virtual\":") != NULL);
}
END_TEST

START_TEST(test_notes) {
    struct example example;
    const char *line;
    int nr = 0;

    example_init(&example);
    for (int i = 0; i < REPORT_MAX_NOTES + 1; i++)
        report_note(&example.report, i ? "more" : "a \"quoted\" word");
    line = with_newline(report_json(&example.report, true));
    ck_assert(strstr(line, "\"notes\":[\"a \\\"quoted\\\" word\",\"more\"") != NULL);
    for (const char *at = line; (at = strstr(at, "\"more\"")); at++)
        nr++;
    ck_assert_int_eq(nr, REPORT_MAX_NOTES - 1);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("report");

    tcase_add_test(tcase, test_stored_table);
    tcase_add_test(tcase, test_stored_line);
    tcase_add_test(tcase, test_stored_json);
    tcase_add_test(tcase, test_no_distance);
    tcase_add_test(tcase, test_mean_distance);
    tcase_add_test(tcase, test_on_demand);
    tcase_add_test(tcase, test_vnodes);
    tcase_add_test(tcase, test_notes);
    return unit_run("report", tcase);
}
