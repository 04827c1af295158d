// What xenopsd makes of a builder's answer.

#include "tests/lab/toolstack/answer.h"
#include "tests/unit/unit.h"

#include <string.h>

#define GENERIC "Error from xenguesthelper: "

struct answer_case {
    const char *name;
    const char *text;
    enum answer_outcome outcome;
    int64_t first;  // store or code
    int64_t second; // console
    const char *error_class;
    const char *message;
};

static const struct answer_case result_cases[] = {
    {"usual", "result:1044476 1044479\n", ANSWER_RESULT, 1044476, 1044479, NULL, NULL},
    {"no newline before the end", "result:1 2", ANSWER_RESULT, 1, 2, NULL, NULL},
    {"further tokens", "result:1 2 x86_64-abi\n", ANSWER_RESULT, 1, 2, NULL, NULL},
    {"blank behind the second", "result:1 2 \n", ANSWER_RESULT, 1, 2, NULL, NULL},
    {"hexadecimal", "result:0xfeffc 0XFEFFF\n", ANSWER_RESULT, 0xfeffc, 0xfefff, NULL, NULL},
    {"64 bits", "result:9223372036854775807 0xffffffffffffffff\n", ANSWER_RESULT, INT64_MAX, -1,
     NULL, NULL},
    {"only what comes first", "result:1 2\nerror:late\n", ANSWER_RESULT, 1, 2, NULL, NULL},
    {"after remarks", "info:a:b\nstdout:c\nstderr:d\nresult:1 2\n", ANSWER_RESULT, 1, 2, NULL,
     NULL},
    {"one token", "result:1\n", ANSWER_FAILURE, 0, 0, NULL, "not a result: 1"},
    {"no token", "result:\n", ANSWER_FAILURE, 0, 0, NULL, "not a result: "},
    {"double blank", "result:1  2\n", ANSWER_FAILURE, 0, 0, NULL, "not a result: 1  2"},
    {"leading blank", "result: 1 2\n", ANSWER_FAILURE, 0, 0, NULL, "not a result:  1 2"},
    {"carriage return", "result:1 2\r\n", ANSWER_FAILURE, 0, 0, NULL, "not a result: 1 2\r"},
    {"too large", "result:1 9223372036854775808\n", ANSWER_FAILURE, 0, 0, NULL,
     "not a result: 1 9223372036854775808"},
};

static const struct answer_case error_cases[] = {
    {"class and code", "error:hvm_build 12 Cannot allocate  memory\n", ANSWER_ERROR, 12, 0,
     "hvm_build", "Cannot allocate  memory"},
    {"colon in the text", "error:hvm_build 22 a: b\n", ANSWER_ERROR, 22, 0, "hvm_build", "a: b"},
    {"no text", "error:xc_domain_save -1\n", ANSWER_ERROR, -1, 0, "xc_domain_save", ""},
    {"OCaml's integers", "error:hvm_build_mem 0b1_0 x\n", ANSWER_ERROR, 2, 0, "hvm_build_mem", "x"},
    {"params", "error:hvm_build_params 1 x\n", ANSWER_ERROR, 1, 0, "hvm_build_params", "x"},
    {"dom allocate", "error:xc_dom_allocate 1 x\n", ANSWER_ERROR, 1, 0, "xc_dom_allocate", "x"},
    {"linux build", "error:xc_dom_linux_build 1 x\n", ANSWER_ERROR, 1, 0, "xc_dom_linux_build",
     "x"},
    {"resume", "error:xc_domain_resume 1 x\n", ANSWER_ERROR, 1, 0, "xc_domain_resume", "x"},
    {"restore", "error:xc_domain_restore 1 x\n", ANSWER_ERROR, 1, 0, "xc_domain_restore", "x"},
    {"no newline before the end", "error:hvm_build 5 x", ANSWER_ERROR, 5, 0, "hvm_build", "x"},
    {"code in brackets", "error:hvm_build [12] x\n", ANSWER_FAILURE, 0, 0, NULL,
     GENERIC "hvm_build [12] x"},
    {"code over 63 bits", "error:hvm_build 4611686018427387904 x\n", ANSWER_FAILURE, 0, 0, NULL,
     GENERIC "hvm_build 4611686018427387904 x"},
    {"class alone", "error:hvm_build\n", ANSWER_FAILURE, 0, 0, NULL, GENERIC "hvm_build"},
    {"class with colon", "error:hvm_build: 12 x\n", ANSWER_FAILURE, 0, 0, NULL,
     GENERIC "hvm_build: 12 x"},
    {"leading blank", "error: hvm_build 12 x\n", ANSWER_FAILURE, 0, 0, NULL,
     GENERIC " hvm_build 12 x"},
    {"free text", "error:xenguest: xc_dom_mem_init: [4] panic\n", ANSWER_FAILURE, 0, 0, NULL,
     GENERIC "xenguest: xc_dom_mem_init: [4] panic"},
    {"empty", "error:\n", ANSWER_FAILURE, 0, 0, NULL, GENERIC},
};

