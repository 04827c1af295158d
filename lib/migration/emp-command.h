// What the emulator manager asks for: one JSON object, as
// { "execute" : "set_args", "arguments" : { "store_port":"3", "console_port":"4" } }.
#ifndef MIGRATION_EMP_COMMAND_H
#define MIGRATION_EMP_COMMAND_H

#include <json-c/json.h>

#include "lib/migration/emp-args.h"
#include "lib/util/error.h"

enum emp_verb {
    EMP_MIGRATE_ABORT,
    EMP_MIGRATE_INIT,
    EMP_MIGRATE_LIVE,
    EMP_MIGRATE_NONLIVE,
    EMP_MIGRATE_PAUSE,
    EMP_MIGRATE_PAUSED,
    EMP_MIGRATE_PROGRESS,
    EMP_QUIT,
    EMP_RESTORE,
    EMP_SET_ARGS,
    EMP_TRACK_DIRTY,
};
#define EMP_NR_VERBS (EMP_TRACK_DIRTY + 1)

struct emp_command {
    enum emp_verb verb;
    struct emp_args args; // after it: those from before, and what set_args names
};

// The verb as it is in the protocol.
const char *emp_verb_name(enum emp_verb verb);

// Understands a message. `args` are those so far. Returns 0 and fills *ret, or a negative errno and
// an error that names what is wrong; *ret is left alone then.
int emp_command_parse(json_object *message, const struct emp_args *args, struct emp_command *ret,
                      struct error *err);

#endif
