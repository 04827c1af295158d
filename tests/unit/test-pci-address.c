// Lists of PCI devices, as the toolstack and people write them.

#include <errno.h>
#include <string.h>

#include "lib/guest/pci-address.h"
#include "lib/util/cleanup.h"
#include "tests/unit/unit.h"

struct good {
    const char *text;
    size_t nr;
    const char *first, *last;
};

static const struct good good[] = {
    {"0000:05:00.0", 1, "0000:05:00.0", "0000:05:00.0"},
    {"05:00.1", 1, "0000:05:00.1", "0000:05:00.1"},
    {"0000:05:00.0,0000:05:00.1", 2, "0000:05:00.0", "0000:05:00.1"},
    {",0000:05:00.0,,1:2:3.4,", 2, "0000:05:00.0", "0001:02:03.4"},
    {"FFFF:fF:1F.7", 1, "ffff:ff:1f.7", "ffff:ff:1f.7"},
    {"0000:05:00.0,05:00.0,0:5:0.0", 1, "0000:05:00.0", "0000:05:00.0"},
    {"", 0, NULL, NULL},
    {",", 0, NULL, NULL},
};

START_TEST(test_good) {
    const struct good *g = &good[_i];
    CLEANUP(cleanup_free) struct pci_address *list = NULL;
    struct error err = {0};
    size_t nr = 77;

    ck_assert_int_eq(pci_address_list(g->text, &list, &nr, &err), 0);
    ck_assert_uint_eq(nr, g->nr);
    if (nr) {
        ck_assert_str_eq(pci_address_text(list[0]).s, g->first);
        ck_assert_str_eq(pci_address_text(list[nr - 1]).s, g->last);
    }
}
END_TEST

static const char *const bad[] = {
    "x",
    "05:00",
    "0000:05:00",
    "0000:05:00.8",
    "0000:05:00.00",
    "0000:05:20.0",
    "0000:100:00.0",
    "10000:05:00.0",
    " 05:00.0",
    "05:00.0 ",
    "05:00.0x",
    "05:00.a",
    "0000:05:00.0;1:2.3",
    "-1:00.0",
    "0x5:00.0",
    ":05:00.0",
    "0000::00.0",
    "0000:05:.0",
    "0000:05:00.",
    "05.00.0",
};

START_TEST(test_a_device_that_is_not_understood_is_not_skipped) {
    CLEANUP(cleanup_free) struct pci_address *list = NULL;
    struct error err = {0};
    char text[64];
    size_t nr = 77;

    snprintf(text, sizeof(text), "0000:01:00.0,%s", bad[_i]);
    ck_assert_msg(pci_address_list(text, &list, &nr, &err) == -EINVAL, "\"%s\"", bad[_i]);
    ck_assert(strstr(err.text, bad[_i]) != NULL);
    ck_assert_uint_eq(nr, 77);
    error_done(&err);
}
END_TEST

// Command lines are shown and logged after they were parsed.
START_TEST(test_the_option_stays_as_it_was) {
    char text[] = "0000:05:00.0,0000:06:00.0";
    CLEANUP(cleanup_free) struct pci_address *list = NULL;
    struct error err = {0};
    size_t nr;

    ck_assert_int_eq(pci_address_list(text, &list, &nr, &err), 0);
    ck_assert_str_eq(text, "0000:05:00.0,0000:06:00.0");
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("pci-address");

    tcase_add_loop_test(tcase, test_good, 0, ARRAY_SIZE(good));
    tcase_add_loop_test(tcase, test_a_device_that_is_not_understood_is_not_skipped, 0,
                        ARRAY_SIZE(bad));
    tcase_add_test(tcase, test_the_option_stays_as_it_was);
    return unit_run("pci-address", tcase);
}
