// Mode show: how the host's nodes and its domains stand, or one domain, or a record in a file.
#ifndef XENGUEST_SHOW_H
#define XENGUEST_SHOW_H

#include "lib/util/error.h"
#include "xenguest/control.h"
#include "xenguest/session.h"

// Prints it as a table or, with -json, as a document (lib/view/show.h); with -watch again and again
// until a signal comes, which is no failure. Changes nothing.
int show(struct session *session, struct control_result *ret, struct error *err);

#endif
