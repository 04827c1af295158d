// Vnodes: lists as text, frames, distances. Expectations come from vnodes.h.

#include "lib/numa/vnodes.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define GIB 262144ULL // in pages

static const char *const good_lists[] = {
    "1:4@0", "2:4096@1;2:4096@0", "128:16777216@63", "3:1024;1:5@7;2:6", "1:4@0;1:4@0",
};

START_TEST(test_parse_good) {
    struct vnodes vnodes;
    struct error err = {0};

    ck_assert_int_eq(vnodes_parse(good_lists[_i], &vnodes, &err), 0);
    ck_assert_str_eq(vnodes_text(&vnodes).s, good_lists[_i]);
}
END_TEST

START_TEST(test_parse_fields) {
    struct vnodes vnodes;
    struct error err = {0};

    ck_assert_int_eq(vnodes_parse("3:1024@5;1:7", &vnodes, &err), 0);
    ck_assert_uint_eq(vnodes.nr, 2);
    ck_assert_uint_eq(vnodes.vnode[0].nr_vcpus, 3);
    ck_assert_uint_eq(vnodes.vnode[0].nr_pages, GIB);
    ck_assert_uint_eq(vnodes.vnode[0].node, 5);
    ck_assert_uint_eq(vnodes.vnode[1].nr_vcpus, 1);
    ck_assert_uint_eq(vnodes.vnode[1].nr_pages, 7 * 256UL);
    ck_assert_uint_eq(vnodes.vnode[1].node, VNODES_ANY_NODE);
    ck_assert_uint_eq(vnodes_nodes(&vnodes), 1ULL << 5);
}
END_TEST

START_TEST(test_parse_longest) {
    char list[VNODES_MAX * 32] = "";
    struct vnodes vnodes;
    struct error err = {0};
    size_t used = 0;

    for (unsigned i = 0; i < VNODES_MAX; i++)
        used +=
            (size_t)snprintf(list + used, sizeof(list) - used, "%s128:16777216@63", i ? ";" : "");
    ck_assert_int_eq(vnodes_parse(list, &vnodes, &err), 0);
    ck_assert_str_eq(vnodes_text(&vnodes).s, list);
    snprintf(list + used, sizeof(list) - used, ";1:4");
    ck_assert_int_eq(vnodes_parse(list, &vnodes, &err), -ERANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "more than 32 vnodes"));
    error_done(&err);
}
END_TEST

static const struct {
    const char *list;
    int rc;
    const char *quoted;
} bad_lists[] = {
    {"", -EINVAL, "\"\""},
    {"2", -EINVAL, "\"2\""},
    {"2:", -EINVAL, "\"2:\""},
    {":4096", -EINVAL, "\":4096\""},
    {"2:4096@", -EINVAL, "\"2:4096@\""},
    {"2:4096@1;", -EINVAL, "\"\""},
    {"2:4096@1;;2:4096", -EINVAL, "\"\""},
    {"2:4096 ;2:4096", -EINVAL, "\"2:4096 \""},
    {"2@1:4096", -EINVAL, "\"2@1:4096\""},
    {"2:4096@1,2", -EINVAL, "\"2:4096@1,2\""},
    {"2:4096@1:2", -EINVAL, "\"2:4096@1:2\""},
    {"0:4096", -ERANGE, "\"0:4096\""},
    {"129:4096", -ERANGE, "\"129:4096\""},
    {"1:3", -ERANGE, "\"1:3\""},
    {"1:16777217", -ERANGE, "\"1:16777217\""},
    {"1:4096@64", -ERANGE, "\"1:4096@64\""},
    {"1:4096@-1", -ERANGE, "\"1:4096@-1\""},
    {"1:00000000000000000000000000000000000000000000000000000000000000000004", -EINVAL, "\"1:00"},
};

START_TEST(test_parse_bad) {
    struct vnodes vnodes = {.nr = 77};
    struct error err = {0};

    ck_assert_int_eq(vnodes_parse(bad_lists[_i].list, &vnodes, &err), bad_lists[_i].rc);
    ck_assert_ptr_nonnull(strstr(err.text, bad_lists[_i].quoted));
    ck_assert_uint_eq(vnodes.nr, 77);
    error_done(&err);
}
END_TEST

// Memory of 3.75 GiB below the hole. A vnode before it, one across it, one behind it.
static const struct vnodes three = {
    .nr = 3,
    .low_pages = 15 * GIB / 4,
    .vnode = {{.node = 2, .nr_vcpus = 1, .nr_pages = 3 * GIB},
              {.node = 0, .nr_vcpus = 4, .nr_pages = 2 * GIB},
              {.node = 2, .nr_vcpus = 2, .nr_pages = GIB}},
};

