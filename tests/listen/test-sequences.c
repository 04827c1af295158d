// What managers do, command by command, as XenServer's and XCP-ng's releases do it.

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/listen/manager.h"
#include "tests/unit/unit.h"

static const char *const no_arguments[] = {NULL};

static const char live_job[] = "live store_port=-1 console_port=-1 mem_pnode=-1 pv=0 vgpu=0\n";
static const char nonlive_job[] =
    "nonlive store_port=-1 console_port=-1 mem_pnode=-1 pv=0 vgpu=0\n";

// Managers take the state for settled with an event of an iteration above 0 that leaves fewer than
// 50 pages, or of iteration 4.
static void wait_until_settled(struct manager *m) {
    long long sent, remaining, iteration;

    do {
        const char *line = manager_hear_until(m, "\"sent\"");

        sent = manager_number(line, "sent");
        remaining = manager_number(line, "remaining");
        iteration = manager_number(line, "iteration");
    } while (!iteration || !((remaining >= 0 && remaining < 50) || iteration >= 4));
    ck_assert_int_eq(remaining, 40);
    ck_assert_int_ge(sent, 65536 + 3000);
}

// The stream begins with `first`, and has its end.
static void expect_stream(const struct manager *m, char first) {
    char block[4096], last = '\0';
    ssize_t bytes, total = 0;

    while ((bytes = read(m->stream[0], block, sizeof(block))) > 0) {
        if (!total)
            ck_assert_int_eq(block[0], first);
        last = block[bytes - 1];
        total += bytes;
    }
    ck_assert_int_eq(last, 'E');
}

static void quit(struct manager *m, const char *output) {
    manager_do(m, "quit");
    manager_expect_end(m, MANAGER_MS, 0, output);
}

// Pause comes as soon as it has settled ("fast pause"), or when xenopsd has suspended the guest.
START_TEST(test_live) {
    struct manager m;

    manager_open(&m, no_arguments);
    manager_init(&m);
    manager_do(&m, "track_dirty");
    manager_do(&m, "migrate_progress");
    manager_do(&m, "migrate_live");
    wait_until_settled(&m);
    if (!_i)
        manager_do(&m, "migrate_pause");
    usleep(30000); // xenopsd suspends the guest
    if (_i)
        manager_do(&m, "migrate_pause");
    manager_do(&m, "migrate_paused");
    ck_assert_str_eq(manager_hear_until(&m, "status"), manager_completed);
    usleep(50000); // others finish
    expect_stream(&m, 'L');
    quit(&m, live_job);
}
END_TEST

// XCP-ng up to 1.2.0: pause and paused right after one another. Without a progress client the one
// that began it learns of its completion.
START_TEST(test_live_without_progress) {
    struct manager m;

    manager_open(&m, no_arguments);
    manager_init(&m);
    manager_do(&m, "track_dirty");
    manager_do(&m, "migrate_live");
    wait_until_settled(&m);
    manager_do(&m, "migrate_pause");
    manager_do(&m, "migrate_paused");
    ck_assert_str_eq(manager_hear_until(&m, "status"), manager_completed);
    expect_stream(&m, 'L');
    quit(&m, live_job);
}
END_TEST

// The guest is suspended before the save begins. The completion is told once, whoever asked for
// progress.
START_TEST(test_nonlive) {
    struct manager m;

    manager_open(&m, no_arguments);
    manager_init(&m);
    if (_i)
        manager_do(&m, "migrate_progress");
    manager_do(&m, "migrate_pause");
    manager_do(&m, "migrate_paused");
    manager_do(&m, "migrate_nonlive");
    manager_expect(&m, manager_completed);
    expect_stream(&m, 'E');
    manager_say(&m, "{ \"execute\" : \"quit\" }");
    manager_expect(&m, manager_returned);
    manager_expect_hangup(&m);
    manager_expect_end(&m, MANAGER_MS, 0, nonlive_job);
}
END_TEST

struct restore_case {
    const char *arguments[2]; // of the command line
    const char *set_args;
    const char *job;
};

static const struct restore_case restores[] = {
    // XenServer: the node on the command line.
    {{"mem_pnode=2"},
     "{ \"execute\" : \"set_args\", \"arguments\" : { \"store_port\":\"3\", \"console_port\":\"4\" "
     "} }",
     "restore store_port=3 console_port=4 mem_pnode=2 pv=0 vgpu=0\n"},
    // XCP-ng: in set_args.
    {{NULL},
     "{ \"execute\" : \"set_args\", \"arguments\" : { \"store_port\":\"3\", "
     "\"console_port\":\"4\", "
     "\"mem_pnode\":\"2\" } }",
     "restore store_port=3 console_port=4 mem_pnode=2 pv=0 vgpu=0\n"},
    {{"mem_pnode=2"},
     "{\"execute\":\"set_args\",\"arguments\":{\"store_port\":\"3\",\"console_port\":\"4\","
     "\"mem_pnode\":\"-1\"}}",
     "restore store_port=3 console_port=4 mem_pnode=-1 pv=0 vgpu=0\n"},
    {{NULL},
     "{\"execute\":\"set_args\",\"arguments\":{\"store_port\":\"3\",\"console_port\":\"4\","
     "\"pv\":\"true\",\"vgpu\":\"true\"}}",
     "restore store_port=3 console_port=4 mem_pnode=-1 pv=1 vgpu=1\n"},
};

