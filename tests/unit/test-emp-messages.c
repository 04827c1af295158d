// The emulator manager's messages: what they mean, where they end however they arrive, and what is
// said of those that mean nothing.

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/migration/emp-command.h"
#include "lib/migration/emp-framing.h"
#include "lib/migration/emp-text.h"
#include "tests/unit/prng.h"
#include "tests/unit/unit.h"

struct good {
    const char *text;
    enum emp_verb verb;
    struct emp_args args;
};

#define NONE                                                                                       \
    { EMP_UNSET, EMP_UNSET, EMP_UNSET, false, false }

// As XenServer's manager, XCP-ng's, and older ones space them.
static const struct good good[] = {
    {"{ \"execute\" : \"quit\"}", EMP_QUIT, NONE},
    {"{ \"execute\" : \"quit\" }", EMP_QUIT, NONE},
    {"{\"execute\":\"migrate_init\"}", EMP_MIGRATE_INIT, NONE},
    {"{\"execute\":\"migrate_abort\"}", EMP_MIGRATE_ABORT, NONE},
    {"{\"execute\":\"migrate_live\"}", EMP_MIGRATE_LIVE, NONE},
    {"{\"execute\":\"migrate_nonlive\"}", EMP_MIGRATE_NONLIVE, NONE},
    {"{\"execute\":\"migrate_pause\"}", EMP_MIGRATE_PAUSE, NONE},
    {"{\"execute\":\"migrate_paused\"}", EMP_MIGRATE_PAUSED, NONE},
    {"{\"execute\":\"migrate_progress\"}", EMP_MIGRATE_PROGRESS, NONE},
    {"{\"execute\":\"restore\"}", EMP_RESTORE, NONE},
    {"{\"execute\":\"track_dirty\"}", EMP_TRACK_DIRTY, NONE},
    {"{ \"execute\" : \"set_args\", \"arguments\" : { \"store_port\":\"3\", "
     "\"console_port\":\"4\" } }",
     EMP_SET_ARGS,
     {3, 4, EMP_UNSET, false, false}},
    {"{ \"execute\" : \"set_args\", \"arguments\" : { \"store_port\":\"3\", "
     "\"console_port\":\"4\", \"mem_pnode\":\"2\" } }",
     EMP_SET_ARGS,
     {3, 4, 2, false, false}},
    {"{\"execute\":\"set_args\",\"arguments\":{\"mem_pnode\":\"-1\"}}", EMP_SET_ARGS, NONE},
    {"{\"execute\":\"set_args\",\"arguments\":{\"mem_pnode\":\"63\"}}",
     EMP_SET_ARGS,
     {EMP_UNSET, EMP_UNSET, 63, false, false}},
    {"{\"execute\":\"set_args\",\"arguments\":{\"pv\":\"true\",\"vgpu\":\"true\"}}",
     EMP_SET_ARGS,
     {EMP_UNSET, EMP_UNSET, EMP_UNSET, true, true}},
    {"{\"arguments\":{\"pv\":\"false\"},\"execute\":\"set_args\"}", EMP_SET_ARGS, NONE},
    {"{\"execute\":\"set_args\",\"arguments\":{\"compress\":\"false\"}}", EMP_SET_ARGS, NONE},
    {"{\"execute\":\"set_args\",\"arguments\":{}}", EMP_SET_ARGS, NONE},
    {"{\"execute\":\"set_args\",\"arguments\":{\"store_port\":\"131071\"}}",
     EMP_SET_ARGS,
     {131071, EMP_UNSET, EMP_UNSET, false, false}},
    {"{\"execute\":\"quit\",\"arguments\":{\"whatever\":1}}", EMP_QUIT, NONE},
    {"{\"execute\":\"qui\\u0074\"}", EMP_QUIT, NONE},
};

// The first message of a text, all at once; the rest is left in *text.
static json_object *first_message(struct emp_framing *framing, const char **text) {
    struct error err = {0};
    size_t size = strlen(*text);
    json_object *message = NULL;
    int rc = emp_framing_next(framing, text, &size, &message, &err);

    ck_assert_msg(rc == 1, "\"%s\": %d %s", *text, rc, err.text ? err.text : "");
    return message;
}

static void check_args(const struct emp_args *args, const struct emp_args *expected) {
    ck_assert_int_eq(args->store_port, expected->store_port);
    ck_assert_int_eq(args->console_port, expected->console_port);
    ck_assert_int_eq(args->mem_pnode, expected->mem_pnode);
    ck_assert_int_eq(args->pv, expected->pv);
    ck_assert_int_eq(args->vgpu, expected->vgpu);
}