static void check_range(struct range range, uint64_t gfn, uint64_t nr_pages) {
    ck_assert_uint_eq(range.gfn, gfn);
    ck_assert_uint_eq(range.nr_pages, nr_pages);
}

START_TEST(test_ranges) {
    struct range range[2];

    ck_assert_uint_eq(vnodes_ranges(&three, 0, range), 1);
    check_range(range[0], 0, 3 * GIB);
    ck_assert_uint_eq(vnodes_ranges(&three, 1, range), 2);
    check_range(range[0], 3 * GIB, 3 * GIB / 4);
    check_range(range[1], 4 * GIB, 5 * GIB / 4);
    ck_assert_uint_eq(vnodes_ranges(&three, 2, range), 1);
    check_range(range[0], 4 * GIB + 5 * GIB / 4, GIB);
    ck_assert_uint_eq(vnodes_first_vcpu(&three, 0), 0);
    ck_assert_uint_eq(vnodes_first_vcpu(&three, 2), 5);
    ck_assert_uint_eq(vnodes_nodes(&three), 0x5);
}
END_TEST

// Where one vnode ends at the hole, the next begins at 4 GiB.
START_TEST(test_ranges_at_hole) {
    const struct vnodes two = {
        .nr = 2, .low_pages = 3 * GIB, .vnode = {{.nr_pages = 3 * GIB}, {.nr_pages = 3 * GIB}}};
    struct range range[2];

    ck_assert_uint_eq(vnodes_ranges(&two, 0, range), 1);
    check_range(range[0], 0, 3 * GIB);
    ck_assert_uint_eq(vnodes_ranges(&two, 1, range), 1);
    check_range(range[0], 4 * GIB, 3 * GIB);
}
END_TEST

START_TEST(test_pages) {
    struct range list[] = {{100, 3 * GIB}, {4 * GIB, GIB}, {6 * GIB, GIB}};
    const struct ranges ranges = {.list = list, .nr = 3};

    ck_assert_uint_eq(vnodes_pages(&three, 0, &ranges), 3 * GIB - 100);
    ck_assert_uint_eq(vnodes_pages(&three, 1, &ranges), 100 + GIB);
    ck_assert_uint_eq(vnodes_pages(&three, 2, &ranges), GIB / 4);
}
END_TEST

START_TEST(test_distance) {
    struct host host = {.nr_nodes = 3};

    memset(host.distance, HOST_DISTANCE_UNKNOWN, sizeof(host.distance));
    for (unsigned n = 0; n < 3; n++)
        host.distance[n][n] = HOST_DISTANCE_LOCAL;
    host.distance[0][2] = 21;
    host.distance[2][0] = 23;
    ck_assert_uint_eq(vnodes_distance(&three, &host, 1, 1), 10);
    ck_assert_uint_eq(vnodes_distance(&three, &host, 1, 0), 21);
    ck_assert_uint_eq(vnodes_distance(&three, &host, 0, 1), 23);
    // Two on one node: Linux takes no table in which others are as near as one is to itself.
    ck_assert_uint_eq(vnodes_distance(&three, &host, 0, 2), 20);
    host.distance[0][2] = HOST_DISTANCE_UNKNOWN;
    ck_assert_uint_eq(vnodes_distance(&three, &host, 1, 0), 255);
}
END_TEST

START_TEST(test_equal) {
    struct vnodes other = three;

    ck_assert(vnodes_equal(&three, &other));
    other.vnode[2].node = 1;
    ck_assert(!vnodes_equal(&three, &other));
    other = three;
    other.vnode[0].nr_vcpus = 2;
    ck_assert(!vnodes_equal(&three, &other));
    other = three;
    other.vnode[1].nr_pages--;
    ck_assert(!vnodes_equal(&three, &other));
    other = three;
    other.nr = 2;
    ck_assert(!vnodes_equal(&three, &other));
    other = three;
    other.low_pages = 0;
    ck_assert(!vnodes_equal(&three, &other));
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("vnodes");

    tcase_add_loop_test(tcase, test_parse_good, 0, ARRAY_SIZE(good_lists));
    tcase_add_test(tcase, test_parse_fields);
    tcase_add_test(tcase, test_parse_longest);
    tcase_add_loop_test(tcase, test_parse_bad, 0, ARRAY_SIZE(bad_lists));
    tcase_add_test(tcase, test_ranges);
    tcase_add_test(tcase, test_ranges_at_hole);
    tcase_add_test(tcase, test_pages);
    tcase_add_test(tcase, test_distance);
    tcase_add_test(tcase, test_equal);
    return unit_run("vnodes", tcase);
}
