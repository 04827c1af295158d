// What sysfs says about PCI devices, on a tree made for the test.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/guest/pci-devices.h"
#include "lib/util/cleanup.h"
#include "tests/unit/unit.h"

#define NONE "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
#define MEMORY_16M "0x00000000fd000000 0x00000000fdffffff 0x0000000000040200\n"
#define PREFETCHABLE_256M "0x00000000e0000000 0x00000000efffffff 0x000000000014220c\n"
#define IO_128 "0x000000000000e000 0x000000000000e07f 0x0000000000040101\n"
#define ROM_512K "0x00000000fe000000 0x00000000fe07ffff 0x0000000000046200\n"

static const struct pci_address address = {0, 5, 0, 0};
static char sysfs[64], directory[128];

static void write_file(const char *name, const char *text) {
    char path[192];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void setup(void) {
    static const char *const parts[] = {"/bus", "/bus/pci", "/bus/pci/devices",
                                        "/bus/pci/devices/0000:05:00.0"};

    snprintf(sysfs, sizeof(sysfs), "/tmp/test-pci-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(sysfs));
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        snprintf(directory, sizeof(directory), "%s%s", sysfs, parts[i]);
        ck_assert_int_eq(mkdir(directory, 0700), 0);
    }
    write_file("vendor", "0x10de\n");
    write_file("device", "0x1db4\n");
}

static void teardown(void) {
    static const char *const files[] = {"vendor", "device", "resource"};
    char path[192];

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
        unlink(path);
    }
    for (int i = 0; i < 5; i++) {
        rmdir(directory);
        *strrchr(directory, '/') = '\0';
    }
}

struct good {
    const char *name, *resource;
    uint64_t bytes;
};

static const struct good good[] = {
    {"memory, prefetchable memory and ROM",
     MEMORY_16M PREFETCHABLE_256M NONE NONE NONE NONE ROM_512K, 0x1000000 + 0x10000000 + 0x80000},
    {"I/O ports take no room below 4 GiB", MEMORY_16M IO_128, 0x1000000},
    {"fewer lines", MEMORY_16M, 0x1000000},
    {"none", "", 0},
    {"all empty", NONE NONE NONE NONE NONE NONE NONE, 0},
    {"lines behind the ROM are windows of a bridge",
     NONE NONE NONE NONE NONE NONE ROM_512K MEMORY_16M "garbage\n", 0x80000},
    {"last line without an end", "0x1000 0x1fff 0x200", 0x1000},
};

START_TEST(test_bars) {
    struct pci_devices devices = {.bar_bytes = 1};
    struct warnings warnings = {0};
    struct error err = {0};

    write_file("resource", good[_i].resource);
    ck_assert_int_eq(pci_devices_add_sysfs(&devices, sysfs, address, &warnings, &err), 0);
    ck_assert_msg(devices.bar_bytes == good[_i].bytes + 1, "%s", good[_i].name);
    ck_assert(!devices.mxgpu);
    ck_assert_uint_eq(warnings.nr, 0);
}
END_TEST

static const char *const bad[] = {
    "garbage\n",
    "\n",
    "0x1000 0x1fff\n",
    "0x1000 0x1fff 0x200 0x0\n",
    "0x2000 0x1fff 0x200\n",
    "-0x1000 0x1fff 0x200\n",
    "0x1000 0x11fffffffffffffff 0x200\n",
    "0x1000,0x1fff,0x200\n",
    (MEMORY_16M "0x1000,0x1fff,0x200\n"),
    ("0x1 0xffffffffffffffff 0x200\n"
     "0x1 0xffffffffffffffff 0x200\n"),
};

START_TEST(test_resources_that_make_no_sense) {
    struct pci_devices devices = {0};
    struct warnings warnings = {0};
    struct error err = {0};

    write_file("resource", bad[_i]);
    ck_assert_msg(pci_devices_add_sysfs(&devices, sysfs, address, &warnings, &err) < 0, "%s",
                  bad[_i]);
    ck_assert(strstr(err.text, "0000:05:00.0/resource") != NULL);
    ck_assert_uint_eq(devices.bar_bytes, 0);
    error_done(&err);
}
END_TEST

START_TEST(test_no_such_device) {
    struct pci_devices devices = {0};
    struct warnings warnings = {0};
    struct error err = {0};

    ck_assert_int_eq(pci_devices_add_sysfs(&devices, sysfs, address, &warnings, &err), -ENOENT);
    ck_assert(strstr(err.text, "PCI device 0000:05:00.0") != NULL);
    error_done(&err);
}
END_TEST

static const struct {
    const char *vendor, *device;
    bool mxgpu;
} ids[] = {
    {"0x1002\n", "0x692f\n", true},
    {"0x1002\n", "0x6929\n", false}, // the physical function
    {"0x10de\n", "0x692f\n", false},
};

START_TEST(test_mxgpu) {
    struct pci_devices devices = {0};
    struct warnings warnings = {0};
    struct error err = {0};

    write_file("resource", MEMORY_16M);
    write_file("vendor", ids[_i].vendor);
    write_file("device", ids[_i].device);
    ck_assert_int_eq(pci_devices_add_sysfs(&devices, sysfs, address, &warnings, &err), 0);
    ck_assert_int_eq(devices.mxgpu, ids[_i].mxgpu);
}
END_TEST

START_TEST(test_an_unknown_id_is_a_warning_only) {
    struct pci_devices devices = {0};
    struct warnings warnings = {0};
    struct error err = {0};

    write_file("resource", MEMORY_16M);
    write_file("vendor", "?\n");
    ck_assert_int_eq(pci_devices_add_sysfs(&devices, sysfs, address, &warnings, &err), 0);
    ck_assert_uint_eq(devices.bar_bytes, 0x1000000);
    ck_assert_uint_eq(warnings.nr, 1);
    ck_assert(strstr(warnings.text[0], "0000:05:00.0") != NULL);
    warnings_done(&warnings);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("pci-devices");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_bars, 0, ARRAY_SIZE(good));
    tcase_add_loop_test(tcase, test_resources_that_make_no_sense, 0, ARRAY_SIZE(bad));
    tcase_add_test(tcase, test_no_such_device);
    tcase_add_loop_test(tcase, test_mxgpu, 0, ARRAY_SIZE(ids));
    tcase_add_test(tcase, test_an_unknown_id_is_a_warning_only);
    return unit_run("pci-devices", tcase);
}
