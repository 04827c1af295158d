// Abort, quit, a signal and the manager's death, in every state that a migration can be in.

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/listen/manager.h"
#include "tests/unit/unit.h"

#define IDLE_MS 500 // long enough to connect on a busy machine

static const char set_args[] =
    "{\"execute\":\"set_args\",\"arguments\":{\"store_port\":\"3\",\"console_port\":\"4\"}}";

static void enter_stream(struct manager *m) {
    manager_init(m);
    manager_say(m, set_args);
    manager_expect(m, manager_returned);
}

// It copies, and would do so for ever.
static void enter_copying(struct manager *m) {
    enter_stream(m);
    manager_do(m, "migrate_progress");
    manager_do(m, "migrate_live");
    manager_hear_until(m, "\"iteration\": 2");
}

// The other host does not read: the first iteration never ends.
static void enter_blocked(struct manager *m) {
    enter_stream(m);
    manager_do(m, "migrate_live");
    manager_hear_until(m, "\"iteration\": 0");
    usleep(30000);
}

static void enter_blocked_pipe(struct manager *m) {
    manager_make_pipe(m, false);
    enter_blocked(m);
}

static void enter_paused(struct manager *m) {
    enter_copying(m);
    manager_do(m, "migrate_pause");
    usleep(30000);
}

static void complete(struct manager *m) {
    manager_do(m, "migrate_paused");
    ck_assert_str_eq(manager_hear_until(m, "status"), manager_completed);
}

static void enter_completed(struct manager *m) {
    enter_paused(m);
    complete(m);
}

static void enter_nonlive(struct manager *m) {
    enter_stream(m);
    manager_do(m, "migrate_pause");
    manager_do(m, "migrate_nonlive");
    usleep(10000);
}

static void enter_nonlive_completed(struct manager *m) {
    enter_nonlive(m);
    complete(m);
}

static void enter_restore(struct manager *m) {
    enter_stream(m);
    manager_do(m, "restore");
    ck_assert_int_eq(write(m->stream[0], "LL", 2), 2);
    usleep(10000);
}

static void enter_restore_pipe(struct manager *m) {
    manager_make_pipe(m, true);
    enter_restore(m);
}

static void enter_restored(struct manager *m) {
    enter_restore(m);
    ck_assert_int_eq(write(m->stream[0], "E", 1), 1);
    manager_expect(m, manager_result);
}

static void enter_nothing(struct manager *m) {
    (void)m;
}

#define ENDLESS                                                                                    \
    { "dirty=65536,1000", "chunk=1", "ms=5" }
#define BLOCKED                                                                                    \
    { "dirty=65536", "chunk=9000000" }
#define ARGUMENTS "store_port=3 console_port=4 mem_pnode=-1 pv=0 vgpu=0\n"

static const struct state {
    const char *name;
    const char *arguments[4];
    void (*enter)(struct manager *m);
    bool running;
    const char *job; // that the server has told by then
} states[] = {
    {"connected", {NULL}, enter_nothing, false, ""},
    {"stream", {NULL}, enter_stream, false, ""},
    {"copying", ENDLESS, enter_copying, true, "live " ARGUMENTS},
    {"blocked", BLOCKED, enter_blocked, true, "live " ARGUMENTS},
    {"blocked, a pipe", BLOCKED, enter_blocked_pipe, true, "live " ARGUMENTS},
    {"paused", ENDLESS, enter_paused, true, "live " ARGUMENTS},
    {"completed", ENDLESS, enter_completed, false, "live " ARGUMENTS},
    {"nonlive", {NULL}, enter_nonlive, true, "nonlive " ARGUMENTS},
    {"nonlive completed", {NULL}, enter_nonlive_completed, false, "nonlive " ARGUMENTS},
    {"restoring", {NULL}, enter_restore, true, "restore " ARGUMENTS},
    {"restoring, a pipe", {NULL}, enter_restore_pipe, true, "restore " ARGUMENTS},
    {"restored", {NULL}, enter_restored, false, "restore " ARGUMENTS},
};

static void enter(struct manager *m, const struct state *state, const char *more) {
    const char *arguments[6] = {more};
    unsigned nr = more != NULL;

    for (unsigned i = 0; i < ARRAY_SIZE(state->arguments) && state->arguments[i]; i++)
        arguments[nr++] = state->arguments[i];
    manager_open(m, arguments);
    state->enter(m);
}

// What was running fails with `why`; if nothing was, all is well.
static void expect_end(struct manager *m, const struct state *state, int ms, const char *why) {
    char output[256];

    snprintf(output, sizeof(output), "%s%s%s%s", state->job, state->running ? "error: " : "",
             state->running ? why : "", state->running ? "\n" : "");
    manager_expect_end(m, ms, state->running, output);
}

