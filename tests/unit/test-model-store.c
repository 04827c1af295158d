// The store's answers are those of xenstored.

#include "tests/model/store.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct store *store;

static void setup(void) {
    store = calloc(1, sizeof(*store));
    ck_assert_int_eq(store_write(store, "/local/domain/1/platform/acpi", "1", 1), 0);
}

static void teardown(void) {
    free(store);
}

START_TEST(parents_exist) {
    static const char *const paths[] = {"/", "/local", "/local/domain/1",
                                        "/local/domain/1/platform"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        ck_assert_ptr_nonnull(store_find(store, paths[i]));
        ck_assert_uint_eq(store_find(store, paths[i])->length, 0);
    }
    ck_assert_ptr_null(store_find(store, "/loca"));
}
END_TEST

START_TEST(values) {
    ck_assert_int_eq(store_write(store, "/local/domain/1/platform/acpi", "a\0b", 3), 0);
    ck_assert_uint_eq(store_find(store, "/local/domain/1/platform/acpi")->length, 3);
    ck_assert_int_eq(store_write(store, "/x", "", STORE_MAX_VALUE + 1), -E2BIG);
}
END_TEST

START_TEST(bad_paths) {
    static const char *const paths[] = {"", "a", "/a/", "//a", "/a//b"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
        ck_assert_int_eq(store_write(store, paths[i], "", 0), -EINVAL);
}
END_TEST

START_TEST(removal) {
    ck_assert_int_eq(store_write(store, "/local/domain/10", "", 0), 0);
    ck_assert_int_eq(store_rm(store, "/local/domain/1"), 0);
    ck_assert_ptr_null(store_find(store, "/local/domain/1/platform/acpi"));
    ck_assert_ptr_nonnull(store_find(store, "/local/domain/10"));
    ck_assert_int_eq(store_rm(store, "/local/domain/1"), 0); // its parent is there
    ck_assert_int_eq(store_rm(store, "/local/domain/1/platform/acpi"), -ENOENT);
}
END_TEST

START_TEST(children) {
    const struct store_node *acpi = store_find(store, "/local/domain/1/platform/acpi");

    ck_assert_str_eq(store_child(acpi, "/local/domain/1/platform"), "acpi");
    ck_assert_ptr_null(store_child(acpi, "/local/domain/1"));
    ck_assert_ptr_null(store_child(acpi, "/local/domain/1/platform/acpi"));
    ck_assert_str_eq(store_child(store_find(store, "/local"), "/"), "local");
    ck_assert_ptr_null(store_child(store_find(store, "/"), "/"));
}
END_TEST

START_TEST(generation_counts_changes) {
    uint64_t before = store->generation;

    ck_assert_int_eq(store_mkdir(store, "/local"), 0);
    ck_assert_uint_eq(store->generation, before);
    ck_assert_int_eq(store_mkdir(store, "/new"), 0);
    ck_assert_uint_ne(store->generation, before);
}
END_TEST

START_TEST(permissions_are_the_parents) {
    const struct store_perm perms[] = {{0, 0}, {1, 1}};
    const struct store_node *node;

    ck_assert_int_eq(store_set_perms(store, "/local/domain/1", perms, 2), 0);
    ck_assert_int_eq(store_write(store, "/local/domain/1/a/b", "", 0), 0);
    for (int i = 0; i < 2; i++) {
        node = store_find(store, i ? "/local/domain/1/a/b" : "/local/domain/1/a");
        ck_assert_uint_eq(node->nr_perms, 2);
        ck_assert_int_eq(memcmp(node->perm, perms, sizeof(perms)), 0);
    }
    // Those that were there keep theirs, as do those that are written again.
    ck_assert_int_eq(store_write(store, "/local/domain/1/platform/acpi", "0", 1), 0);
    ck_assert_uint_eq(store_find(store, "/local/domain/1/platform/acpi")->nr_perms, 1);
    ck_assert_uint_eq(store_find(store, "/local/domain/1/platform")->nr_perms, 1);
    ck_assert_int_eq(store_set_perms(store, "/local/domain/1", perms, 0), -EINVAL);
    ck_assert_int_eq(store_set_perms(store, "/nowhere", perms, 1), -ENOENT);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("model-store");
    TCase *tcase = tcase_create("store");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, parents_exist);
    tcase_add_test(tcase, values);
    tcase_add_test(tcase, bad_paths);
    tcase_add_test(tcase, removal);
    tcase_add_test(tcase, children);
    tcase_add_test(tcase, generation_counts_changes);
    tcase_add_test(tcase, permissions_are_the_parents);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
