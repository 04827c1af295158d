// Affinity strings of older toolstacks.

#include <errno.h>
#include <string.h>

#include "lib/guest/cpumap.h"
#include "tests/unit/unit.h"

struct good {
    const char *text;
    unsigned nr_cpus;
    uint8_t map[2];
};

static const struct good good[] = {
    {"1100", 4, {0x03, 0}},
    {"0001", 4, {0x08, 0}},
    {"1", 4, {0x01, 0}},
    {"000000001", 9, {0, 0x01}},
    {"1111111111111111", 16, {0xff, 0xff}},
    {"00011111", 4, {0x08, 0}},
    {"1000000000000000000000000000000000000000001", 4, {0x01, 0}},
};

START_TEST(test_good) {
    uint8_t map[3] = {0, 0, 0x5a};
    struct error err = {0};

    ck_assert_int_eq(cpumap_parse(good[_i].text, good[_i].nr_cpus, map, &err), 0);
    ck_assert_mem_eq(map, good[_i].map, 2);
    ck_assert_uint_eq(map[2], 0x5a);
}
END_TEST

struct bad {
    const char *name, *text, *why;
};

static const struct bad bad[] = {
    {"affinity_of_all_zeros", "0000", "names no CPU"},
    {"affinity_that_is_empty", "", "names no CPU"},
    {"affinity_beyond_the_host", "00001111", "none of this host's 4 CPUs"},
    {"affinity_of_other_characters", "11x1", "row of 0 and 1"},
    {"affinity_as_a_list", "0-3", "row of 0 and 1"},
};

START_TEST(test_bad) {
    uint8_t map[2] = {0};
    struct error err = {0};

    ck_assert_msg(cpumap_parse(bad[_i].text, 4, map, &err) == -EINVAL, "%s", bad[_i].name);
    ck_assert_msg(strstr(err.text, bad[_i].why) != NULL, "%s: %s", bad[_i].name, err.text);
    error_done(&err);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("cpumap");

    tcase_add_loop_test(tcase, test_good, 0, ARRAY_SIZE(good));
    tcase_add_loop_test(tcase, test_bad, 0, ARRAY_SIZE(bad));
    return unit_run("cpumap", tcase);
}