static int parse(const char *text, const struct emp_args *args, struct emp_command *ret,
                 struct error *err) {
    struct emp_framing framing;
    json_object *message;
    int rc;

    ck_assert_int_eq(emp_framing_init(&framing, err), 0);
    message = first_message(&framing, &text);
    ck_assert_str_eq(text, "");
    rc = emp_command_parse(message, args, ret, err);
    json_object_put(message);
    emp_framing_done(&framing);
    return rc;
}

START_TEST(test_good) {
    const struct good *g = &good[_i];
    const struct emp_args none = EMP_ARGS_NONE;
    struct emp_command command;
    struct error err = {0};

    ck_assert_msg(!parse(g->text, &none, &command, &err), "%s: %s", g->text, err.text);
    ck_assert_int_eq(command.verb, g->verb);
    check_args(&command.args, &g->args);
}
END_TEST

// What an earlier set_args, or the command line, has named stays.
START_TEST(test_arguments_add_up) {
    const struct emp_args before = {3, 4, 5, true, false};
    const struct emp_args after = {3, 6, 5, false, true};
    struct emp_command command;
    struct error err = {0};

    ck_assert_int_eq(parse("{\"execute\":\"quit\"}", &before, &command, &err), 0);
    check_args(&command.args, &before);
    ck_assert_int_eq(parse("{\"execute\":\"set_args\",\"arguments\":{\"console_port\":\"6\","
                           "\"pv\":\"false\",\"vgpu\":\"true\"}}",
                           &before, &command, &err),
                     0);
    check_args(&command.args, &after);
}
END_TEST

struct bad {
    const char *text;
    const char *culprit; // that the error has to name
    int code;
};

#define ARGUMENT(name, value)                                                                      \
    "{\"execute\":\"set_args\",\"arguments\":{\"pv\":\"true\",\"" name "\":" value "}}"

static const struct bad bad[] = {
    {"{}", "execute", EINVAL},
    {"{\"execute\":1}", "execute", EINVAL},
    {"{\"execute\":null}", "execute", EINVAL},
    {"{\"execute\":{\"a\":1}}", "execute", EINVAL},
    {"{\"execute\":\"\"}", "\"\"", EINVAL},
    {"{\"execute\":\"QUIT\"}", "\"QUIT\"", EINVAL},
    {"{\"execute\":\"migrate\"}", "\"migrate\"", EINVAL},
    {"{\"execute\":\"quit\",\"id\":1}", "\"id\"", EINVAL},
    {"{\"execute\":\"quit\",\"arguments\":[]}", "quit: \"arguments\"", EINVAL},
    {"{\"execute\":\"quit\",\"arguments\":null}", "quit: \"arguments\"", EINVAL},
    {"{\"execute\":\"set_args\",\"arguments\":\"pv\"}", "set_args: \"arguments\"", EINVAL},
    {"{\"execute\":\"set_args\"}", "set_args: there are no arguments", EINVAL},
    {ARGUMENT("speed", "\"1\""), "speed", EINVAL},
    {ARGUMENT("store_port", "3"), "store_port", EINVAL},
    {ARGUMENT("store_port", "\"\""), "store_port", EINVAL},
    {ARGUMENT("store_port", "\"3x\""), "store_port: \"3x\"", EINVAL},
    {ARGUMENT("store_port", "\" 3\""), "store_port", EINVAL},
    {ARGUMENT("store_port", "\"0x3\""), "store_port", EINVAL},
    {ARGUMENT("store_port", "\"0\""), "store_port: 0", ERANGE},
    {ARGUMENT("store_port", "\"131072\""), "store_port: 131072", ERANGE},
    {ARGUMENT("console_port", "\"-1\""), "console_port: -1", ERANGE},
    {ARGUMENT("console_port", "\"99999999999999999999\""), "console_port", ERANGE},
    {ARGUMENT("console_port", "null"), "console_port", EINVAL},
    {ARGUMENT("console_port", "[\"4\"]"), "console_port", EINVAL},
    {ARGUMENT("mem_pnode", "\"64\""), "mem_pnode: 64", ERANGE},
    {ARGUMENT("mem_pnode", "\"-2\""), "mem_pnode: -2", ERANGE},
    {ARGUMENT("mem_pnode", "2"), "mem_pnode", EINVAL},
    {ARGUMENT("mem_pnode", "\"2\\u00003\""), "mem_pnode", EINVAL},
    {ARGUMENT("pv", "true"), "pv", EINVAL},
    {ARGUMENT("pv", "\"yes\""), "pv: \"yes\"", EINVAL},
    {ARGUMENT("vgpu", "\"TRUE\""), "vgpu: \"TRUE\"", EINVAL},
    {ARGUMENT("vgpu", "\"1\""), "vgpu: \"1\"", EINVAL},
    {ARGUMENT("compress", "\"true\""), "compress", EOPNOTSUPP},
    {ARGUMENT("compress", "\"maybe\""), "compress: \"maybe\"", EINVAL},
};

