// What a test asks for in XENGUEST_MODEL_FAIL happens to the events that it names, to no others.

#include "tests/model/fault.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define GIB_FRAMES (1ULL << 18)

static double seconds(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void shall_fail(const char *what) {
    setenv("XENGUEST_MODEL_FAIL", what, 1);
}

START_TEST(the_nth_fails) {
    shall_fail("store:2:EIO,store.read:4+:ENOENT");
    ck_assert_int_eq(fault_event("store", "read").code, 0);
    ck_assert_int_eq(fault_event("store", "write").code, EIO);
    ck_assert_int_eq(fault_event("store", "read").code, 0);
    ck_assert_int_eq(fault_event("store", "read").code, 0);
    ck_assert_int_eq(fault_event("store", "read").code, ENOENT);
    ck_assert_int_eq(fault_event("store", "read").code, ENOENT);
}
END_TEST

START_TEST(slow_is_slow) {
    double start;

    shall_fail("store.read:2:slow=300");
    fault_event("store", "read");
    start = seconds();
    ck_assert_int_eq(fault_event("store", "read").code, 0);
    ck_assert(seconds() - start >= 0.3);
}
END_TEST

// The event may fail as well: the first one does at the end of its time.
START_TEST(slow_and_wrong) {
    double start = seconds();

    shall_fail("map:1+:EIO,map:1:slow=200,map:1:slow=100");
    ck_assert_int_eq(fault_event("map", NULL).code, EIO);
    ck_assert(seconds() - start >= 0.3);
}
END_TEST

static void *slow_event(void *data) {
    fault_event("store", "read");
    __atomic_store_n((int *)data, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

// Other threads go on meanwhile.
START_TEST(slow_alone) {
    pthread_t thread;
    int ended = 0;

    shall_fail("store.read:1:slow=1000");
    ck_assert_int_eq(pthread_create(&thread, NULL, slow_event, &ended), 0);
    for (unsigned i = 0; i < 10; i++) {
        const struct timespec pause = {.tv_nsec = 20000000};

        nanosleep(&pause, NULL);
        fault_event("map", NULL);
    }
    ck_assert_int_eq(__atomic_load_n(&ended, __ATOMIC_SEQ_CST), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(ended, 1);
}
END_TEST

START_TEST(slow_by_size) {
    struct fault fault;
    double start;

    shall_fail("hypercall.memory_op.populate_physmap:1+:slow-gib=400");
    start = seconds();
    fault = fault_event("hypercall", "memory_op.populate_physmap");
    ck_assert_int_eq(fault.code, 0);
    ck_assert(!fault.cut);
    fault_populate_wait(&fault, GIB_FRAMES / 2);
    ck_assert(seconds() - start >= 0.2);
    fault_populate_wait(&fault, GIB_FRAMES);
    ck_assert(seconds() - start >= 0.6);
    ck_assert_uint_eq(fault_event("hypercall", "memory_op.claim_pages").slow_ms_per_gib, 0);
}
END_TEST

static const char *const wrong[] = {"store:1:slow=", "store:1:slow", "store:1:slow=1s",
                                    "store:1:slow-gib=x"};

START_TEST(not_understood) {
    // It says so, which nobody who reads a passing run should see.
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    shall_fail(wrong[_i]);
    fault_event("store", "read");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("model-fault");
    TCase *tcase = tcase_create("faults");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, the_nth_fails);
    tcase_add_test(tcase, slow_is_slow);
    tcase_add_test(tcase, slow_and_wrong);
    tcase_add_test(tcase, slow_alone);
    tcase_add_test(tcase, slow_by_size);
    tcase_add_loop_test_raise_signal(tcase, not_understood, SIGABRT, 0,
                                     sizeof(wrong) / sizeof(*wrong));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
