// The command line: the stock program's rules for spelling, and strict values.

#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "xenguest/mode.h"
#include "xenguest/options.h"

#define MAX_ARGS 24

// Parses a command line given as words separated by blanks; "''" stands for an empty word.
static int parse(const char *line, struct request *request, struct error *err) {
    static char buffer[4096];
    static char *argv[MAX_ARGS + 2];
    int argc = 0;

    snprintf(buffer, sizeof(buffer), "xenguest %s", line);
    for (char *word = strtok(buffer, " "); word; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "''") ? word : word + 2;
    argv[argc] = NULL;
    return options_parse(argc, argv, mode_exists, request, err);
}

struct accepted {
    const char *line;
    size_t offset; // of an int64_t in the request
    int64_t value;
};

#define NUM(member) offsetof(struct request, member)

static const struct accepted accepted[] = {
    {"-domid 3", NUM(domid), 3},
    {"--domid 3", NUM(domid), 3},
    {"-domid=3", NUM(domid), 3},
    {"--domid=3", NUM(domid), 3},
    {"-dom 3", NUM(domid), 3},
    {"-console_p 5", NUM(console_port), 5},
    {"-mem_p 0", NUM(mem_pnode), 0},
    {"-mem_pnode 63", NUM(mem_pnode), 63},
    {"-mem_pnode -1", NUM(mem_pnode), REQUEST_UNSET},
    {"-domid 3 -domid 4", NUM(domid), 4},
    {"-domid +7", NUM(domid), 7},
    {"word -domid 3 - other", NUM(domid), 3},
    {"-domid 3 -- -domid 4", NUM(domid), 3},
    {"-domid 32751", NUM(domid), 32751},
    {"-mem_max_mib 16776959", NUM(mem_max_mib), 16776959},
    {"-mem_start_mib 16776959", NUM(mem_start_mib), 16776959},
    {"-mem_start_mib 1", NUM(mem_start_mib), 1},
    {"-fd 9", NUM(stream_fd), 9},
    {"-controlinfd 0", NUM(control_in_fd), 0},
    {"-controloutfd 2", NUM(control_out_fd), 2},
    {"-store_port 1 -store_domid 2", NUM(store_domid), 2},
    {"-console_domid 5", NUM(console_domid), 5},
    {"", NUM(store_domid), 0},
    {"", NUM(console_domid), 0},
    {"", NUM(flags), 0},
    {"", NUM(domid), REQUEST_UNSET},
    {"", NUM(mem_pnode), REQUEST_UNSET},
    {"-live", NUM(flags), REQUEST_FLAG_LIVE},
    {"-live -debug", NUM(flags), REQUEST_FLAG_LIVE | REQUEST_FLAG_DEBUG},
    {"-debug -flags 0", NUM(flags), 0},
    {"-flags 4 -debug", NUM(flags), 6},
};

START_TEST(test_accepted) {
    const struct accepted *c = &accepted[_i];
    struct request request;
    struct error err = {0};
    int rc = parse(c->line, &request, &err);

    ck_assert_msg(rc == OPTIONS_RUN, "%s: %s", c->line, err.text);
    ck_assert_msg(*(int64_t *)((char *)&request + c->offset) == c->value, "%s: %lld", c->line,
                  (long long)*(int64_t *)((char *)&request + c->offset));
}
END_TEST

struct refused {
    const char *line;
    int rc;
    const char *text; // must be part of the message
};