START_TEST(test_bad) {
    const struct bad *b = &bad[_i];
    const struct emp_args none = EMP_ARGS_NONE;
    struct emp_command command = {.verb = EMP_TRACK_DIRTY, .args = {1, 2, 3, false, true}};
    const struct emp_command before = command;
    struct error err = {0};

    ck_assert_msg(parse(b->text, &none, &command, &err) == -b->code, "%s: %d", b->text, err.code);
    ck_assert_msg(strstr(err.text, b->culprit) != NULL, "%s: %s", b->text, err.text);
    ck_assert_int_eq(command.verb, before.verb);
    check_args(&command.args, &before.args);
    error_done(&err);
}
END_TEST

static const struct bad broken[] = {
    {"x", "object", EPROTO},
    {"quit\n", "object", EPROTO},
    {"\"quit\"", "object", EPROTO},
    {"[{\"execute\":\"quit\"}]", "object", EPROTO},
    {"1 ", "object", EPROTO},
    {"}", "object", EPROTO},
    {"{\"execute\":\"quit\"}}", "object", EPROTO},
    {"{\"execute\" \"quit\"}", "JSON", EPROTO},
    {"{'execute':'quit'}", "JSON", EPROTO},
    {"{\"execute\":\"quit\",}", "JSON", EPROTO},
    {"{\"execute\":quit}", "JSON", EPROTO},
    {"{execute:\"quit\"}", "JSON", EPROTO},
    {"{\"execute\":\"\\x\"}", "JSON", EPROTO},
    {"{/* */\"execute\":\"quit\"}", "JSON", EPROTO},
    {"{\"a\":{\"a\":{\"a\":{\"a\":1}}}}", "JSON", EPROTO},
    {"{\"execute\":\"a\x01\"}", "control character", EPROTO},
};

// All that is whole before is returned.
static int frame_all(const char *text, struct error *err) {
    struct emp_framing framing;
    size_t size = strlen(text);
    int rc;

    ck_assert_int_eq(emp_framing_init(&framing, err), 0);
    do {
        json_object *message = NULL;

        rc = emp_framing_next(&framing, &text, &size, &message, err);
        json_object_put(message);
    } while (rc > 0);
    emp_framing_done(&framing);
    return rc;
}

START_TEST(test_broken) {
    const struct bad *b = &broken[_i];
    struct error err = {0};

    ck_assert_msg(frame_all(b->text, &err) == -b->code, "%s: %d", b->text, err.code);
    ck_assert_msg(strstr(err.text, b->culprit) != NULL, "%s: %s", b->text, err.text);
    error_done(&err);
}
END_TEST

// 4096 bytes are a message, one more are not, and it is not read to its end.
START_TEST(test_long) {
    static const char head[] = "{\"execute\":\"", tail[] = "\"}";
    char text[EMP_MESSAGE_MAX + 100];
    struct error err = {0};
    size_t room = EMP_MESSAGE_MAX - strlen(head) - strlen(tail);

    snprintf(text, sizeof(text), "%s%*s%s", head, (int)room, "x", tail);
    ck_assert_int_eq(strlen(text), EMP_MESSAGE_MAX);
    ck_assert_int_eq(frame_all(text, &err), 0);
    snprintf(text, sizeof(text), "%s%*s%s", head, (int)room + 1, "x", tail);
    ck_assert_int_eq(frame_all(text, &err), -EMSGSIZE);
    error_done(&err);
    memset(text, ' ', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ck_assert_int_eq(frame_all(text, &err), 0);
}
END_TEST

// A conversation that arrives in random pieces is the same messages; each is returned with the
// piece that has its last byte.
START_TEST(test_splits) {
    static const struct {
        const char *text, *blanks;
        enum emp_verb verb;
    } messages[] = {
        {"{ \"execute\" : \"migrate_init\" }", "\n ", EMP_MIGRATE_INIT},
        {"{\"execute\":\"track_dirty\"}", "", EMP_TRACK_DIRTY},
        {"{\"execute\":\"set_args\",\"arguments\":{\"pv\":\"true\"}}", "\r\n\t", EMP_SET_ARGS},
        {"{ \"execute\" : \"quit\"}", "", EMP_QUIT},
    };
    const struct emp_args none = EMP_ARGS_NONE;
    struct prng prng = {(uint64_t)_i};
    size_t end[ARRAY_SIZE(messages)], total = 0, from = 0, nr = 0;
    struct emp_framing framing;
    struct error err = {0};
    char text[256] = "";

    for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
        total += (size_t)sprintf(text + total, "%s", messages[i].text);
        end[i] = total;
        total += (size_t)sprintf(text + total, "%s", messages[i].blanks);
    }
    ck_assert_int_eq(emp_framing_init(&framing, &err), 0);
    while (from < total) {
        size_t size = 1 + prng_below(&prng, _i % 40 + 1);
        const char *data = text + from;
        json_object *message;

        size = size < total - from ? size : total - from;
        from += size;
        while (emp_framing_next(&framing, &data, &size, &message, &err) > 0) {
            struct emp_command command;

            ck_assert_int_eq(emp_command_parse(message, &none, &command, &err), 0);
            ck_assert_int_eq(command.verb, messages[nr++].verb);
            json_object_put(message);
        }
        ck_assert_int_eq(err.code, 0);
        ck_assert_uint_eq(size, 0);
        for (size_t i = 0; i < ARRAY_SIZE(end); i++)
            ck_assert_int_eq(nr > i, from >= end[i]);
    }
    emp_framing_done(&framing);
}
END_TEST

