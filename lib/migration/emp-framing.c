// The tokener gets one byte at a time. It then returns an object with the brace that ends it, so
// what follows is left where it is, and how the bytes arrived makes no difference. Messages are a
// few dozen bytes.

#include "lib/migration/emp-framing.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

// A command has two levels; the text of an error need not have more.
#define MAX_DEPTH 4

int emp_framing_init(struct emp_framing *framing, struct error *err) {
    *framing = (struct emp_framing){.tokener = json_tokener_new_ex(MAX_DEPTH)};
    if (!framing->tokener)
        return error_set(err, ENOMEM, "out of memory");
    json_tokener_set_flags(framing->tokener, JSON_TOKENER_STRICT);
    return 0;
}

void emp_framing_done(struct emp_framing *framing) {
    if (framing->tokener)
        json_tokener_free(framing->tokener);
    *framing = (struct emp_framing){0};
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

// What no JSON has, or not here.
static int check_byte(const struct emp_framing *framing, char byte, struct error *err) {
    if (!framing->bytes && byte != '{')
        return error_set(err, EPROTO, "a command must be a JSON object");
    if ((unsigned char)byte < ' ' && !is_blank(byte))
        return error_set(err, EPROTO, "a command has a control character in it");
    if (framing->bytes == EMP_MESSAGE_MAX)
        return error_set(err, EMSGSIZE, "a command has more than %d bytes", EMP_MESSAGE_MAX);
    return 0;
}

static int take_byte(struct emp_framing *framing, char byte, json_object **ret, struct error *err) {
    enum json_tokener_error status;
    int rc;

    rc = check_byte(framing, byte, err);
    if (rc)
        return rc;
    framing->bytes++;
    *ret = json_tokener_parse_ex(framing->tokener, &byte, 1);
    status = json_tokener_get_error(framing->tokener);
    if (status == json_tokener_continue)
        return 0;
    if (status != json_tokener_success)
        return error_set(err, EPROTO, "a command is not JSON: %s", json_tokener_error_desc(status));
    json_tokener_reset(framing->tokener);
    framing->bytes = 0;
    return 1;
}

int emp_framing_next(struct emp_framing *framing, const char **data, size_t *size,
                     json_object **ret, struct error *err) {
    int rc = 0;

    while (!rc && *size) {
        char byte = **data;

        (*data)++;
        (*size)--;
        if (framing->bytes || !is_blank(byte))
            rc = take_byte(framing, byte, ret, err);
    }
    for (; rc > 0 && *size && is_blank(**data); (*size)--)
        (*data)++;
    return rc;
}
