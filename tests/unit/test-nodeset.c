// The text form of node lists: what is accepted, what it means, what an error names.

#include "lib/numa/nodeset.h"
#include "tests/unit/prng.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

struct good_case {
    const char *text;
    const char *formatted; // shortest form
    unsigned nr;
    uint8_t node[8]; // the first ones
};

static const struct good_case good_cases[] = {
    {"0", "0", 1, {0}},
    {"63", "63", 1, {63}},
    {"1,0,2-3", "1,0,2-3", 4, {1, 0, 2, 3}},
    {"0,1,2,3", "0-3", 4, {0, 1, 2, 3}},
    {"3,2,1,0", "3,2,1,0", 4, {3, 2, 1, 0}},
    {"4-4", "4", 1, {4}},
    {"007", "7", 1, {7}},
    {"0-63", "0-63", 64, {0, 1, 2, 3, 4, 5, 6, 7}},
    {"2-3,0-1", "2-3,0-1", 4, {2, 3, 0, 1}},
};

START_TEST(test_good) {
    const struct good_case *c = &good_cases[_i];
    struct error err = {0};
    struct nodelist list;

    ck_assert_msg(nodelist_parse(c->text, &list, &err) == 0, "%s", c->text);
    ck_assert_uint_eq(list.nr, c->nr);
    for (unsigned i = 0; i < c->nr && i < ARRAY_SIZE(c->node); i++)
        ck_assert_uint_eq(list.node[i], c->node[i]);
    ck_assert_str_eq(nodelist_text(&list).s, c->formatted);
}
END_TEST

struct bad_case {
    const char *text;
    int rc;
    const char *error;
};

static const struct bad_case bad_cases[] = {
    {"", -EINVAL, "\"\" is not a node or a range of nodes"},
    {" 1", -EINVAL, "\" 1\" is not a node or a range of nodes"},
    {"1 ", -EINVAL, "\"1 \" is not a node or a range of nodes"},
    {"1,,2", -EINVAL, "\"\" is not a node or a range of nodes"},
    {"1,", -EINVAL, "\"\" is not a node or a range of nodes"},
    {",1", -EINVAL, "\"\" is not a node or a range of nodes"},
    {"1, 2", -EINVAL, "\" 2\" is not a node or a range of nodes"},
    {"-1", -EINVAL, "\"-1\" is not a node or a range of nodes"},
    {"+1", -EINVAL, "\"+1\" is not a node or a range of nodes"},
    {"1-", -EINVAL, "\"1-\" is not a node or a range of nodes"},
    {"1-2-3", -EINVAL, "\"1-2-3\" is not a node or a range of nodes"},
    {"0,x", -EINVAL, "\"x\" is not a node or a range of nodes"},
    {"0x1", -EINVAL, "\"0x1\" is not a node or a range of nodes"},
    {"1;2", -EINVAL, "\"1;2\" is not a node or a range of nodes"},
    {"3-2", -EINVAL, "\"3-2\" runs backwards"},
    {"64", -ERANGE, "\"64\" is beyond 63, the highest node id"},
    {"60-64", -ERANGE, "\"60-64\" is beyond 63, the highest node id"},
    {"18446744073709551617", -ERANGE, "\"18446744073709551617\" is beyond 63, the highest node id"},
    {"1,1", -EINVAL, "node 1 is named twice in \"1,1\""},
    {"0-3,2", -EINVAL, "node 2 is named twice in \"0-3,2\""},
};

START_TEST(test_bad) {
    const struct bad_case *c = &bad_cases[_i];
    struct nodelist list = {.nr = 7};
    struct error err = {0};

    ck_assert_msg(nodelist_parse(c->text, &list, &err) == c->rc, "%s", c->text);
    ck_assert_int_eq(err.code, -c->rc);
    ck_assert_str_eq(err.text, c->error);
    ck_assert_uint_eq(list.nr, 7);
    error_done(&err);
}
END_TEST

START_TEST(test_empty_text) {
    struct nodelist none = {0};

    ck_assert_str_eq(nodelist_text(&none).s, "none");
    ck_assert_str_eq(nodeset_text(0).s, "none");
}
END_TEST

START_TEST(test_set_text) {
    ck_assert_str_eq(nodeset_text(nodeset_of(5) | nodeset_of(1) | nodeset_of(6)).s, "1,5-6");
    ck_assert_str_eq(nodeset_text(~0ULL).s, "0-63");
}
END_TEST

// Every list survives being written and read, the longest text included.
START_TEST(test_round_trip) {
    struct prng prng = {1};
    size_t longest = 0;

    for (int round = 0; round < 20000; round++) {
        struct nodelist list = {0};
        struct nodelist back;
        struct error err = {0};
        unsigned nr = 1 + prng_below(&prng, HOST_MAX_NODES);

        while (list.nr < nr) {
            unsigned node = prng_below(&prng, HOST_MAX_NODES);

            if (!nodeset_has(nodelist_set(&list), node))
                nodelist_add(&list, node);
        }
        ck_assert_int_eq(nodelist_parse(nodelist_text(&list).s, &back, &err), 0);
        ck_assert_uint_eq(back.nr, list.nr);
        ck_assert_int_eq(memcmp(back.node, list.node, list.nr), 0);
        if (strlen(nodelist_text(&list).s) > longest)
            longest = strlen(nodelist_text(&list).s);
    }
    ck_assert_uint_gt(longest, 170); // 10 ids of one digit, 54 of two, 63 commas: 181
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("nodeset");

    tcase_add_loop_test(tcase, test_good, 0, ARRAY_SIZE(good_cases));
    tcase_add_loop_test(tcase, test_bad, 0, ARRAY_SIZE(bad_cases));
    tcase_add_test(tcase, test_empty_text);
    tcase_add_test(tcase, test_set_text);
    tcase_add_test(tcase, test_round_trip);
    return unit_run("nodeset", tcase);
}
