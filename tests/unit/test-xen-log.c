// The Xen libraries' messages in our log.

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "xenguest/xen-log.h"

static char path[64];
static struct log journal;

static void set_up(void) {
    struct error err = {0};

    snprintf(path, sizeof(path), "/tmp/xenguest-test-xen-log-%d", getpid());
    ck_assert_int_eq(log_open(&journal, 7, "-build", path, STDERR_FILENO, &err), 0);
}

static void tear_down(void) {
    log_close(&journal);
    unlink(path);
}

// Whether the log file holds a line that ends with this.
static bool logged(const char *text) {
    char line[512];
    FILE *file = fopen(path, "re");
    bool found = false;

    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        found |= strlen(line) >= strlen(text) && !strcmp(line + strlen(line) - strlen(text), text);
    }
    fclose(file);
    return found;
}

START_TEST(test_levels) {
    struct xen_log xen_log;

    xen_log_init(&xen_log, &journal, false);
    xtl_log(&xen_log.vtable, XTL_DEBUG, -1, "xc", "hidden");
    xtl_log(&xen_log.vtable, XTL_DETAIL, -1, "xc", "detail %d", 1);
    xtl_log(&xen_log.vtable, XTL_ERROR, -1, "xc", "grave");
    ck_assert(!logged("hidden"));
    ck_assert(logged("xc: detail: detail 1"));
    ck_assert(logged("xc: error: grave"));
}
END_TEST

START_TEST(test_debug) {
    struct xen_log xen_log;

    xen_log_init(&xen_log, &journal, true);
    xtl_log(&xen_log.vtable, XTL_DEBUG, -1, "xc", "shown");
    ck_assert(logged("xc: debug: shown"));
}
END_TEST

START_TEST(test_errno_is_told) {
    struct xen_log xen_log;

    xen_log_init(&xen_log, &journal, false);
    xtl_log(&xen_log.vtable, XTL_ERROR, 12, "xc", "mapping");
    ck_assert(logged("xc: error: mapping: Cannot allocate memory"));
}
END_TEST

START_TEST(test_newlines_and_progress) {
    struct xen_log xen_log;

    xen_log_init(&xen_log, &journal, false);
    xtl_log(&xen_log.vtable, XTL_INFO, -1, "xc", "two\nlines");
    ck_assert(logged("xc: info: two lines"));
    xtl_progress(&xen_log.vtable, "xc", "copying", 0, 200);
    ck_assert(logged("copying: 0 of 200 (0%)"));
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("xen-log");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_levels);
    tcase_add_test(tcase, test_debug);
    tcase_add_test(tcase, test_errno_is_told);
    tcase_add_test(tcase, test_newlines_and_progress);
    return unit_run("xen-log", tcase);
}
