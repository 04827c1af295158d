// Opening for appending where somebody else may have been before.
//
// Files of somebody else are made by root only; run by another user, these cases pass unseen.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/util/open-trusted.h"
#include "tests/unit/unit.h"

#define SOMEBODY 54321

// Below it: "private", which only we can write to; "common", as /tmp is; "theirs", somebody else's;
// "group", which a group can write to. The file "private/target" is ours.
static char top[64];

struct name {
    char s[160];
};

static struct name name_of(const char *file) {
    struct name name;

    snprintf(name.s, sizeof(name.s), "%s%s%s", top, *file ? "/" : "", file);
    return name;
}

static void make_directory(const char *file, mode_t mode, uid_t owner) {
    ck_assert_int_eq(mkdir(name_of(file).s, 0700), 0);
    ck_assert_int_eq(chmod(name_of(file).s, mode), 0);
    ck_assert(geteuid() || !chown(name_of(file).s, owner, owner));
}

static void make_file(const char *file, uid_t owner) {
    int fd = open(name_of(file).s, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert(geteuid() || !chown(name_of(file).s, owner, owner));
}

// `target` may start with "%" for the directory on top.
static void make_link(const char *file, const char *target, uid_t owner) {
    const struct name to = name_of(*target == '%' ? target + 2 : "");

    ck_assert_int_eq(symlink(*target == '%' ? to.s : target, name_of(file).s), 0);
    ck_assert(geteuid() || !lchown(name_of(file).s, owner, owner));
}

static void setup(void) {
    strcpy(top, "/tmp/test-open-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(top));
    ck_assert_int_eq(chmod(top, 0755), 0);
    make_directory("private", 0755, geteuid());
    make_directory("common", 01777, geteuid());
    make_directory("theirs", 0755, SOMEBODY);
    make_directory("group", 0775, geteuid());
    make_file("private/target", geteuid());
}

static void teardown(void) {
    static const char *const names[] = {
        "private/target", "private/log", "private/new", "private/way",
        "private",        "common/log",  "common/way",  "common/one",
        "common/new",     "common",      "theirs/log",  "theirs/new",
        "theirs",         "group/log",   "group",       ""};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        remove(name_of(names[i]).s);
}

static off_t size_of(const char *file) {
    struct stat status;

    return stat(name_of(file).s, &status) ? -1 : status.st_size;
}

// Opens and writes a byte, which must arrive at the end of `reached`; NULL: opening must fail with
// `code`.
static void check(const char *path, const char *reached, int code) {
    off_t before = reached ? size_of(reached) : 0;
    int fd = open_trusted(path, 0600);

    if (reached) {
        ck_assert_msg(fd >= 0, "%s: %s", path, strerror(-fd));
        ck_assert_int_eq(write(fd, "x", 1), 1);
        ck_assert_msg(size_of(reached) == (before < 0 ? 0 : before) + 1, "%s", path);
        ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
        close(fd);
    } else {
        ck_assert_msg(fd == -code, "%s: %d", path, fd);
    }
    ck_assert_msg((reached && !strcmp(reached, "private/target")) || size_of("private/target") == 0,
                  "%s", path);
}

struct vector {
    const char *file;    // to be opened
    const char *link;    // made before: its target; NULL: none
    const char *reached; // NULL: refused with `code`
    int code;
    bool theirs; // the link is somebody else's
};

static const struct vector vectors[] = {
    // New files, and those of our own.
    {"private/new", NULL, "private/new", 0, false},
    {"common/new", NULL, "common/new", 0, false},
    {"theirs/new", NULL, "theirs/new", 0, false},
    {"private/target", NULL, "private/target", 0, false},
    {"private/../private//./target", NULL, "private/target", 0, false},
    // Links where only we write are followed, whosever they are.
    {"private/log", "target", "private/target", 0, false},
    {"private/log", "target", "private/target", 0, true},
    {"private/log", "%/private/target", "private/target", 0, false},
    {"private/log", "../private/new", "private/new", 0, false},
    // Elsewhere our own only.
    {"common/log", "../private/target", "private/target", 0, false},
    {"common/log", "../private/target", NULL, EPERM, true},
    {"common/log", "%/private/target", NULL, EPERM, true},
    {"common/log", "nothing", NULL, EPERM, true},
    {"theirs/log", "../private/target", NULL, EPERM, true},
    {"group/log", "../private/target", NULL, EPERM, true},
    {"group/log", "../private/target", "private/target", 0, false},
    // What is no file.
    {"private", NULL, NULL, EISDIR, false},
    {"private/", NULL, NULL, EISDIR, false},
    {"private/new/", NULL, NULL, EISDIR, false},
    {"private/..", NULL, NULL, EISDIR, false},
    {"nothing/new", NULL, NULL, ENOENT, false},
    {"private/target/new", NULL, NULL, ENOTDIR, false},
    {"private/log", "log", NULL, ELOOP, false},
};

START_TEST(test_path) {
    const struct vector *v = &vectors[_i];

    if (v->theirs && geteuid())
        return;
    if (v->link)
        make_link(v->file, v->link, v->theirs ? SOMEBODY : geteuid());
    check(name_of(v->file).s, v->reached, v->code);
}
END_TEST

// A link of ours leads to one of theirs, and a directory on the way is theirs.
START_TEST(test_links_on_the_way) {
    if (geteuid())
        return;
    make_link("common/way", "../private", SOMEBODY);
    make_link("common/one", "way/target", geteuid());
    make_link("private/way", "../common/way", geteuid());
    check(name_of("common/way/target").s, NULL, EPERM);
    check(name_of("common/one").s, NULL, EPERM);
    check(name_of("private/way/target").s, NULL, EPERM);
}
END_TEST

START_TEST(test_files_of_others) {
    if (geteuid())
        return;
    make_file("common/log", SOMEBODY);
    check(name_of("common/log").s, NULL, EPERM);
    make_file("theirs/log", SOMEBODY);
    check(name_of("theirs/log").s, NULL, EPERM);
    make_file("private/log", SOMEBODY);
    check(name_of("private/log").s, "private/log", 0);
}
END_TEST

// Another name of a file of ours, which somebody can make where the kernel does not forbid it.
START_TEST(test_hard_link) {
    ck_assert_int_eq(link(name_of("private/target").s, name_of("common/log").s), 0);
    check(name_of("common/log").s, NULL, EPERM);
    check(name_of("private/target").s, "private/target", 0);
}
END_TEST

// Opening it would wait for a reader.
START_TEST(test_pipe) {
    ck_assert_int_eq(mkfifo(name_of("common/log").s, 0600), 0);
    check(name_of("common/log").s, NULL, EPERM);
}
END_TEST

START_TEST(test_relative) {
    ck_assert_int_eq(chdir(name_of("private").s), 0);
    check("new", "private/new", 0);
    check("../private/target", "private/target", 0);
    ck_assert_int_eq(open_trusted("", 0600), -ENOENT);
    ck_assert_int_eq(open_trusted("/", 0600), -EISDIR);
}
END_TEST

// Links that only the kernel can follow: a pipe has no path.
START_TEST(test_standard_streams) {
    int fds[2], fd;
    char byte;

    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
    fd = open_trusted("/dev/stderr", 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "x", 1), 1);
    ck_assert_int_eq(read(fds[0], &byte, 1), 1);
    fd = open_trusted("/dev/null", 0600);
    ck_assert_int_ge(fd, 0);
}
END_TEST

START_TEST(test_mode) {
    struct stat status;

    umask(0);
    check(name_of("private/new").s, "private/new", 0);
    ck_assert_int_eq(stat(name_of("private/new").s, &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0600);
}
END_TEST

// Somebody makes a link and removes it again and again; nothing of ours may be written to by that
// name.
START_TEST(test_race) {
    const struct name log = name_of("common/log"), target = name_of("private/target");
    struct timespec now;
    time_t end;
    pid_t child;

    if (geteuid())
        return;
    child = fork();
    if (!child) {
        if (setuid(SOMEBODY))
            _exit(1);
        for (;;) {
            unlink(log.s);
            symlink(target.s, log.s);
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    end = now.tv_sec + 2;
    for (; now.tv_sec < end; clock_gettime(CLOCK_MONOTONIC, &now)) {
        int fd = open_trusted(log.s, 0600);

        if (fd < 0)
            continue;
        ck_assert_int_eq(write(fd, "x", 1), 1);
        close(fd);
        unlink(log.s); // ours now
    }
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(size_of("private/target"), 0);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("open-trusted");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_path, 0, ARRAY_SIZE(vectors));
    tcase_add_test(tcase, test_links_on_the_way);
    tcase_add_test(tcase, test_files_of_others);
    tcase_add_test(tcase, test_hard_link);
    tcase_add_test(tcase, test_pipe);
    tcase_add_test(tcase, test_relative);
    tcase_add_test(tcase, test_standard_streams);
    tcase_add_test(tcase, test_mode);
    tcase_add_test(tcase, test_race);
    return unit_run("open-trusted", tcase);
}
