// The debug log: appended, flushed line by line, and not flooded by progress.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "xenguest/log.h"

static char path[64];
static struct log journal;

static void open_log(void) {
    struct error err = {0};

    snprintf(path, sizeof(path), "/tmp/xenguest-test-log-%d", getpid());
    // As if stderr were the control channel: nothing goes there.
    ck_assert_int_eq(log_open(&journal, 7, "-build", path, STDERR_FILENO, &err), 0);
}

static void close_log(void) {
    log_close(&journal);
    unlink(path);
}

// The log file as it is on disk now.
static const char *content(void) {
    static char buffer[65536];
    FILE *file = fopen(path, "r");
    size_t length = fread(buffer, 1, sizeof(buffer) - 1, file);

    buffer[length] = '\0';
    fclose(file);
    return buffer;
}

static int count(const char *text, const char *part) {
    int n = 0;

    for (const char *at = text; (at = strstr(at, part)); at++)
        n++;
    return n;
}

START_TEST(test_flushed_and_appended) {
    struct error err = {0};

    log_info(&journal, "first %d", 1);
    ck_assert(strstr(content(), "xenguest-7-build: first 1\n") != NULL);
    log_close(&journal);
    ck_assert_int_eq(log_open(&journal, 7, "-build", path, STDERR_FILENO, &err), 0);
    log_error(&journal, "second");
    ck_assert_int_eq(count(content(), "\n"), 2);
}
END_TEST

START_TEST(test_one_line) {
    log_info(&journal, "one\ntwo\r\nthree");
    ck_assert(strstr(content(), "one two  three\n") != NULL);
    ck_assert_int_eq(count(content(), "\n"), 1);
}
END_TEST

START_TEST(test_bytes_beyond_ascii) {
    log_info(&journal, "key %s", "\xe2\x80\xa6");
    ck_assert(strstr(content(), ": key \\xe2\\x80\\xa6\n") != NULL);
}
END_TEST

START_TEST(test_idents) {
    struct error err = {0};
    struct log other;

    ck_assert_str_eq(journal.ident, "xenguest-7-build");
    ck_assert_int_eq(log_open(&other, -1, "-build", NULL, -1, &err), 0);
    ck_assert_str_eq(other.ident, "xenguest");
    log_close(&other);
}
END_TEST

START_TEST(test_unopenable) {
    struct error err = {0};
    struct log other;

    ck_assert_int_eq(log_open(&other, 7, "", "/nonexistent/x", -1, &err), -ENOENT);
    ck_assert(strstr(err.text, "/nonexistent/x") != NULL);
    error_done(&err);
    log_info(&other, "still works");
    log_close(&other);
}
END_TEST

// A second name of a file of ours, in /tmp, is what somebody else could have made.
START_TEST(test_what_others_can_have_put_there) {
    struct error err = {0};
    struct log other;
    char name[80];

    snprintf(name, sizeof(name), "%s-2", path);
    ck_assert_int_eq(link(path, name), 0);
    ck_assert_int_eq(log_open(&other, 7, "", name, -1, &err), -EPERM);
    ck_assert_int_eq(unlink(name), 0);
    ck_assert_msg(strstr(err.text, "debug log ") && strstr(err.text, name), "%s", err.text);
    ck_assert(strstr(err.text, "others can write") != NULL);
    error_done(&err);
    log_close(&other);
}
END_TEST

// Ten thousand steps at once are one line: the first.
START_TEST(test_progress_is_throttled) {
    for (uint64_t i = 0; i <= 10000; i++)
        log_progress(&journal, "populating", i, 10000);
    ck_assert_int_eq(count(content(), "populating: "), 1);
    ck_assert(strstr(content(), "populating: 0 of 10000 (0%)") != NULL);
}
END_TEST

START_TEST(test_progress_end_is_told) {
    log_progress(&journal, "populating", 0, 100);
    usleep(600000);
    log_progress(&journal, "populating", 50, 100);
    log_progress(&journal, "populating", 100, 100);
    ck_assert_int_eq(count(content(), "populating: "), 2);
    ck_assert(strstr(content(), "populating: 100 of 100 (100%)") != NULL);
}
END_TEST

