// The lock of the ledger: who waits for whom, and for how long.
//
// The times are those of the contract: a wait in vain takes 10 s, nobody waits in vain twice, and
// no queue, however long, is a wait in vain. TOLERANCE_MS is for a busy machine.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/claim/ledger-lock.h"
#include "lib/util/cleanup.h"
#include "lib/util/stop.h"
#include "tests/unit/unit.h"

#define LIMIT_MS 10000
#define TOLERANCE_MS 1500

static char base[64];
static int directory = -1;

static void set_up(void) {
    snprintf(base, sizeof(base), "/tmp/xenguest-test-lock.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(base));
    directory = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void tear_down(void) {
    char command[128];

    close(directory);
    snprintf(command, sizeof(command), "rm -rf %s", base);
    ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c): a path of our own
}

static int64_t now_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void pause_ms(long ms) {
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

struct outcome {
    int rc;            // of the first lock that was not had, or 0
    int64_t waited_ms; // for all locks together
    int64_t had_ms;    // when the last lock was had
    int nr_locks;      // had
};

// Takes the lock `nr` times, each time for hold_ms.
static struct outcome take(bool alone, int nr, long hold_ms) {
    struct ledger_lock lock = LEDGER_LOCK_CLOSED;
    struct outcome outcome = {0};

    ck_assert_int_eq(ledger_lock_open(&lock, directory), 0);
    for (int i = 0; i < nr; i++) {
        CLEANUP(error_done) struct error err = {0};
        int64_t before = now_ms();
        int rc = alone ? ledger_lock_alone(&lock, &err) : ledger_lock_together(&lock, &err);

        outcome.waited_ms += now_ms() - before;
        if (rc && !outcome.rc)
            outcome.rc = rc;
        if (!rc) {
            outcome.nr_locks++;
            outcome.had_ms = now_ms();
        }
        pause_ms(hold_ms);
        ledger_lock_end(&lock);
    }
    ledger_lock_close(&lock);
    return outcome;
}

// A process that does the same; its outcome comes through the pipe.
static pid_t start(int out, bool alone, int nr, long hold_ms) {
    pid_t pid = fork();

    if (!pid) {
        struct outcome outcome = take(alone, nr, hold_ms);

        _exit(write(out, &outcome, sizeof(outcome)) != sizeof(outcome));
    }
    return pid;
}

// A process that takes the lock, says so, and hangs.
static pid_t start_hung(bool alone) {
    int ready[2];
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (!pid) {
        CLEANUP(error_done) struct error err = {0};
        struct ledger_lock lock = LEDGER_LOCK_CLOSED;

        if (ledger_lock_open(&lock, directory) ||
            (alone ? ledger_lock_alone(&lock, &err) : ledger_lock_together(&lock, &err)) ||
            write(ready[1], "x", 1) != 1)
            _exit(1);
        raise(SIGSTOP);
        _exit(0);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void end(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static struct outcome outcome_of(int in) {
    struct outcome outcome;

    ck_assert_int_eq(read(in, &outcome, sizeof(outcome)), sizeof(outcome));
    wait(NULL);
    return outcome;
}

// 24 planners of 0.6 s each: the last waits for more than the limit, and none in vain.
START_TEST(test_a_queue_is_no_hang) {
    int out[2];

    ck_assert_int_eq(pipe(out), 0);
    for (int i = 0; i < 24; i++)
        start(out[1], true, 1, 600);
    for (int i = 0; i < 24; i++) {
        struct outcome outcome = outcome_of(out[0]);

        ck_assert_int_eq(outcome.rc, 0);
    }
}
END_TEST

// 12 builders populate, each call taking 1.5 s, while 24 come to plan: all do, one behind the
// other, before any of the builders goes on.
START_TEST(test_planners_go_back_to_back) {
    int builders[2], planners[2];
    int64_t last = 0, first = INT64_MAX;

    ck_assert_int_eq(pipe(builders), 0);
    ck_assert_int_eq(pipe(planners), 0);
    for (int i = 0; i < 12; i++)
        start(builders[1], false, 3, 1500);
    pause_ms(300);
    for (int i = 0; i < 24; i++)
        start(planners[1], true, 1, 50);
    for (int i = 0; i < 24; i++) {
        struct outcome outcome = outcome_of(planners[0]);

        ck_assert_int_eq(outcome.rc, 0);
        first = outcome.had_ms < first ? outcome.had_ms : first;
        last = outcome.had_ms > last ? outcome.had_ms : last;
    }
    for (int i = 0; i < 12; i++) {
        struct outcome outcome = outcome_of(builders[0]);

        ck_assert_int_eq(outcome.rc, 0);
        ck_assert_int_eq(outcome.nr_locks, 3);
    }
    // One call of a builder that came between would have taken 1.5 s.
    ck_assert_int_lt(last - first, 24 * 50 + 1400);
}
END_TEST

// Somebody hangs while planning (alone), or inside a populate call.
START_TEST(test_a_hang_costs_each_one_limit) {
    pid_t hung = start_hung(_i);
    int out[2];

    ck_assert_int_eq(pipe(out), 0);
    for (int i = 0; i < 4; i++)
        start(out[1], true, 2, 10);
    for (int i = 0; i < 4; i++)
        start(out[1], false, 20, 200);
    // Those who come later do not wait for one another either.
    pause_ms(4000);
    for (int i = 0; i < 4; i++)
        start(out[1], true, 2, 10);
    for (int i = 0; i < 12; i++) {
        struct outcome outcome = outcome_of(out[0]);

        ck_assert_int_lt(outcome.waited_ms, LIMIT_MS + TOLERANCE_MS);
    }
    // Who comes when all know that somebody hangs waits less.
    start(out[1], true, 1, 0);
    ck_assert_int_lt(outcome_of(out[0]).waited_ms, 2000 + TOLERANCE_MS);
    end(hung);
    // And once that process is gone everything is as before, also for the mark in the file's mode.
    start(out[1], true, 1, 0);
    ck_assert_int_eq(outcome_of(out[0]).rc, 0);
    hung = start_hung(true);
    start(out[1], true, 1, 0);
    ck_assert_int_gt(outcome_of(out[0]).waited_ms, LIMIT_MS - TOLERANCE_MS);
    end(hung);
}
END_TEST

START_TEST(test_the_error_names_the_holder) {
    CLEANUP(error_done) struct error err = {0};
    struct ledger_lock lock = LEDGER_LOCK_CLOSED;
    pid_t hung = start_hung(true);
    char name[32];

    ck_assert_int_eq(ledger_lock_open(&lock, directory), 0);
    ck_assert_int_eq(ledger_lock_alone(&lock, &err), -ETIMEDOUT);
    snprintf(name, sizeof(name), "process %d ", hung);
    ck_assert_ptr_nonnull(strstr(err.text, name));
    end(hung);
    // Who has given up still takes the lock where it is free.
    ck_assert_int_eq(ledger_lock_alone(&lock, &err), 0);
    ledger_lock_close(&lock);
}
END_TEST

// Being told to stop ends the wait of a planner and of a builder.
START_TEST(test_a_signal_ends_the_wait) {
    pid_t hung = start_hung(true), child;
    int out[2];
    int64_t told;

    ck_assert_int_eq(pipe(out), 0);
    child = fork();
    if (!child) {
        struct outcome outcome;

        stop_init();
        outcome = take(_i, 1, 0);
        _exit(write(out[1], &outcome, sizeof(outcome)) != sizeof(outcome));
    }
    pause_ms(500);
    kill(child, SIGTERM);
    told = now_ms();
    ck_assert_int_eq(outcome_of(out[0]).rc, -EINTR);
    ck_assert_int_lt(now_ms() - told, 1000);
    end(hung);
}
END_TEST

// A builder that has been stopped itself does not take that for somebody else's hang.
START_TEST(test_own_pause_is_no_hang) {
    int out[2];
    pid_t child, holder;

    ck_assert_int_eq(pipe(out), 0);
    holder = start(out[1], true, 1, 13000);
    pause_ms(300);
    child = start(out[1], true, 1, 0);
    pause_ms(300);
    kill(child, SIGSTOP);
    pause_ms(11000);
    kill(child, SIGCONT);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(outcome_of(out[0]).rc, 0);
    (void)holder;
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("ledger-lock");

    tcase_set_timeout(tcase, 90);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_a_queue_is_no_hang);
    tcase_add_test(tcase, test_planners_go_back_to_back);
    tcase_add_loop_test(tcase, test_a_hang_costs_each_one_limit, 0, 2);
    tcase_add_test(tcase, test_the_error_names_the_holder);
    tcase_add_loop_test(tcase, test_a_signal_ends_the_wait, 0, 2);
    tcase_add_test(tcase, test_own_pause_is_no_hang);
    return unit_run("ledger-lock", tcase);
}
