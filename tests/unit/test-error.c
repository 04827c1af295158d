// Errors on their way up.

#include <errno.h>
#include <string.h>

#include "lib/util/error.h"
#include "tests/unit/unit.h"

START_TEST(test_set_and_prefix) {
    struct error err = {0};

    ck_assert_int_eq(error_set(&err, ENOMEM, "node %d is full", 3), -ENOMEM);
    ck_assert_int_eq(err.code, ENOMEM);
    ck_assert_str_eq(err.text, "node 3 is full");
    ck_assert_int_eq(error_prefix(&err, "guest %s", "x"), -ENOMEM);
    ck_assert_str_eq(err.text, "guest x: node 3 is full");
    ck_assert_int_eq(error_set(&err, EIO, "other"), -EIO);
    ck_assert_str_eq(err.text, "other");
    error_done(&err);
    ck_assert_int_eq(err.code, 0);
    ck_assert_ptr_null(err.text);
}
END_TEST

START_TEST(test_long_text_is_whole) {
    struct error err = {0};
    char path[9000];

    memset(path, 'p', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    error_set(&err, ENOENT, "opening %s", path);
    ck_assert_uint_eq(strlen(err.text), strlen("opening ") + strlen(path));
    error_done(&err);
}
END_TEST

START_TEST(test_done_twice) {
    struct error err = {0};

    error_done(&err);
    error_set(&err, EIO, "x");
    error_done(&err);
    error_done(&err);
    ck_assert_ptr_null(err.text);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("error");

    tcase_add_test(tcase, test_set_and_prefix);
    tcase_add_test(tcase, test_long_text_is_whole);
    tcase_add_test(tcase, test_done_twice);
    return unit_run("error", tcase);
}
