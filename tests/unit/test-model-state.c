// The state's file: shared by processes, copied, never left locked or half changed.

#include "tests/model/copy.h"
#include "tests/model/memory.h"
#include "tests/model/state.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_PROCESSES 4
#define NR_STEPS 200

static char directory[] = "/tmp/model-state-XXXXXX";
static char path[64], other[64];
static struct model *m;

static void setup(void) {
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/a", directory);
    snprintf(other, sizeof(other), "%s/b", directory);
    ck_assert_int_eq(state_create(path, MODEL_XEN_4_17, &m), 0);
}

static void teardown(void) {
    char command[128];

    snprintf(command, sizeof(command), "rm -r %s", directory);
    ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c)
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
}

START_TEST(opened_again) {
    struct model *again;

    m->nr_cpus = 17;
    ck_assert_int_eq(state_open(path, &again), 0);
    ck_assert_uint_eq(again->nr_cpus, 17);
    ck_assert_int_eq(state_open(other, &again), -ENOENT);
    m->layout++;
    ck_assert_int_eq(state_open(path, &again), -EINVAL);
}
END_TEST

START_TEST(copied) {
    struct model *copy;
    uint32_t value = 0;

    m->nr_cpus = 17;
    ck_assert_int_eq(memory_write(0x100000, 8, &m->nr_cpus, sizeof(value)), 0);
    ck_assert_int_eq(copy_machine(path, other), 0);
    m->nr_cpus = 18;
    ck_assert_int_eq(state_open(other, &copy), 0);
    ck_assert_uint_eq(copy->nr_cpus, 17);
    ck_assert_int_eq(memory_read(0x100000, 8, &value, sizeof(value)), 0);
    ck_assert_uint_eq(value, 17);
}
END_TEST

static void step(struct model *model, void *data) {
    uint32_t before = model->nr_cpus;

    (void)data;
    usleep(10);
    model->nr_cpus = before + 1;
}

START_TEST(taken_in_turns) {
    for (unsigned i = 0; i < NR_PROCESSES; i++) {
        if (fork() == 0) {
            for (unsigned n = 0; n < NR_STEPS; n++)
                state_run_apart(m, step, NULL);
            _exit(0);
        }
    }
    for (unsigned i = 0; i < NR_PROCESSES; i++) {
        int status;

        wait(&status);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_uint_eq(m->nr_cpus, (uintmax_t)NR_PROCESSES * NR_STEPS);
}
END_TEST

static void slow_step(struct model *model, void *data) {
    (void)data;
    model->threads_per_core = 2; // 1 so far
    usleep(200 * 1000);
    model->nr_cpus = 1;
}

// Killed in the middle, the step is finished all the same, and others wait for that.
START_TEST(survives_its_caller) {
    pid_t pid = fork();

    if (pid == 0) {
        state_run_apart(m, slow_step, NULL);
        _exit(0);
    }
    while (*(volatile uint32_t *)&m->threads_per_core != 2)
        usleep(100);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ck_assert_uint_eq(m->nr_cpus, 0);
    state_run_apart(m, step, NULL);
    ck_assert_uint_eq(m->nr_cpus, 2);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("model-state");
    TCase *tcase = tcase_create("state");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, opened_again);
    tcase_add_test(tcase, copied);
    tcase_add_test(tcase, taken_in_turns);
    tcase_add_test(tcase, survives_its_caller);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
