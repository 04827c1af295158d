// Every combination of what the safety checks look at.

#include <errno.h>
#include <string.h>

#include "lib/guest/safety.h"
#include "tests/unit/unit.h"

START_TEST(test_combination) {
    const struct safety safety = {
        .on_demand = _i & 1, .passthrough = _i & 2, .nested = _i & 4, .hap = _i & 8};
    bool bad = (safety.on_demand && (safety.nested || safety.passthrough)) ||
               (safety.nested && !safety.hap);
    struct error err = {0};

    ck_assert_int_eq(safety_check(&safety, &err), bad ? -EINVAL : 0);
    if (bad)
        ck_assert(strstr(err.text, "-force") != NULL);
    error_done(&err);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("safety");

    tcase_add_loop_test(tcase, test_combination, 0, 16);
    return unit_run("safety", tcase);
}
