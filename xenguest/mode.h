// The program's modes.
#ifndef XENGUEST_MODE_H
#define XENGUEST_MODE_H

#include <stdio.h>

#include "lib/util/error.h"
#include "xenguest/control.h"
#include "xenguest/session.h"

#define MODE_MAX_REQUIRED 8

struct mode {
    const char *name;
    const char *log_suffix; // of the syslog ident
    // The word that makes xenopsd raise the error that belongs to this operation.
    const char *error_word;
    const char *help;
    const char *required[MODE_MAX_REQUIRED]; // names of options, NULL-terminated
    // Does the work and says what to answer. NULL: not built into this version.
    int (*run)(struct session *session, struct control_result *ret, struct error *err);
};

// The mode of that name, or NULL.
const struct mode *mode_find(const char *name);

// Checks that the request has all that the mode needs, then runs it.
int mode_run(const struct mode *mode, struct session *session, struct control_result *ret,
             struct error *err);

// Prints a line for each mode that is built in.
void mode_help(FILE *out);

#endif
