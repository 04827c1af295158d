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
    uint32_t words[4] = {9, 9, 9, 9};
    struct error err = {0};

    ck_assert_msg(featureset_parse(bad[_i], words, 4, &err) == -EINVAL, "\"%s\"", bad[_i]);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(words[i], 9);
    ck_assert(strstr(err.text, "featureset") != NULL);
    error_done(&err);
}
END_TEST

START_TEST(test_single_features) {
    uint32_t words[8] = {0};

    featureset_set(words, 8, FEATURESET_PAE, true);
    featureset_set(words, 8, FEATURESET_VMX, true);
    featureset_set(words, 8, FEATURESET_NX, true);
    featureset_set(words, 8, FEATURESET_SVM, true);
    featureset_set(words, 8, FEATURESET_ITSC, true);
    ck_assert_uint_eq(words[0], 1U << 6);
    ck_assert_uint_eq(words[1], 1U << 5);
    ck_assert_uint_eq(words[2], 1U << 20);
    ck_assert_uint_eq(words[3], 1U << 2);
    ck_assert_uint_eq(words[7], 1U << 8);
    ck_assert(featureset_has(words, 8, FEATURESET_ITSC));
    featureset_set(words, 8, FEATURESET_ITSC, false);
    ck_assert_uint_eq(words[7], 0);
    ck_assert(!featureset_has(words, 8, FEATURESET_ITSC));
}
END_TEST

START_TEST(test_a_feature_beyond_the_last_word) {
    uint32_t words[8] = {[7] = ~0U};

    ck_assert(!featureset_has(words, 7, FEATURESET_ITSC));
    featureset_set(words, 7, FEATURESET_ITSC, false);
    ck_assert_uint_eq(words[7], ~0U);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("featureset");

    tcase_add_loop_test(tcase, test_good, 0, ARRAY_SIZE(good));
    tcase_add_loop_test(tcase, test_bad, 0, ARRAY_SIZE(bad));
    tcase_add_test(tcase, test_single_features);
    tcase_add_test(tcase, test_a_feature_beyond_the_last_word);
    return unit_run("featureset", tcase);
}
