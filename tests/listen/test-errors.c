// What is wrong is answered with an error that names it, and then all goes on; a failure reaches
// the manager as text.

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/listen/manager.h"
#include "tests/unit/unit.h"

static const char *const no_arguments[] = {NULL};

#define LIVE_JOB "live store_port=-1 console_port=-1 mem_pnode=-1 pv=0 vgpu=0\n"
#define RESTORE_JOB "restore store_port=3 console_port=4 mem_pnode=-1 pv=0 vgpu=0\n"

static const char set_args[] =
    "{\"execute\":\"set_args\",\"arguments\":{\"store_port\":\"3\",\"console_port\":\"4\"}}";

static const char *const verbs[] = {"migrate_abort",    "migrate_init",  "migrate_live",
                                    "migrate_nonlive",  "migrate_pause", "migrate_paused",
                                    "migrate_progress", "quit",          "restore",
                                    "set_args",         "track_dirty"};

// Ways to get a command wrong, with what the error has to name.
static const struct {
    const char *format, *culprit;
} ways[] = {
    {"{\"execute\":\"%sx\"}", "there is no command"},
    {"{\"execute\":\" %s\"}", "there is no command"},
    {"{\"exec\":\"%s\"}", "exec"},
    {"{\"execute\":[\"%s\"]}", "execute"},
    {"{\"execute\":\"%s\",\"arguments\":\"none\"}", "arguments"},
    {"{\"execute\":\"%s\",\"arguments\":[1]}", "arguments"},
    {"{\"execute\":\"%s\",\"argument\":{}}", "argument"},
};

// After each the manager goes on as if it had not been.
START_TEST(test_malformed) {
    struct manager m;

    manager_open(&m, no_arguments);
    manager_init(&m);
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        char text[128];

        snprintf(text, sizeof(text), ways[i].format, verbs[_i]);
        manager_say(&m, text);
        manager_expect_error(&m, ways[i].culprit);
    }
    manager_say(&m, set_args);
    manager_expect(&m, manager_returned);
    manager_do(&m, "restore");
    ck_assert_int_eq(write(m.stream[0], "E", 1), 1);
    manager_expect(&m, manager_result);
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, RESTORE_JOB);
}
END_TEST

// What is no message ends the connection, and not the server: another one can say quit.
static const char *const broken[] = {
    "{ \"execute\" : \"%s\" ]",     "{ \"execute\" : %s }",
    "{ \"execute\" \"%s\" }",       "\"%s\"",
    "{ \"execute\" : '%s' }",       "{ \"execute\" : \"%s\" }}",
    "{ \"execute\" : \"%s\x01\" }",
};

START_TEST(test_broken) {
    struct manager m;
    char text[128];

    manager_open(&m, no_arguments);
    snprintf(text, sizeof(text), broken[_i], "track_dirty");
    manager_say(&m, text);
    if (strstr(text, "}}"))
        manager_expect(&m, manager_returned);
    manager_expect_error(&m, "a command");
    manager_expect_hangup(&m);
    close(m.fd);
    m.fd = manager_connect(&m);
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, "");
}
END_TEST

START_TEST(test_endless_message) {
    struct manager m;
    char text[1024];

    manager_open(&m, no_arguments);
    memset(text, ' ', sizeof(text) - 1);
    text[0] = '{';
    text[sizeof(text) - 1] = '\0';
    manager_say(&m, text);
    text[0] = ' ';
    for (int i = 0; i < 4; i++)
        manager_say(&m, text);
    manager_expect_error(&m, "more than 4096 bytes");
    manager_expect_hangup(&m);
    m.fd = manager_connect(&m);
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, "");
}
END_TEST

// The server keeps no descriptor that it has no use for: the other end sees it close.
static void expect_closed(struct manager *m) {
    struct pollfd set = {.fd = m->stream[0]};

    close(m->stream[1]);
    m->stream[1] = -1;
    ck_assert_int_eq(poll(&set, 1, 1000), 1);
    ck_assert_int_ne(set.revents & POLLHUP, 0);
}

START_TEST(test_descriptor_of_no_use) {
    struct manager m;

    manager_open(&m, no_arguments);
    manager_say_with(&m, "{\"execute\":\"track_dirty\"}", m.stream[1]);
    manager_expect_error(&m, "track_dirty: a file descriptor");
    expect_closed(&m);
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, "");
}
END_TEST

START_TEST(test_descriptor_with_nonsense) {
    struct manager m;

    manager_open(&m, no_arguments);
    manager_say_with(&m, "{\"execute\":\"migrate\"}", m.stream[1]);
    manager_expect_error(&m, "there is no command");
    expect_closed(&m);
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, "");
}
END_TEST

// A second stream takes the place of the first.
START_TEST(test_second_stream) {
    struct manager m, second;

    manager_open(&m, no_arguments);
    manager_init(&m);
    second = m;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, second.stream), 0);
    manager_init(&second);
    expect_closed(&m);
    manager_do(&m, "migrate_pause");
    manager_do(&m, "migrate_paused");
    manager_do(&m, "migrate_nonlive");
    manager_expect(&m, manager_completed);
    ck_assert_int_eq(read(second.stream[0], m.heard, 10), 1);
    close(second.stream[0]);
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0,
                       "nonlive store_port=-1 console_port=-1 mem_pnode=-1 pv=0 vgpu=0\n");
}
END_TEST

static void refused(struct manager *m, const char *text, const char *part) {
    manager_say(m, text);
    manager_expect_error(m, part);
}

