// The mode listen, but for what saves and restores: serves an emulator manager for a domain.
#ifndef XENGUEST_LISTEN_H
#define XENGUEST_LISTEN_H

#include "lib/migration/emp-worker.h"
#include "lib/util/error.h"
#include "xenguest/session.h"

// Serves at the domain's socket until the manager says quit (see lib/migration/emp-server.h), with
// `work` to do what it asks for. Of the request it heeds domid and mem_pnode.
int listen_serve(struct session *session, const struct emp_work *work, struct error *err);

#endif