START_TEST(test_texts) {
    const struct emp_progress progress = {1264640, -1, 1}, large = {UINT64_MAX, INT64_MAX, ~0U};
    const struct emp_result result = {1044476, 1044479};

    ck_assert_str_eq(emp_text_return().s, "{ \"return\" : {} }\n");
    ck_assert_str_eq(emp_text_progress(&progress).s,
                     "{ \"event\" : \"MIGRATION\", \"data\": {\"sent\": 1264640,\"remaining\": -1,"
                     "\"iteration\": 1}}\n");
    ck_assert_str_eq(emp_text_progress(&large).s,
                     "{ \"event\" : \"MIGRATION\", \"data\": {\"sent\": 18446744073709551615,"
                     "\"remaining\": 9223372036854775807,\"iteration\": 4294967295}}\n");
    ck_assert_str_eq(emp_text_completed().s,
                     "{ \"event\" : \"MIGRATION\", \"data\": {\"status\":\"completed\"}}\n");
    ck_assert_str_eq(emp_text_result(&result).s,
                     "{ \"event\" : \"MIGRATION\", \"data\": {\"status\":\"completed\","
                     "\"result\":\"1044476 1044479\"}}\n");
}
END_TEST

static const struct {
    const char *text, *wire;
} errors[] = {
    {"no memory", "{ \"error\" : \"no memory\" }\n"},
    {"a \"b\" \\c", "{ \"error\" : \"a \\\"b\\\" \\\\c\" }\n"},
    {"two\nlines", "{ \"error\" : \"two lines\" }\n"},
    {"\xe2\x80\xa6", "{ \"error\" : \"\\\\xe2\\\\x80\\\\xa6\" }\n"},
    {"", "{ \"error\" : \"\" }\n"},
};

START_TEST(test_errors) {
    ck_assert_str_eq(emp_text_error(errors[_i].text).s, errors[_i].wire);
}
END_TEST

// One that is too long for a manager is cut, and JSON all the same, wherever it is cut.
START_TEST(test_long_errors) {
    for (size_t length = 900; length < 1100; length++) {
        char text[1200];
        struct emp_text wire;
        json_object *object;

        memset(text, _i ? '"' : 'x', length);
        text[length] = '\0';
        wire = emp_text_error(text);
        ck_assert_uint_lt(strlen(wire.s), EMP_TEXT_SIZE);
        ck_assert_uint_gt(strlen(wire.s), 900);
        ck_assert_int_eq(wire.s[strlen(wire.s) - 1], '\n');
        object = json_tokener_parse(wire.s);
        ck_assert_ptr_nonnull(object);
        json_object_put(object);
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("emp-messages");

    tcase_add_loop_test(tcase, test_good, 0, ARRAY_SIZE(good));
    tcase_add_test(tcase, test_arguments_add_up);
    tcase_add_loop_test(tcase, test_bad, 0, ARRAY_SIZE(bad));
    tcase_add_loop_test(tcase, test_broken, 0, ARRAY_SIZE(broken));
    tcase_add_test(tcase, test_long);
    tcase_add_loop_test(tcase, test_splits, 0, 40);
    tcase_add_test(tcase, test_texts);
    tcase_add_loop_test(tcase, test_errors, 0, ARRAY_SIZE(errors));
    tcase_add_loop_test(tcase, test_long_errors, 0, 2);
    return unit_run("emp-messages", tcase);
}
