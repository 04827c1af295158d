// The program's modes.
#ifndef XENGUEST_MODE_H
#define XENGUEST_MODE_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/util/error.h"
#include "xenguest/control.h"
#include "xenguest/session.h"

#define MODE_MAX_OPTIONS 16

struct mode {
    const char *name;
    const char *log_suffix; // of the syslog ident; NULL: nothing goes to syslog
    // The word that makes xenopsd raise the error that belongs to this operation.
    const char *error_word;
    const char *help;
    // Names of options, NULL-terminated: without which it cannot do, and which it heeds if they are
    // there. Others are accepted and ignored: toolstacks pass more than a mode needs.
    const char *required[MODE_MAX_OPTIONS];
    const char *optional[MODE_MAX_OPTIONS];
    // Does the work and says what to answer.
    int (*run)(struct session *session, struct control_result *ret, struct error *err);
};

// The mode of that name, or NULL.
const struct mode *mode_find(const char *name);

// True if there is a mode of that name.
bool mode_exists(const char *name);

// Checks that the request has all that the mode needs, then runs it.
int mode_run(const struct mode *mode, struct session *session, struct control_result *ret,
             struct error *err);

// Prints a heading and a line for each mode.
void mode_help(FILE *out);

#endif