START_TEST(test_wrong_order) {
    static const char *const arguments[] = {"dirty=1000", NULL};
    struct manager m;

    manager_open(&m, arguments);
    refused(&m, "{\"execute\":\"migrate_init\"}", "migrate_init: no file descriptor");
    refused(&m, "{\"execute\":\"migrate_live\"}", "migrate_live: there is no stream");
    refused(&m, "{\"execute\":\"migrate_nonlive\"}", "migrate_nonlive: there is no stream");
    refused(&m, "{\"execute\":\"restore\"}", "restore: there is no stream");
    manager_init(&m);
    refused(&m, "{\"execute\":\"restore\"}", "store_port is missing");
    refused(&m, "{\"execute\":\"set_args\",\"arguments\":{\"store_port\":\"5\",\"pv\":\"1\"}}",
            "set_args: argument pv: \\\"1\\\"");
    refused(&m, "{\"execute\":\"restore\"}", "store_port is missing");
    refused(&m, "{\"execute\":\"set_args\",\"arguments\":{\"compress\":\"true\"}}",
            "not supported");
    manager_do(&m, "migrate_live");
    for (int running = 1; running >= 0; running--) {
        const char *why = running ? "is under way" : "is complete already";

        refused(&m, "{\"execute\":\"migrate_live\"}", why);
        refused(&m, "{\"execute\":\"migrate_nonlive\"}", why);
        refused(&m, "{\"execute\":\"restore\"}", why);
        refused(&m, set_args, why);
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, m.stream), 0);
        manager_say_with(&m, "{\"execute\":\"migrate_init\"}", m.stream[1]);
        manager_expect_error(&m, why);
        expect_closed(&m);
        if (!running)
            break;
        manager_do(&m, "migrate_pause");
        manager_do(&m, "migrate_paused");
        ck_assert_str_eq(manager_hear_until(&m, "status"), manager_completed);
    }
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, LIVE_JOB);
}
END_TEST

// A refusal is an answer, not a crash: the manager learns why, and says quit.
START_TEST(test_refused_work) {
    static const char *const arguments[] = {"refuse=platform/nomigrate \"1\" forbids it", NULL};
    struct manager m;

    manager_open(&m, arguments);
    manager_init(&m);
    refused(&m, "{\"execute\":\"migrate_live\"}",
            "migrate_live: platform/nomigrate \\\"1\\\" forbids it");
    manager_do(&m, "migrate_abort");
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, "");
}
END_TEST

// One manager takes the error, another the end of the connection for the failure; that one looks
// for the end before it reads, so the end must not come before the error is read.
// The server waits 5 s for that, which may be over on a machine that is very busy.
static void expect_failure(struct manager *m, int64_t from, const char *text, const char *output) {
    struct pollfd set = {.fd = m->fd, .events = POLLIN};

    usleep(100000);
    ck_assert_int_eq(poll(&set, 1, 0), 1);
    if (manager_now_ms() - from < 3000)
        ck_assert_int_eq(set.revents, POLLIN);
    manager_expect_error(m, text);
    manager_expect_hangup(m);
    manager_expect_end(m, MANAGER_MS, 1, output);
}

START_TEST(test_failing_save) {
    static const char *const arguments[] = {"fail=xc_domain_save: [12] no memory", NULL};
    struct manager m;
    int64_t from;

    manager_open(&m, arguments);
    from = manager_now_ms();
    manager_init(&m);
    manager_do(&m, "migrate_progress");
    manager_do(&m, "migrate_live");
    expect_failure(&m, from, "xc_domain_save: [12] no memory",
                   LIVE_JOB "error: xc_domain_save: [12] no memory\n");
}
END_TEST

// The stream ends, or the other host resets it.
START_TEST(test_failing_restore) {
    struct manager m;
    int64_t from;

    manager_open(&m, no_arguments);
    from = manager_now_ms();
    manager_init(&m);
    manager_say(&m, set_args);
    manager_expect(&m, manager_returned);
    manager_do(&m, "restore");
    ck_assert_int_eq(write(m.stream[0], "LL", 2), 2);
    close(m.stream[0]);
    m.stream[0] = -1;
    expect_failure(&m, from, "the stream ended early",
                   RESTORE_JOB "error: the stream ended early\n");
}
END_TEST

START_TEST(test_other_host_is_gone) {
    struct manager m;
    int64_t from;

    manager_open(&m, no_arguments);
    from = manager_now_ms();
    manager_init(&m);
    close(m.stream[0]);
    m.stream[0] = -1;
    manager_do(&m, "migrate_live");
    expect_failure(&m, from, "writing the stream: Broken pipe",
                   LIVE_JOB "error: writing the stream: Broken pipe\n");
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("listen-errors");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_malformed, 0, ARRAY_SIZE(verbs));
    tcase_add_loop_test(tcase, test_broken, 0, ARRAY_SIZE(broken));
    tcase_add_test(tcase, test_endless_message);
    tcase_add_test(tcase, test_descriptor_of_no_use);
    tcase_add_test(tcase, test_descriptor_with_nonsense);
    tcase_add_test(tcase, test_second_stream);
    tcase_add_test(tcase, test_wrong_order);
    tcase_add_test(tcase, test_refused_work);
    tcase_add_test(tcase, test_failing_save);
    tcase_add_test(tcase, test_failing_restore);
    tcase_add_test(tcase, test_other_host_is_gone);
    return unit_run("listen-errors", tcase);
}
