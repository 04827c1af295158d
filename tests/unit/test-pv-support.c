// Which PV guests Xen says that it runs. The texts are those of `xl info` (xen_caps).

#include "lib/guest/pv-support.h"
#include "tests/unit/unit.h"

static const struct {
    const char *capabilities, *type;
    bool has;
} cases[] = {
    {"xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64", "xen-3.0-x86_64", true},
    {"xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ", "xen-3.0-x86_32p", false},
    {"xen-3.0-x86_64 xen-3.0-x86_32p hvm-3.0-x86_32 ", "xen-3.0-x86_32p", true},
    {"hvm-3.0-x86_32 xen-3.0-x86_32p", "xen-3.0-x86_32p", true},
    // Another type begins or ends with it.
    {"xen-3.0-x86_32p hvm-3.0-x86_32", "xen-3.0-x86_32", false},
    {"hvm-3.0-x86_32 hvm-3.0-x86_64", "xen-3.0-x86_64", false},
    {"hvm-xen-3.0-x86_64", "xen-3.0-x86_64", false},
    {"  xen-3.0-x86_64", "xen-3.0-x86_64", true},
    {"", "xen-3.0-x86_64", false},
};

START_TEST(has_words) {
    ck_assert_int_eq(pv_support_has(cases[_i].capabilities, cases[_i].type), cases[_i].has);
}
END_TEST

START_TEST(types_of_pv_guests) {
    ck_assert(pv_support_is_type("xen-3.0-x86_64"));
    ck_assert(pv_support_is_type("xen-3.0-x86_32p"));
    ck_assert(!pv_support_is_type("hvm-3.0-x86_32"));
    ck_assert(!pv_support_is_type(""));
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("pv-support");

    tcase_add_loop_test(tcase, has_words, 0, (int)ARRAY_SIZE(cases));
    tcase_add_test(tcase, types_of_pv_guests);
    return unit_run("pv-support", tcase);
}
