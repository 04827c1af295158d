// Which firmware file is meant, and what of a file is accepted.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/guest/firmware.h"
#include "lib/util/cleanup.h"
#include "tests/unit/unit.h"

#define OVMF "/usr/share/edk2/OVMF-release.fd"
#define SEABIOS "/usr/share/seabios/bios.bin"

struct good {
    const char *name, *override, *path;
};

static const struct good good[] = {
    {NULL, NULL, NULL},
    {NULL, "OVMF-debug.fd", NULL},
    {"ovmf", NULL, OVMF},
    {"ovmf", "OVMF-debug.fd", "/usr/share/edk2/OVMF-debug.fd"},
    {"ovmf", "..fd", "/usr/share/edk2/..fd"},
    {"seabios", NULL, SEABIOS},
    {"seabios", "OVMF-debug.fd", SEABIOS},
};

START_TEST(test_path) {
    const struct firmware_request request = {good[_i].name, OVMF, good[_i].override, SEABIOS};
    CLEANUP(cleanup_free) char *path = NULL;
    struct error err = {0};

    ck_assert_int_eq(firmware_path(&request, &path, &err), 0);
    ck_assert_pstr_eq(path, good[_i].path);
}
END_TEST

struct bad {
    const char *name, *override, *seabios, *text;
};

static const struct bad bad[] = {
    {"rombios", NULL, SEABIOS, "rombios"},
    {"OVMF", NULL, SEABIOS, "OVMF"},
    {"seabios", NULL, "", "SEABIOS_PATH"},
    {"ovmf", "../x", SEABIOS, "ovmf-override"},
    {"ovmf", "/etc/shadow", SEABIOS, "ovmf-override"},
    {"ovmf", "a/b", SEABIOS, "ovmf-override"},
    {"ovmf", "", SEABIOS, "ovmf-override"},
    {"ovmf", ".", SEABIOS, "ovmf-override"},
    {"ovmf", "..", SEABIOS, "ovmf-override"},
};

START_TEST(test_names_that_are_refused) {
    const struct firmware_request request = {bad[_i].name, OVMF, bad[_i].override, bad[_i].seabios};
    char *path = NULL;
    struct error err = {0};

    ck_assert_int_eq(firmware_path(&request, &path, &err), -EINVAL);
    ck_assert_msg(strstr(err.text, bad[_i].text) != NULL, "%s", err.text);
    ck_assert_ptr_null(path);
    error_done(&err);
}
END_TEST

static char directory[64], path[96];

static void setup(void) {
    strcpy(directory, "/tmp/test-firmware-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/image", directory);
}

static void teardown(void) {
    unlink(path);
    rmdir(directory);
}

static void make_file(off_t bytes) {
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "OVMF", 4), 4);
    ck_assert_int_eq(ftruncate(fd, bytes), 0);
    close(fd);
}

// Reading what setup left at `path` must fail with a text that names it.
static void check_refused(int code) {
    struct firmware firmware = {0};
    struct error err = {0};

    ck_assert_int_eq(firmware_read(path, &firmware, &err), -code);
    ck_assert(strstr(err.text, path) != NULL);
    ck_assert_ptr_null(firmware.data);
    error_done(&err);
}

START_TEST(test_file) {
    struct firmware firmware = {0};
    struct error err = {0};

    make_file(100000);
    ck_assert_int_eq(firmware_read(path, &firmware, &err), 0);
    ck_assert_uint_eq(firmware.bytes, 100000);
    ck_assert_mem_eq(firmware.data, "OVMF\0", 5);
    // What happens to the file now does not matter any more.
    ck_assert_int_eq(truncate(path, 0), 0);
    ck_assert_uint_eq(((const char *)firmware.data)[99999], 0);
    firmware_done(&firmware);
    ck_assert_ptr_null(firmware.data);
}
END_TEST

START_TEST(test_empty_file) {
    make_file(0);
    check_refused(EFBIG);
}
END_TEST

START_TEST(test_huge_file) {
    make_file((off_t)64 * 1024 * 1024 + 1);
    check_refused(EFBIG);
}
END_TEST

START_TEST(test_missing_file) {
    check_refused(ENOENT);
}
END_TEST

START_TEST(test_symbolic_link) {
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    check_refused(ELOOP);
}
END_TEST

START_TEST(test_directory) {
    ck_assert_int_eq(mkdir(path, 0700), 0);
    check_refused(EINVAL);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

// Opening one must not wait for somebody at its other end.
START_TEST(test_fifo) {
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    check_refused(EINVAL);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("firmware");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_path, 0, ARRAY_SIZE(good));
    tcase_add_loop_test(tcase, test_names_that_are_refused, 0, ARRAY_SIZE(bad));
    tcase_add_test(tcase, test_file);
    tcase_add_test(tcase, test_empty_file);
    tcase_add_test(tcase, test_huge_file);
    tcase_add_test(tcase, test_missing_file);
    tcase_add_test(tcase, test_symbolic_link);
    tcase_add_test(tcase, test_directory);
    tcase_add_test(tcase, test_fifo);
    return unit_run("firmware", tcase);
}