// Managers abort, and then quit: both are answered, and nothing else is said of a failure.
START_TEST(test_abort) {
    const struct state *state = &states[_i];
    struct manager m;

    enter(&m, state, NULL);
    manager_do(&m, "migrate_abort");
    usleep(100000);
    manager_do(&m, "migrate_abort");
    manager_do(&m, "quit");
    manager_expect_hangup(&m);
    expect_end(&m, state, MANAGER_MS, "aborted by the emulator manager");
}
END_TEST

START_TEST(test_abort_and_quit_at_once) {
    const struct state *state = &states[_i];
    struct manager m;

    enter(&m, state, NULL);
    manager_say(&m, "{\"execute\":\"migrate_abort\"}{\"execute\":\"quit\"}");
    ck_assert_str_eq(manager_hear_until(&m, "return"), manager_returned);
    ck_assert_str_eq(manager_hear_until(&m, "return"), manager_returned);
    expect_end(&m, state, MANAGER_MS, "aborted by the emulator manager");
}
END_TEST

START_TEST(test_quit) {
    const struct state *state = &states[_i];
    struct manager m;

    enter(&m, state, NULL);
    manager_do(&m, "quit");
    expect_end(&m, state, MANAGER_MS, "the emulator manager quit before it was complete");
}
END_TEST

// Pause and paused do nothing that an abort could not end.
START_TEST(test_pause_and_abort) {
    const struct state *state = &states[_i];
    struct manager m;

    enter(&m, state, NULL);
    manager_say(&m, "{\"execute\":\"migrate_pause\"}{\"execute\":\"migrate_abort\"}"
                    "{\"execute\":\"migrate_paused\"}");
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(manager_hear_until(&m, "return"), manager_returned);
    manager_do(&m, "quit");
    expect_end(&m, state, MANAGER_MS, "aborted by the emulator manager");
}
END_TEST

START_TEST(test_nothing_begins_after_an_abort) {
    struct manager m;

    enter(&m, &states[1], NULL);
    manager_do(&m, "migrate_abort");
    manager_say(&m, "{\"execute\":\"migrate_live\"}");
    manager_expect_error(&m, "migrate_live: the migration was aborted");
    manager_say(&m, "{\"execute\":\"restore\"}");
    manager_expect_error(&m, "restore: the migration was aborted");
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, "");
}
END_TEST

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGTERM, "Terminated"}, {SIGINT, "Interrupt"}, {SIGHUP, "Hangup"}};

START_TEST(test_signal) {
    const struct state *state = &states[_i];
    int number = _i % (int)ARRAY_SIZE(signals);
    char text[64], output[256];
    struct manager m;

    enter(&m, state, NULL);
    kill(m.server, signals[number].number);
    snprintf(text, sizeof(text), "stopped by a signal: %s", signals[number].name);
    if (*state->job)
        manager_expect_error(&m, text);
    manager_expect_hangup(&m);
    snprintf(output, sizeof(output), "%serror: %s\n", state->job, text);
    manager_expect_end(&m, MANAGER_MS, 1, output);
}
END_TEST

// A manager that dies is waited for, for a while; without it there is no use in going on. (Every
// second state: this takes time.)
START_TEST(test_death) {
    const struct state *state = &states[(size_t)_i * 2];
    struct manager m;
    int64_t from;

    enter(&m, state, "idle_ms=500");
    from = manager_now_ms();
    close(m.fd);
    expect_end(&m, state, MANAGER_MS, "no emulator manager is connected any more");
    ck_assert_int_ge(manager_now_ms() - from, IDLE_MS - 20);
}
END_TEST

// After an abort there is nothing to wait for.
START_TEST(test_death_after_abort) {
    const struct state *state = &states[_i];
    struct manager m;

    enter(&m, state, NULL);
    manager_do(&m, "migrate_abort");
    close(m.fd);
    expect_end(&m, state, MANAGER_MS, "aborted by the emulator manager");
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("listen-states");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_abort, 0, ARRAY_SIZE(states));
    tcase_add_loop_test(tcase, test_abort_and_quit_at_once, 0, ARRAY_SIZE(states));
    tcase_add_loop_test(tcase, test_quit, 0, ARRAY_SIZE(states));
    tcase_add_loop_test(tcase, test_pause_and_abort, 0, ARRAY_SIZE(states));
    tcase_add_loop_test(tcase, test_signal, 0, ARRAY_SIZE(states));
    tcase_add_loop_test(tcase, test_death, 0, ARRAY_SIZE(states) / 2);
    tcase_add_loop_test(tcase, test_death_after_abort, 0, ARRAY_SIZE(states));
    tcase_add_test(tcase, test_nothing_begins_after_an_abort);
    return unit_run("listen-states", tcase);
}