static const struct answer_case other_cases[] = {
    {"suspend", "suspend:\n", ANSWER_FAILURE, 0, 0, NULL,
     "protocol failure: suspend during a build"},
    {"warning", "warning:low\nresult:1 2\n", ANSWER_FAILURE, 0, 0, NULL,
     GENERIC "uncaught exception"},
    {"debug", "debug:x\n", ANSWER_FAILURE, 0, 0, NULL, GENERIC "uncaught exception"},
    {"prefix in capitals", "Result:1 2\n", ANSWER_FAILURE, 0, 0, NULL,
     GENERIC "uncaught exception"},
    {"no colon", "result 1 2\n", ANSWER_FAILURE, 0, 0, NULL, "failed to parse: result 1 2"},
    {"empty line", "\nresult:1 2\n", ANSWER_FAILURE, 0, 0, NULL, "failed to parse: "},
    {"nothing", "", ANSWER_FAILURE, 0, 0, NULL, "End_of_file"},
    {"remarks only", "info:x\nstderr:y", ANSWER_FAILURE, 0, 0, NULL, "End_of_file"},
};

static void check_outcome(const struct answer *answer, const struct answer_case *c) {
    ck_assert_msg(answer->outcome == c->outcome, "%s: outcome %d", c->name, (int)answer->outcome);
    if (c->outcome == ANSWER_RESULT) {
        ck_assert_msg(answer->store == c->first, "%s", c->name);
        ck_assert_msg(answer->console == c->second, "%s", c->name);
        return;
    }
    ck_assert_msg(strcmp(answer->message, c->message) == 0, "%s: %s", c->name, answer->message);
    if (c->outcome == ANSWER_ERROR) {
        ck_assert_msg(answer->code == c->first, "%s", c->name);
        ck_assert_msg(strcmp(answer->error_class, c->error_class) == 0, "%s", c->name);
    }
}

// Feeds the case in pieces of `piece` bytes.
static void check_case(const struct answer_case *c, size_t piece) {
    size_t nr = strlen(c->text);
    struct answer answer = {0};

    for (size_t i = 0; i < nr; i += piece)
        ck_assert_int_eq(answer_feed(&answer, c->text + i, nr - i < piece ? nr - i : piece), 0);
    ck_assert_int_eq(answer_end(&answer), 0);
    check_outcome(&answer, c);
    answer_done(&answer);
}

static void check_cases(const struct answer_case *cases, size_t nr) {
    for (size_t i = 0; i < nr; i++) {
        check_case(&cases[i], 1);
        check_case(&cases[i], 3);
        check_case(&cases[i], SIZE_MAX);
    }
}

START_TEST(results) {
    check_cases(result_cases, ARRAY_SIZE(result_cases));
}
END_TEST

START_TEST(errors) {
    check_cases(error_cases, ARRAY_SIZE(error_cases));
}
END_TEST

START_TEST(others) {
    check_cases(other_cases, ARRAY_SIZE(other_cases));
}
END_TEST

START_TEST(remarks_and_line_are_kept) {
    static const char text[] = "info:a:b\nstderr:\nerror:hvm_build 1 x\ninfo:late\n";
    struct answer answer = {0};

    ck_assert_int_eq(answer_feed(&answer, text, sizeof(text) - 1), 0);
    ck_assert_uint_eq(answer.nr_remarks, 2);
    ck_assert_str_eq(answer.remarks[0], "info:a:b");
    ck_assert_str_eq(answer.remarks[1], "stderr:");
    ck_assert_str_eq(answer.line, "error:hvm_build 1 x");
    answer_done(&answer);
}
END_TEST

START_TEST(nul_byte_cuts_nothing) {
    static const char text[] = "result:1 2\0 3\n";
    struct answer answer = {0};

    ck_assert_int_eq(answer_feed(&answer, text, sizeof(text) - 1), 0);
    ck_assert_int_eq(answer.outcome, ANSWER_FAILURE);
    ck_assert_str_eq(answer.line, "result:1 2? 3");
    answer_done(&answer);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("answer");

    tcase_add_test(tcase, results);
    tcase_add_test(tcase, errors);
    tcase_add_test(tcase, others);
    tcase_add_test(tcase, remarks_and_line_are_kept);
    tcase_add_test(tcase, nul_byte_cuts_nothing);
    return unit_run("answer", tcase);
}
