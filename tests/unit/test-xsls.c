// The format of `xenstore-ls -f`, and the project's own fixture trees.

#include "lib/store/xsls.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *name;
    const char *text;
    const char *path; // NULL: an error is expected
    const char *value;
    size_t length;
} cases[] = {
    {"relative", "platform/acpi = \"1\"\n", "platform/acpi", "1", 1},
    {"absolute", "/vm/x = \"y\"\n", "/vm/x", "y", 1},
    {"empty value", "a = \"\"\n", "a", "", 0},
    {"no newline at the end", "a = \"b\"", "a", "b", 1},
    {"comment and blank line", "# c\n\na = \"b\"\n", "a", "b", 1},
    {"the last one counts", "a = \"1\"\na = \"2\"\n", "a", "2", 1},
    {"quotes and equals inside", "a = \"b \"c\" = d\"\n", "a", "b \"c\" = d", 9},
    {"letters", "a = \"\\t\\n\\r\\\\\\\"\"\n", "a", "\t\n\r\\\"", 5},
    {"octal", "a = \"\\0x\\101\\7\"\n", "a", "\0xA\7", 4},
    {"hexadecimal", "a = \"\\x7f\\xffg\"\n", "a", "\x7f\xffg", 3},
    {"no quotes", "a = b\n", NULL, NULL, 0},
    {"no closing quote", "a = \"b\n", NULL, NULL, 0},
    {"one quote", "a = \"\n", NULL, NULL, 0},
    {"escaped closing quote", "a = \"b\\\"\n", NULL, NULL, 0},
    {"unknown escape", "a = \"\\q\"\n", NULL, NULL, 0},
    {"octal over a byte", "a = \"\\777\"\n", NULL, NULL, 0},
    {"hexadecimal without digit", "a = \"\\xg\"\n", NULL, NULL, 0},
    {"no path", " = \"b\"\n", NULL, NULL, 0},
    {"no equals", "a\n", NULL, NULL, 0},
};

START_TEST(parsing) {
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct xsls tree = {0};
        struct error err = {0};
        int rc = xsls_parse(cases[i].text, &tree, &err);

        ck_assert_msg(rc == (cases[i].path ? 0 : -EINVAL), "%s: %d", cases[i].name, rc);
        if (rc == 0) {
            const struct xsls_entry *last = &tree.entries[tree.nr - 1];

            ck_assert_msg(strcmp(last->path, cases[i].path) == 0, "%s", cases[i].name);
            ck_assert_msg(last->length == cases[i].length, "%s", cases[i].name);
            ck_assert_msg(memcmp(last->value, cases[i].value, last->length) == 0, "%s",
                          cases[i].name);
            ck_assert_ptr_eq(xsls_value(&tree, cases[i].path), last->value);
        }
        error_done(&err);
        xsls_done(&tree);
    }
}
END_TEST

START_TEST(error_names_the_line) {
    struct xsls tree = {0};
    struct error err = {0};

    ck_assert_int_eq(xsls_parse("a = \"b\"\n\nbad\n", &tree, &err), -EINVAL);
    ck_assert_str_eq(err.text, "line 3: not of the form path = \"value\"");
    error_done(&err);
    xsls_done(&tree);
}
END_TEST

START_TEST(fixtures) {
    static const struct {
        const char *file;
        const char *bios;
    } files[] = {{"fixtures/xenstore/ubuntu-uefi.xs", "ovmf"},
                 {"fixtures/xenstore/ubuntu-bios.xs", NULL},
                 {"fixtures/xenstore/windows-11-uefi.xs", "ovmf"}};

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        struct xsls tree = {0};
        struct error err = {0};
        const char *bios;

        ck_assert_msg(xsls_read(files[i].file, &tree, &err) == 0, "%s", err.text);
        bios = xsls_value(&tree, "hvmloader/bios");
        ck_assert_str_eq(bios ? bios : "-", files[i].bios ? files[i].bios : "-");
        ck_assert_str_eq(xsls_value(&tree, "domain-type"), "hvm");
        ck_assert_ptr_nonnull(xsls_value(&tree, "platform/featureset"));
        xsls_done(&tree);
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("xsls");

    tcase_add_test(tcase, parsing);
    tcase_add_test(tcase, error_names_the_line);
    tcase_add_test(tcase, fixtures);
    return unit_run("xsls", tcase);
}