static const struct refused refused[] = {
    // Unknown, ambiguous, malformed.
    {"-nonsense 3", -EINVAL, "unknown option \"-nonsense\""},
    {"--nonsense", -EINVAL, "unknown option \"--nonsense\""},
    {"-y", -EINVAL, "unknown option \"-y\""},
    {"-:", -EINVAL, "unknown option \"-:\""},
    {"-vgpu -:domid 3", -EINVAL, "unknown option \"-:domid\""},
    {"-f", -EINVAL, "\"-f\" is ambiguous: -features"},
    {"-s", -EINVAL, "is ambiguous"},
    {"-mo", -EINVAL, "is ambiguous: -mode, -module"},
    {"-mod", -EINVAL, "is ambiguous: -mode, -module"},
    {"-mem 5", -EINVAL, "is ambiguous: -mem_max_mib, -mem_start_mib, -mem_pnode"},
    {"-debu", -EINVAL, "is ambiguous: -debuglog, -debug"},
    {"-force=1", -EINVAL, "option -force takes no value"},
    {"-vgpu=x", -EINVAL, "option -vgpu takes no value"},
    {"-domid", -EINVAL, "\"-domid\" needs a value"},
    // Integers.
    {"-domid ''", -EINVAL, "option -domid: \"\" is not a number"},
    {"-domid=", -EINVAL, "option -domid: \"\" is not a number"},
    {"-domid 3x", -EINVAL, "option -domid: \"3x\""},
    {"-domid 0x3", -EINVAL, "option -domid: \"0x3\""},
    {"-domid x", -EINVAL, "option -domid: \"x\""},
    {"-domid --", -EINVAL, "option -domid: \"--\""},
    {"-domid -1", -ERANGE, "option -domid: -1 is not within 1..32751"},
    {"-domid 0", -ERANGE, "option -domid: 0"},
    {"-domid 32752", -ERANGE, "option -domid: 32752"},
    {"-domid 99999999999999999999", -ERANGE, "option -domid: 99999999999999999999"},
    {"-controloutfd -1", -ERANGE, "option -controloutfd: -1"},
    {"-controloutfd 2147483648", -ERANGE, "option -controloutfd"},
    {"-store_port -1", -ERANGE, "option -store_port"},
    {"-store_port 0", -ERANGE, "option -store_port"},
    {"-console_port 131072", -ERANGE, "option -console_port"},
    {"-mem_max_mib 0", -ERANGE, "option -mem_max_mib"},
    {"-mem_max_mib -5", -ERANGE, "option -mem_max_mib: -5"},
    // 16 TiB less the smallest hole and a page, which has to have a number: 32 bits for the end.
    {"-mem_max_mib 16776960", -ERANGE,
     "option -mem_max_mib: 16776960 is not within 1..16776959 MiB"},
    {"-mem_start_mib 16776960", -ERANGE,
     "option -mem_start_mib: 16776960 is not within 1..16776959 MiB"},
    {"-mem_max_mib 4294967297", -ERANGE, "option -mem_max_mib: 4294967297 is not within"},
    {"-mem_start_mib 4294967297", -ERANGE, "option -mem_start_mib: 4294967297 is not within"},
    {"-mem_max_mib 18446744073709551617", -ERANGE, "option -mem_max_mib: 18446744073709551617"},
    {"-mem_start_mib 1.5", -EINVAL, "option -mem_start_mib: \"1.5\""},
    {"-mem_pnode -2", -ERANGE, "option -mem_pnode: -2 is not within -1..63"},
    {"-mem_pnode 64", -ERANGE, "option -mem_pnode"},
    {"-mem_pnode 255", -ERANGE, "option -mem_pnode"},
    {"-flags -1", -ERANGE, "option -flags"},
    {"-compress true", -EOPNOTSUPP, "option -compress: compressed streams are not supported"},
    {"-compress yes", -EINVAL, "option -compress: \"yes\" is neither true nor false"},
    // Modes and modules.
    {"-mode nonsense", -EINVAL, "no mode \"nonsense\""},
    {"-mode test", -EINVAL, "no mode \"test\""},
    {"-mode ''", -EINVAL, "no mode \"\""},
    {"-module a -module b -module c", -E2BIG, "option -module: \"c\""},
};

