// Where a message of the emulator manager ends: one JSON object follows the other, with nothing or
// blanks in between, and arrives in any pieces.
#ifndef MIGRATION_EMP_FRAMING_H
#define MIGRATION_EMP_FRAMING_H

#include <stddef.h>

#include <json-c/json.h>

#include "lib/util/error.h"

#define EMP_MESSAGE_MAX 4096 // bytes; managers keep to 1023

struct emp_framing {
    json_tokener *tokener;
    size_t bytes; // of the message that has begun
};

// -ENOMEM, or 0: emp_framing_done releases it.
int emp_framing_init(struct emp_framing *framing, struct error *err);
void emp_framing_done(struct emp_framing *framing);

// Takes bytes off *data and *size until they hold no more or a message is whole, with the blanks
// behind it. Returns 1 and the message, an object for the caller to put; 0 if more is needed; a
// negative errno if this is no message or one too long. After an error nobody can tell where the
// next one begins, so the connection is of no more use.
int emp_framing_next(struct emp_framing *framing, const char **data, size_t *size,
                     json_object **ret, struct error *err);

#endif
