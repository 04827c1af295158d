// What all unit tests share: a program that runs one suite.
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <stdlib.h>

#include <check.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

// Runs a suite of one case; returns what main should.
static inline int unit_run(const char *name, TCase *tcase) {
    Suite *suite = suite_create(name);
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