START_TEST(test_refused) {
    const struct refused *c = &refused[_i];
    struct request request;
    struct error err = {0};
    int rc = parse(c->line, &request, &err);

    ck_assert_msg(rc == c->rc, "%s: %d", c->line, rc);
    ck_assert_int_eq(err.code, -c->rc);
    ck_assert_msg(strstr(err.text, c->text) != NULL, "%s: %s", c->line, err.text);
    error_done(&err);
}
END_TEST

// The value of an option is whatever follows it.
START_TEST(test_value_looks_like_option) {
    struct request request;
    struct error err = {0};

    ck_assert_int_eq(parse("-cmdline -module -image -fork", &request, &err), OPTIONS_RUN);
    ck_assert_str_eq(request.cmdline, "-module");
    ck_assert_str_eq(request.image, "-fork");
    ck_assert_uint_eq(request.nr_modules, 0);
}
END_TEST

START_TEST(test_empty_texts) {
    struct request request;
    struct error err = {0};

    ck_assert_int_eq(parse("-ramdisk '' -features=", &request, &err), OPTIONS_RUN);
    ck_assert_str_eq(request.ramdisk, "");
    ck_assert_str_eq(request.features, "");
}
END_TEST

// Command lines belong to modules by count, wherever they stand.
START_TEST(test_modules) {
    struct request request;
    struct error err = {0};

    ck_assert_int_eq(parse("-cmdline K -module A -module B -cmdline x", &request, &err),
                     OPTIONS_RUN);
    ck_assert_str_eq(request.cmdline, "K");
    ck_assert_str_eq(request.module[0], "A");
    ck_assert_str_eq(request.module_cmdline[0], "x");
    ck_assert_str_eq(request.module[1], "B");
    ck_assert_ptr_null(request.module_cmdline[1]);

    ck_assert_int_eq(
        parse("-module A -cmdline K -cmdline a -module B -cmdline b -cmdline c", &request, &err),
        OPTIONS_RUN);
    ck_assert_str_eq(request.cmdline, "K");
    ck_assert_str_eq(request.module_cmdline[0], "a");
    ck_assert_str_eq(request.module_cmdline[1], "b");
}
END_TEST

START_TEST(test_long_module_cmdline) {
    char text[1100];
    char *argv[] = {"xenguest", "-cmdline", text, "-cmdline", text, NULL};
    struct request request;
    struct error err = {0};

    memset(text, 'x', sizeof(text));
    text[1023] = '\0';
    ck_assert_int_eq(options_parse(5, argv, mode_exists, &request, &err), OPTIONS_RUN);
    memset(text, 'x', sizeof(text));
    text[1024] = '\0';
    ck_assert_int_eq(options_parse(5, argv, mode_exists, &request, &err), -E2BIG);
    ck_assert(strstr(err.text, "-cmdline") != NULL);
    error_done(&err);
}
END_TEST

// Exactly what xenopsd passes, PCI devices included.
START_TEST(test_xenopsd_line) {
    struct request request;
    struct error err = {0};

    ck_assert_int_eq(
        parse("-controloutfd 5 -controlinfd 6 -mode hvm_build -image /x/hvmloader -vgpu -domid 12 "
              "-store_port 3 -store_domid 0 -console_port 4 -console_domid 0 -mem_max_mib 4088 "
              "--force -pci_passthrough 0000:05:00.0,0000:05:00.1",
              &request, &err),
        OPTIONS_RUN);
    ck_assert_str_eq(request.mode, "hvm_build");
    ck_assert(options_given(&request, "vgpu") && options_given(&request, "domid"));
    ck_assert(!options_given(&request, "mem_pnode") && !options_given(&request, "json"));
    ck_assert_int_eq(request.control_out_fd, 5);
    ck_assert_int_eq(request.control_in_fd, 6);
    ck_assert_str_eq(request.image, "/x/hvmloader");
    ck_assert(request.vgpu && request.force);
    ck_assert_int_eq(request.domid, 12);
    ck_assert_int_eq(request.mem_max_mib, 4088);
    ck_assert_str_eq(request.pci_passthrough, "0000:05:00.0,0000:05:00.1");
}
END_TEST

