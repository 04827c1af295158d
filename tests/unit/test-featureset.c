// Featuresets as xapi writes them, and as people mistype them.

#include <errno.h>
#include <string.h>

#include "lib/guest/featureset.h"
#include "tests/unit/unit.h"

struct good {
    const char *text;
    uint32_t words[4];
};

static const struct good good[] = {
    {"17cbfbff-f7fa3223-2d93fbff-00000023", {0x17cbfbff, 0xf7fa3223, 0x2d93fbff, 0x23}},
    {"17cbfbff:f7fa3223-2d93fbff", {0x17cbfbff, 0xf7fa3223, 0x2d93fbff, 0}},
    {"1", {1}},
    {"1-2-", {1, 2}},
    {" 1- +2-0x3", {1, 2, 3}},
    {"1-2-3-4-0-00000000-0", {1, 2, 3, 4}},
    {"FFFFFFFF", {0xffffffff}},
};

START_TEST(test_good) {
    uint32_t words[4] = {9, 9, 9, 9};
    struct error err = {0};

    ck_assert_int_eq(featureset_parse(good[_i].text, words, 4, &err), 0);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(words[i], good[_i].words[i]);
}
END_TEST

static const char *const bad[] = {
    "", "-", "1--2", "1-2 -3", "1-2 ", "100000000", "1-g", "1,2", "-1", "1-2-3-4-5", "1 2", "x1",
};

START_TEST(test_bad) {
    uint32_t words[4];
    struct error err = {0};

    ck_assert_msg(featureset_parse(bad[_i], words, 4, &err) == -EINVAL, "\"%s\"", bad[_i]);
    ck_assert(strstr(err.text, "featureset") != NULL);
    error_done(&err);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("featureset");

    tcase_add_loop_test(tcase, test_good, 0, ARRAY_SIZE(good));
    tcase_add_loop_test(tcase, test_bad, 0, ARRAY_SIZE(bad));
    return unit_run("featureset", tcase);
}
