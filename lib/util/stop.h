// Being told to stop: SIGTERM and SIGINT.
//
// They are blocked, and asked for where there is something to undo, so that a build ends like any
// other failure: with one error line and nothing left behind.
#ifndef UTIL_STOP_H
#define UTIL_STOP_H

#include "lib/util/error.h"

// Blocks the signals.
void stop_init(void);

// -EINTR, with an error that names the signal, if one of them has come; else 0.
int stop_check(struct error *err);

#endif
