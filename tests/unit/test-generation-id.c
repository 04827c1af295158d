// The generation id as xapi writes it: two numbers of 64 bits, which the guest takes for one of
// 128.

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/guest/generation-id.h"
#include "tests/unit/unit.h"

static const struct {
    const char *text;
    uint64_t id[2];
} good[] = {
    {"1:2", {1, 2}},
    {"209202393574174067:5365773919542227445", {209202393574174067, 5365773919542227445}},
    {"0x10:18446744073709551615", {16, UINT64_MAX}},
};

START_TEST(test_good) {
    struct error err = {0};
    uint64_t id[2];

    ck_assert_int_eq(generation_id_parse(good[_i].text, id, &err), 0);
    ck_assert_uint_eq(id[0], good[_i].id[0]);
    ck_assert_uint_eq(id[1], good[_i].id[1]);
}
END_TEST

static const char *const bad[] = {
    "",
    "1",
    "1:",
    ":1",
    "0:1",
    "1:0",
    "1:2:3",
    "1:2 ",
    " 1:2",
    "-1:2",
    "1:18446744073709551616",
    "a:b",
    "1 :2",
    "1:nan",
};

START_TEST(test_bad) {
    struct error err = {0};
    uint64_t id[2] = {7, 7};

    ck_assert_int_lt(generation_id_parse(bad[_i], id, &err), 0);
    ck_assert_uint_eq(id[0], 7);
    ck_assert_ptr_ne(strstr(err.text, "platform/generation-id"), NULL);
    error_done(&err);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("generation-id");

    tcase_add_loop_test(tcase, test_good, 0, ARRAY_SIZE(good));
    tcase_add_loop_test(tcase, test_bad, 0, ARRAY_SIZE(bad));
    return unit_run("generation-id", tcase);
}