// A terminal passes on what was written to it piece by piece. Stops at `end`, or when there is
// nothing more for 5 s.
static void read_until(int fd, const char *end, char *seen, size_t size) {
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    size_t used = 0;
    ssize_t length;

    do {
        seen[used] = '\0';
        if (strstr(seen, end) || poll(&readable, 1, 5000) != 1)
            return;
        length = read(fd, seen + used, size - 1 - used);
        used += length > 0 ? (size_t)length : 0;
    } while (length > 0);
}

// On a terminal there is a line that is drawn anew, and other messages do not end up behind it.
START_TEST(test_progress_on_a_terminal) {
    struct error err = {0};
    struct log terminal;
    char seen[4096];
    int master = posix_openpt(O_RDWR | O_NOCTTY), slave, saved = dup(STDERR_FILENO);

    ck_assert_int_ge(master, 0);
    ck_assert_int_eq(grantpt(master) | unlockpt(master), 0);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    dup2(slave, STDERR_FILENO);
    ck_assert_int_eq(log_open(&terminal, 7, "", NULL, -1, &err), 0);
    log_progress(&terminal, "populating", 50, 200);
    log_progress(&terminal, "populating", 100, 200);
    log_warning(&terminal, "odd");
    log_progress(&terminal, "populating", 200, 200);
    log_close(&terminal);
    dup2(saved, STDERR_FILENO);
    read_until(master, "100%\033[K\r\n", seen, sizeof(seen));
    close(master);
    close(slave);
    ck_assert_msg(strstr(seen, "\rpopulating: 25%") != NULL, "%s", seen);
    ck_assert_msg(strstr(seen, "\rpopulating: 50%\033[K\r\nxenguest: odd\r\n") != NULL, "%s", seen);
    ck_assert_msg(strstr(seen, "\rpopulating: 100%\033[K\r\n") != NULL, "%s", seen);
}
END_TEST

// --- syslog ---

// A /dev of this process's own, without anybody who listens. False where that is not allowed.
static bool hide_dev(void) {
    if (unshare(CLONE_NEWNS) && unshare(CLONE_NEWUSER | CLONE_NEWNS))
        return false;
    return !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
           !mount("tmpfs", "/dev", "tmpfs", 0, NULL);
}

static int listen_to_syslog(void) {
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

// The next line that syslog got; empty: none.
static const char *syslog_line(int fd) {
    static char line[4096];
    ssize_t length = recv(fd, line, sizeof(line) - 1, 0);

    line[length > 0 ? length : 0] = '\0';
    return line;
}

START_TEST(test_syslog) {
    struct error err = {0};
    struct log here;
    int fd;

    if (!hide_dev())
        return;
    fd = listen_to_syslog();
    ck_assert_int_eq(log_open(&here, 7, "-build", NULL, STDERR_FILENO, &err), 0);
    log_info(&here, "one");
    log_error(&here, "two");
    ck_assert_ptr_nonnull(strstr(syslog_line(fd), "xenguest-7-build["));
    ck_assert_ptr_nonnull(strstr(syslog_line(fd), "]: two"));
    ck_assert_str_eq(syslog_line(fd), "");
    log_close(&here);
    close(fd);
}
END_TEST

START_TEST(test_syslog_that_comes_late) {
    struct error err = {0};
    struct log here;
    int fd;

    if (!hide_dev())
        return;
    ck_assert_int_eq(log_open(&here, 7, "-build", NULL, STDERR_FILENO, &err), 0);
    log_info(&here, "unheard");
    fd = listen_to_syslog();
    // No line costs an attempt of its own.
    log_info(&here, "too early");
    ck_assert_str_eq(syslog_line(fd), "");
    usleep(1100000);
    log_info(&here, "heard");
    ck_assert_ptr_nonnull(strstr(syslog_line(fd), "xenguest-7-build["));
    log_close(&here);
    close(fd);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("log");

    tcase_add_checked_fixture(tcase, open_log, close_log);
    tcase_add_test(tcase, test_flushed_and_appended);
    tcase_add_test(tcase, test_one_line);
    tcase_add_test(tcase, test_bytes_beyond_ascii);
    tcase_add_test(tcase, test_idents);
    tcase_add_test(tcase, test_unopenable);
    tcase_add_test(tcase, test_what_others_can_have_put_there);
    tcase_add_test(tcase, test_progress_is_throttled);
    tcase_add_test(tcase, test_progress_end_is_told);
    tcase_add_test(tcase, test_progress_on_a_terminal);
    tcase_add_test(tcase, test_syslog);
    tcase_add_test(tcase, test_syslog_that_comes_late);
    return unit_run("log", tcase);
}