// Every option of every variant.
START_TEST(test_union_of_variants) {
    struct request request;
    struct error err = {0};
    static const char *const lines[] = {
        "-fake -fork -no_incr_generationid -live -debug -force -vgpu",
        "-mode linux_build -ramdisk r -features f -flags 0 -cmdline c -image k",
        "-mode pvh_build -module a -module b",
        "-mode hvm_save -fd 3 -live",
        "-mode save",
        "-mode restore",
        "-mode hvm_restore",
        "-mode resume_slow",
        "-mode listen -debug -mem_pnode 1 -compress false",
        "-mode build_hvm_usemem",
        "-mode reserve",
        "-mode release",
        "-mode build_hvm",
    };

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        ck_assert_msg(parse(lines[i], &request, &err) == OPTIONS_RUN, "%s: %s", lines[i], err.text);
}
END_TEST

START_TEST(test_supports) {
    struct request request;
    struct error err = {0};

    ck_assert_int_eq(parse("-supports migration-v2 -nonsense", &request, &err), OPTIONS_SUPPORTS);
    ck_assert(options_supports(request.supports));
    ck_assert_int_eq(parse("-supports Migration-v2", &request, &err), OPTIONS_SUPPORTS);
    ck_assert(!options_supports(request.supports));
    // Behind an error it is not reached.
    ck_assert_int_eq(parse("-nonsense -supports migration-v2", &request, &err), -EINVAL);
    error_done(&err);
}
END_TEST

START_TEST(test_help_and_version) {
    struct request request;
    struct error err = {0};

    ck_assert_int_eq(parse("--help", &request, &err), OPTIONS_HELP);
    ck_assert_int_eq(parse("-domid 3 -version", &request, &err), OPTIONS_VERSION);
}
END_TEST

// What stood before the option at fault says where the error is to be reported.
START_TEST(test_partial_request) {
    struct request request;
    struct error err = {0};

    ck_assert_int_eq(parse("-controloutfd 7 -mode hvm_build -domid x", &request, &err), -EINVAL);
    ck_assert_int_eq(request.control_out_fd, 7);
    ck_assert_ptr_nonnull(request.mode);
    error_done(&err);
}
END_TEST

START_TEST(test_require) {
    struct request request;
    struct error err = {0};

    ck_assert_int_eq(parse("-domid 3 -mem_pnode -1", &request, &err), OPTIONS_RUN);
    ck_assert_int_eq(options_require(&request, "domid", &err), 0);
    ck_assert_int_eq(options_require(&request, "store_domid", &err), 0);
    ck_assert_int_eq(options_require(&request, "image", &err), -EINVAL);
    ck_assert_str_eq(err.text, "option -image is missing");
    ck_assert_int_eq(options_require(&request, "store_port", &err), -EINVAL);
    ck_assert_int_eq(options_require(&request, "cmdline", &err), -EINVAL);
    error_done(&err);
}
END_TEST

// A mode names what is missing.
START_TEST(test_modes) {
    struct control_result result;
    struct request request;
    struct error err = {0};
    struct session session = {.request = &request};

    ck_assert_int_eq(parse("-mode listen -fd 4", &request, &err), OPTIONS_RUN);
    ck_assert_int_eq(mode_run(mode_find(request.mode), &session, &result, &err), -EINVAL);
    ck_assert_str_eq(err.text, "mode listen: option -domid is missing");
    ck_assert_str_eq(mode_find(request.mode)->error_word, "xenguest");
    ck_assert_int_eq(parse("-mode hvm_save -domid 3 -fd 4", &request, &err), OPTIONS_RUN);
    ck_assert_int_eq(mode_run(mode_find(request.mode), &session, &result, &err), -EINVAL);
    ck_assert_str_eq(err.text, "mode hvm_save: option -controloutfd is missing");
    ck_assert_int_eq(parse("-mode hvm_restore -domid 3", &request, &err), OPTIONS_RUN);
    ck_assert_int_eq(mode_run(mode_find(request.mode), &session, &result, &err), -EINVAL);
    ck_assert_str_eq(err.text, "mode hvm_restore: option -fd is missing");
    ck_assert_int_eq(parse("-mode build_hvm -domid 3 -mem_max_mib 9", &request, &err), OPTIONS_RUN);
    ck_assert_int_eq(mode_run(mode_find(request.mode), &session, &result, &err), -EINVAL);
    ck_assert_str_eq(err.text, "mode build_hvm: option -mem_start_mib is missing");
    error_done(&err);
}
END_TEST

