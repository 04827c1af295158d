// Mode plan: what a build would do with a guest's memory, without doing any of it.
#ifndef XENGUEST_PLAN_H
#define XENGUEST_PLAN_H

#include "lib/util/error.h"
#include "xenguest/control.h"
#include "xenguest/session.h"

// Plans one guest, or several one after the other (-repeat), on the running Xen or on a described
// host (-host), for a domain that there is (-domid) or for none, and prints that as a table or,
// with -json, as a document (lib/view/preview.h). Changes neither Xen nor Xenstore nor the ledger.
// Fails as the build would; with several guests after those that have room have been printed.
int plan(struct session *session, struct control_result *ret, struct error *err);

#endif
