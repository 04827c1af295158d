// The trees of fixtures/xenstore: all can be read, and each is odd in the way it is there for.

#include "lib/store/xsls.h"
#include "lib/util/cleanup.h"
#include "tests/unit/unit.h"

#include <glob.h>
#include <stdbool.h>
#include <string.h>

#define TREES "fixtures/xenstore/"

static struct xsls load(const char *path) {
    struct xsls tree = {0};
    struct error err = {0};

    ck_assert_msg(xsls_read(path, &tree, &err) == 0, "%s", err.text);
    return tree;
}

static struct xsls load_named(const char *name) {
    char path[64];

    snprintf(path, sizeof(path), TREES "%s.xs", name);
    return load(path);
}

static bool same(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

// Of what is in `tree`, how many keys are not in `other` or not the same there.
static unsigned count_different(const struct xsls *tree, const struct xsls *other) {
    unsigned count = 0;

    for (size_t i = 0; i < tree->nr; i++)
        count += !same(tree->entries[i].value, xsls_value(other, tree->entries[i].path));
    return count;
}

START_TEST(all_are_read) {
    glob_t list;

    ck_assert_int_eq(glob(TREES "*", 0, NULL, &list), 0);
    for (size_t i = 0; i < list.gl_pathc; i++) {
        struct xsls tree = load(list.gl_pathv[i]);

        ck_assert_msg(xsls_value(&tree, "domain-type") != NULL, "%s", list.gl_pathv[i]);
        // No key twice: the first one counts nowhere.
        for (size_t k = 0; k < tree.nr; k++)
            ck_assert_msg(xsls_value(&tree, tree.entries[k].path) == tree.entries[k].value,
                          "%s: %s", list.gl_pathv[i], tree.entries[k].path);
        xsls_done(&tree);
    }
    globfree(&list);
}
END_TEST

static const struct {
    const char *name, *type, *bios, *number, *device, *viridian, *affinity;
} guests[] = {
    {"windows-11-uefi", "hvm", "ovmf", "2", "0002", "true", NULL},
    {"windows-10-bios", "hvm", NULL, "4", "0002", "true", "1100"},
    {"ubuntu-uefi", "hvm", "ovmf", "2", "0001", "false", NULL},
    {"ubuntu-bios", "hvm", NULL, "2", "0001", "false", NULL},
    {"pvh", "pvh", NULL, "2", "0001", "false", NULL},
    {"pv-in-pvh", "pv-in-pvh", NULL, "2", "0001", "false", NULL},
    {"pv", "pv", NULL, "2", "0001", "true", NULL},
};

START_TEST(guests_are_what_they_are_called) {
    struct xsls tree = load_named(guests[_i].name);
    unsigned vcpus = (unsigned)strtoul(guests[_i].number, NULL, 10);

    ck_assert_pstr_eq(xsls_value(&tree, "domain-type"), guests[_i].type);
    ck_assert_pstr_eq(xsls_value(&tree, "hvmloader/bios"), guests[_i].bios);
    ck_assert_pstr_eq(xsls_value(&tree, "platform/vcpu/number"), guests[_i].number);
    ck_assert_pstr_eq(xsls_value(&tree, "platform/device_id"), guests[_i].device);
    ck_assert_pstr_eq(xsls_value(&tree, "platform/viridian"), guests[_i].viridian);
    for (unsigned vcpu = 0; vcpu < vcpus; vcpu++) {
        char key[40];

        snprintf(key, sizeof(key), "platform/vcpu/%u/affinity", vcpu);
        ck_assert_pstr_eq(xsls_value(&tree, key), guests[_i].affinity);
    }
    xsls_done(&tree);
}
END_TEST

#define FEATURES_BAD                                                                               \
    "1fcbfbff-f7fa3203-2c10080g-00000021-00000001-000007ab-00000000-00000000-00101000-bc000400-"   \
    "00000000-00000000-00000000-00000000-00000000-00000000-04000000-00000000-00000000-00000000-"   \
    "00000000-00000000"

// Each differs from an ordinary tree in one key.
static const struct {
    const char *name, *base, *key, *value;
} odd[] = {
    {"odd-acpi-true", "ubuntu-bios", "platform/acpi", "true"},
    {"odd-acpi-missing", "ubuntu-bios", "platform/acpi", NULL},
    {"odd-nx-false", "ubuntu-bios", "platform/nx", "false"},
    {"odd-hpet-empty", "ubuntu-bios", "platform/hpet", ""},
    {"odd-timeoffset-garbage", "ubuntu-bios", "platform/timeoffset", "garbage"},
    {"odd-weight-70000", "ubuntu-bios", "platform/vcpu/weight", "70000"},
    {"odd-vcpu-number-missing", "ubuntu-bios", "platform/vcpu/number", NULL},
    {"odd-cores-per-socket-3", "windows-10-bios", "platform/cores-per-socket", "3"},
    {"odd-featureset-empty", "ubuntu-bios", "platform/featureset", ""},
    {"odd-featureset-bad-word", "ubuntu-bios", "platform/featureset", FEATURES_BAD},
    {"odd-ovmf-override-debug", "ubuntu-uefi", "platform/ovmf-override", "OVMF-debug.fd"},
    {"odd-ovmf-override-outside", "ubuntu-uefi", "platform/ovmf-override", "../x"},
};

START_TEST(odd_ones_differ_in_one_key) {
    struct xsls tree = load_named(odd[_i].name);
    struct xsls base = load_named(odd[_i].base);
    const char *usual = xsls_value(&base, odd[_i].key);

    ck_assert_pstr_eq(xsls_value(&tree, odd[_i].key), odd[_i].value);
    ck_assert_msg(!same(usual, odd[_i].value), "%s: nothing odd", odd[_i].name);
    ck_assert_uint_eq(count_different(&tree, &base), odd[_i].value != NULL);
    ck_assert_uint_eq(count_different(&base, &tree), usual != NULL);
    xsls_done(&tree);
    xsls_done(&base);
}
END_TEST

START_TEST(every_odd_one_is_known) {
    glob_t list;

    ck_assert_int_eq(glob(TREES "odd-*.xs", 0, NULL, &list), 0);
    ck_assert_uint_eq(list.gl_pathc, ARRAY_SIZE(odd));
    globfree(&list);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("trees");

    tcase_add_test(tcase, all_are_read);
    tcase_add_loop_test(tcase, guests_are_what_they_are_called, 0, (int)ARRAY_SIZE(guests));
    tcase_add_loop_test(tcase, odd_ones_differ_in_one_key, 0, (int)ARRAY_SIZE(odd));
    tcase_add_test(tcase, every_odd_one_is_known);
    return unit_run("trees", tcase);
}
