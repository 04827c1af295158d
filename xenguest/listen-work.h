// The mode listen: saves and restores a domain as its emulator manager says.
#ifndef XENGUEST_LISTEN_WORK_H
#define XENGUEST_LISTEN_WORK_H

#include "lib/util/error.h"
#include "xenguest/control.h"
#include "xenguest/session.h"

// Serves an emulator manager until it says quit. What it has asked for, and what became of it, it
// is told itself.
int listen_run(struct session *session, struct control_result *ret, struct error *err);

#endif
