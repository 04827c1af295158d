// Which firmware file is meant, and what of a file is accepted.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
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

// The image is `path`. Beside it are "real" and "below/real", and `outside` is in a directory whose
// name begins like that of this one.
static char directory[64], path[128], outside[128];

struct name {
    char s[128];
};

static struct name name_in(const char *file) {
    struct name name;

    snprintf(name.s, sizeof(name.s), "%s%s", directory, file);
    return name;
}

static void put(const char *file, const char *text) {
    FILE *stream = fopen(file, "we");

    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    fclose(stream);
}

static void setup(void) {
    strcpy(directory, "/tmp/test-firmware-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(mkdir(name_in("/below").s, 0700), 0);
    ck_assert_int_eq(mkdir(name_in("-too").s, 0700), 0);
    snprintf(path, sizeof(path), "%s", name_in("/image").s);
    snprintf(outside, sizeof(outside), "%s", name_in("-too/real").s);
    put(name_in("/real").s, "real");
    put(name_in("/below/real").s, "below");
    put(outside, "outside");
}

static void teardown(void) {
    static const char *const names[] = {"/image", "/real",     "/second",     "/way",
                                        "/self",  "/other",    "/below/real", "/below",
                                        "",       "-too/real", "-too"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        remove(name_in(names[i]).s);
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

// --- links ---

static void link_in(const char *file, const char *target) {
    ck_assert_int_eq(symlink(target, name_in(file).s), 0);
}

struct link {
    const char *target;        // of "image"; %s: the directory, "-too" behind it: the sibling
    const char *name, *second; // another link, or NULL
    const char *content;       // NULL: refused
    int code;
    const char *text;
};

static const struct link links[] = {
    {"real", NULL, NULL, "real", 0, NULL},
    {"./below/../real", NULL, NULL, "real", 0, NULL},
    {"below/real", NULL, NULL, "below", 0, NULL},
    {"%s/real", NULL, NULL, "real", 0, NULL},
    {"second", "/second", "real", "real", 0, NULL},
    {"second", "/second", "%s-too/real", NULL, EINVAL, "leads out of its directory, to /"},
    {"%s-too/real", NULL, NULL, NULL, EINVAL, "leads out of its directory, to /"},
    {"../../etc/passwd", NULL, NULL, NULL, EINVAL, "to /etc/passwd"},
    {"/etc/passwd", NULL, NULL, NULL, EINVAL, "to /etc/passwd"},
    {"way/passwd", "/way", "/etc", NULL, EINVAL, "to /etc/passwd"},
    {"/proc/self/environ", NULL, NULL, NULL, EINVAL, "leads out of its directory"},
    {"/dev/zero", NULL, NULL, NULL, EINVAL, "leads out of its directory"},
    {"..", NULL, NULL, NULL, EINVAL, "leads out of its directory"},
    {".", NULL, NULL, NULL, EINVAL, "not a regular file"},
    {"below", NULL, NULL, NULL, EINVAL, "not a regular file"},
    {"nothing", NULL, NULL, NULL, ENOENT, "is a link that leads to no file"},
    {"second", "/second", "nothing", NULL, ENOENT, "is a link that leads to no file"},
    {"second", "/second", "image", NULL, ELOOP, "symbolic links"},
    {"image", NULL, NULL, NULL, ELOOP, "symbolic links"},
};

static struct name expand(const char *target) {
    struct name name;

    if (!strncmp(target, "%s", 2))
        return name_in(target + 2);
    snprintf(name.s, sizeof(name.s), "%s", target);
    return name;
}

START_TEST(test_link) {
    const struct link *l = &links[_i];
    struct firmware firmware = {0};
    struct error err = {0};
    int rc;

    link_in("/image", expand(l->target).s);
    if (l->name)
        link_in(l->name, expand(l->second).s);
    rc = firmware_read(path, &firmware, &err);
    if (l->content) {
        ck_assert_msg(rc == 0, "%s: %s", l->target, err.text);
        ck_assert_uint_eq(firmware.bytes, strlen(l->content));
        ck_assert_mem_eq(firmware.data, l->content, firmware.bytes);
    } else {
        ck_assert_msg(rc == -l->code, "%s: %d", l->target, rc);
        ck_assert_msg(strstr(err.text, l->text) && strstr(err.text, path), "%s", err.text);
        ck_assert_ptr_null(firmware.data);
    }
    firmware_done(&firmware);
    error_done(&err);
}
END_TEST

// The directory itself may be reached by a link: the system's administrator has configured it.
START_TEST(test_directory_behind_a_link) {
    struct firmware firmware = {0};
    struct error err = {0};

    link_in("/self", ".");
    link_in("/image", "real");
    snprintf(path, sizeof(path), "%s/self/image", directory);
    ck_assert_msg(firmware_read(path, &firmware, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(firmware.bytes, 4);
    firmware_done(&firmware);
}
END_TEST

// While somebody swaps what the link leads to, either the file beside it is read or nothing.
START_TEST(test_race) {
    struct timespec now;
    time_t end;
    const struct name other = name_in("/other");
    unsigned nr_read = 0;
    pid_t child = fork();

    while (!child) {
        unlink(other.s);
        if (symlink("real", other.s) || rename(other.s, path) || symlink(outside, other.s) ||
            rename(other.s, path))
            _exit(1);
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    end = now.tv_sec + 2;
    for (; now.tv_sec < end; clock_gettime(CLOCK_MONOTONIC, &now)) {
        struct firmware firmware = {0};
        struct error err = {0};

        if (!firmware_read(path, &firmware, &err)) {
            ck_assert_uint_eq(firmware.bytes, 4);
            ck_assert_mem_eq(firmware.data, "real", 4);
            nr_read++;
        }
        firmware_done(&firmware);
        error_done(&err);
    }
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_uint_gt(nr_read, 0);
}
END_TEST

START_TEST(test_directory) {
    ck_assert_int_eq(mkdir(path, 0700), 0);
    check_refused(EINVAL);
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
    tcase_add_loop_test(tcase, test_link, 0, ARRAY_SIZE(links));
    tcase_add_test(tcase, test_directory_behind_a_link);
    tcase_add_test(tcase, test_race);
    tcase_add_test(tcase, test_directory);
    tcase_add_test(tcase, test_fifo);
    return unit_run("firmware", tcase);
}
