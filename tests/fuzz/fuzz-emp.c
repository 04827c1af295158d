// Messages of the emulator manager: where they end does not depend on how they arrive, and what
// they mean is within bounds. What is answered is one line that a manager can take.

#include <errno.h>

#include "lib/migration/emp-command.h"
#include "lib/migration/emp-framing.h"
#include "lib/migration/emp-text.h"
#include "tests/fuzz/fuzz.h"

#define MAX_MESSAGES 64

// What comes of a conversation: the verb of each message or its errno, and how it ended.
struct outcome {
    int message[MAX_MESSAGES];
    unsigned nr;
    int rc;
    struct emp_args args;
};

static void check_args(const struct emp_args *args) {
    REQUIRE(args->store_port == EMP_UNSET || (args->store_port >= 1 && args->store_port < 131072));
    REQUIRE(args->console_port == EMP_UNSET ||
            (args->console_port >= 1 && args->console_port < 131072));
    REQUIRE(args->mem_pnode >= EMP_UNSET && args->mem_pnode < 64);
}

static bool is_same(const struct emp_args *a, const struct emp_args *b) {
    return a->store_port == b->store_port && a->console_port == b->console_port &&
           a->mem_pnode == b->mem_pnode && a->pv == b->pv && a->vgpu == b->vgpu;
}

static void check_answer(const char *text) {
    const struct emp_text answer = emp_text_error(text);
    size_t length = strlen(answer.s);
    json_object *object = json_tokener_parse(answer.s);

    REQUIRE(object && json_object_object_get_ex(object, "error", NULL));
    json_object_put(object);
    REQUIRE(length < EMP_TEXT_SIZE && answer.s[length - 1] == '\n');
    for (size_t i = 0; i + 1 < length; i++)
        REQUIRE(answer.s[i] >= ' ' && answer.s[i] <= '~');
}

static void take_message(json_object *message, struct outcome *outcome) {
    struct emp_command command;
    struct error err = {0};
    int rc;

    fuzz_fill(&command, sizeof(command));
    rc = emp_command_parse(message, &outcome->args, &command, &err);
    REQUIRE(rc <= 0 && err.code == -rc);
    if (rc) {
        REQUIRE(fuzz_is_filled(&command, sizeof(command)));
        check_answer(err.text);
        error_done(&err);
    } else {
        REQUIRE(command.verb < EMP_NR_VERBS && *emp_verb_name(command.verb));
        REQUIRE(command.verb == EMP_SET_ARGS || is_same(&command.args, &outcome->args));
        check_args(&command.args);
        outcome->args = command.args;
    }
    if (outcome->nr < MAX_MESSAGES)
        outcome->message[outcome->nr++] = rc ? rc : (int)command.verb;
}

// `step`: the bytes of each piece.
static void converse(const uint8_t *data, size_t size, size_t step, struct outcome *ret) {
    struct emp_framing framing;
    struct error err = {0};

    *ret = (struct outcome){.args = EMP_ARGS_NONE};
    REQUIRE(!emp_framing_init(&framing, &err));
    for (size_t from = 0; from < size && !ret->rc; from += step) {
        size_t left = size - from < step ? size - from : step;
        CLEANUP(cleanup_free) char *piece = fuzz_text(data + from, left);
        const char *at = piece;
        json_object *message = NULL;

        while ((ret->rc = emp_framing_next(&framing, &at, &left, &message, &err)) > 0) {
            REQUIRE(json_object_is_type(message, json_type_object));
            take_message(message, ret);
            json_object_put(message);
        }
        REQUIRE(ret->rc || !left);
    }
    if (ret->rc) {
        REQUIRE(err.code == -ret->rc);
        check_answer(err.text);
        error_done(&err);
    }
    emp_framing_done(&framing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct outcome whole, pieces;

    converse(data, size, size ? size : 1, &whole);
    converse(data, size, size ? data[0] % 16 + 1 : 1, &pieces);
    REQUIRE(whole.rc == pieces.rc && whole.nr == pieces.nr);
    REQUIRE(!memcmp(whole.message, pieces.message, sizeof(whole.message)));
    REQUIRE(is_same(&whole.args, &pieces.args));
    return 0;
}