// A hundred of each, which once overran arrays of ten: refused, or ignored, but never stored.
START_TEST(test_many_modules_and_cmdlines_overrun_nothing) {
    static char *argv[1 + 2 * 100 + 1];
    struct request request;
    struct error err = {0};

    argv[0] = "xenguest";
    for (int i = 0; i < 100; i++) {
        argv[1 + 2 * i] = "-cmdline";
        argv[2 + 2 * i] = "text";
    }
    ck_assert_int_eq(options_parse(201, argv, mode_exists, &request, &err), OPTIONS_RUN);
    ck_assert_uint_eq(request.nr_modules, 0);
    for (int i = 0; i < 100; i++)
        argv[1 + 2 * i] = "-module";
    ck_assert_int_eq(options_parse(201, argv, mode_exists, &request, &err), -E2BIG);
    ck_assert_uint_eq(request.nr_modules, REQUEST_MAX_MODULES);
    error_done(&err);
}
END_TEST

START_TEST(test_domid_0_and_no_domid_are_refused) {
    struct request request;
    struct error err = {0};

    ck_assert_int_eq(parse("-mode listen -domid 0", &request, &err), -ERANGE);
    ck_assert_int_eq(parse("-mode hvm_build", &request, &err), OPTIONS_RUN);
    ck_assert_int_eq(options_require(&request, "domid", &err), -EINVAL);
    error_done(&err);
}
END_TEST

// Node 255 would be encoded as the flag for populate on demand, larger ones as other flags.
START_TEST(test_mem_pnode_does_not_spill_into_other_flags) {
    static const char *const lines[] = {"-mem_pnode 64", "-mem_pnode 255", "-mem_pnode 256",
                                        "-mem_pnode 4294967295"};
    struct request request;
    struct error err = {0};

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        ck_assert_msg(parse(lines[i], &request, &err) == -ERANGE, "%s", lines[i]);
    ck_assert_int_eq(request.mem_pnode, REQUEST_UNSET);
    error_done(&err);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("options");

    tcase_add_loop_test(tcase, test_accepted, 0, ARRAY_SIZE(accepted));
    tcase_add_loop_test(tcase, test_refused, 0, ARRAY_SIZE(refused));
    tcase_add_test(tcase, test_value_looks_like_option);
    tcase_add_test(tcase, test_empty_texts);
    tcase_add_test(tcase, test_modules);
    tcase_add_test(tcase, test_long_module_cmdline);
    tcase_add_test(tcase, test_xenopsd_line);
    tcase_add_test(tcase, test_union_of_variants);
    tcase_add_test(tcase, test_supports);
    tcase_add_test(tcase, test_help_and_version);
    tcase_add_test(tcase, test_partial_request);
    tcase_add_test(tcase, test_require);
    tcase_add_test(tcase, test_modes);
    tcase_add_test(tcase, test_many_modules_and_cmdlines_overrun_nothing);
    tcase_add_test(tcase, test_domid_0_and_no_domid_are_refused);
    tcase_add_test(tcase, test_mem_pnode_does_not_spill_into_other_flags);
    return unit_run("options", tcase);
}