START_TEST(test_restore) {
    const struct restore_case *c = &restores[_i];
    struct manager m;

    manager_open(&m, c->arguments);
    manager_init(&m);
    manager_say(&m, c->set_args);
    manager_expect(&m, manager_returned);
    manager_do(&m, "restore");
    ck_assert_int_eq(write(m.stream[0], "LLLL", 4), 4);
    usleep(20000);
    ck_assert_int_eq(write(m.stream[0], "E", 1), 1);
    manager_expect(&m, manager_result);
    quit(&m, c->job);
}
END_TEST

// The server stays until it is told to go.
START_TEST(test_stays_after_completion) {
    static const char *const arguments[] = {"idle_ms=500", NULL};
    struct manager m;

    manager_open(&m, arguments);
    manager_init(&m);
    manager_do(&m, "migrate_pause");
    manager_do(&m, "migrate_paused");
    manager_do(&m, "migrate_nonlive");
    manager_expect(&m, manager_completed);
    usleep(700000);
    manager_do(&m, "migrate_progress");
    quit(&m, nonlive_job);
}
END_TEST

START_TEST(test_nothing_asked) {
    struct manager m;

    manager_open(&m, no_arguments);
    quit(&m, "");
}
END_TEST

// Many commands in one message: the descriptor is for the one that needs it.
START_TEST(test_merged) {
    struct manager m;

    manager_open(&m, no_arguments);
    manager_say_with(&m,
                     "{\"execute\":\"track_dirty\"}{ \"execute\" : \"migrate_init\" }\n"
                     "{ \"execute\" : \"migrate_pause\" } {\"execute\":\"migrate_paused\"}"
                     "{\"execute\":\"migrate_nonlive\"}",
                     m.stream[1]);
    close(m.stream[1]);
    m.stream[1] = -1;
    for (int i = 0; i < 5; i++)
        manager_expect(&m, manager_returned);
    manager_expect(&m, manager_completed);
    expect_stream(&m, 'E');
    quit(&m, nonlive_job);
}
END_TEST

static void say_in_pieces(struct manager *m, const char *text, size_t size) {
    for (; *text; text += strnlen(text, size)) {
        char piece[64];

        snprintf(piece, sizeof(piece), "%.*s", (int)size, text);
        manager_say(m, piece);
        usleep(1000);
    }
}

// One command in many messages; the descriptor comes with any of its bytes.
START_TEST(test_split) {
    static const char init[] = "{ \"execute\" : \"migrate_init\" }";
    struct manager m;
    size_t size = (size_t)_i + 1, at = (size_t)_i * 5;
    char before[sizeof(init)], byte[] = {init[at], '\0'};

    ck_assert_uint_lt(at, strlen(init));
    manager_open(&m, no_arguments);
    snprintf(before, sizeof(before), "%.*s", (int)at, init);
    say_in_pieces(&m, before, size);
    manager_say_with(&m, byte, m.stream[1]);
    close(m.stream[1]);
    m.stream[1] = -1;
    say_in_pieces(&m, init + at + 1, size);
    manager_expect(&m, manager_returned);
    say_in_pieces(&m,
                  "{\"execute\":\"migrate_pause\"}{\"execute\":\"migrate_paused\"}"
                  "{\"execute\":\"migrate_nonlive\"}",
                  size);
    for (int i = 0; i < 3; i++)
        manager_expect(&m, manager_returned);
    manager_expect(&m, manager_completed);
    say_in_pieces(&m, "{ \"execute\" : \"quit\" }", size);
    manager_expect(&m, manager_returned);
    manager_expect_end(&m, MANAGER_MS, 0, nonlive_job);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("listen-sequences");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_live, 0, 2);
    tcase_add_test(tcase, test_live_without_progress);
    tcase_add_loop_test(tcase, test_nonlive, 0, 2);
    tcase_add_loop_test(tcase, test_restore, 0, ARRAY_SIZE(restores));
    tcase_add_test(tcase, test_stays_after_completion);
    tcase_add_test(tcase, test_nothing_asked);
    tcase_add_test(tcase, test_merged);
    tcase_add_loop_test(tcase, test_split, 0, 6);
    return unit_run("listen-sequences", tcase);
}
