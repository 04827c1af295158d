// What a mode works with: the request, where to tell about it, and the connections to Xen.
#ifndef XENGUEST_SESSION_H
#define XENGUEST_SESSION_H

#include <xenctrl.h>

#include "lib/store/store.h"
#include "lib/util/error.h"
#include "xenguest/log.h"
#include "xenguest/request.h"
#include "xenguest/xen-log.h"

struct session {
    const struct request *request;
    int control_fd; // CONTROL_NONE: none
    struct log *log;
    struct xen_log xen_log;
    xc_interface *xch;
    struct store *store;
};

// Opens the connection to the hypervisor.
int session_open_xen(struct session *session, struct error *err);

// Opens that and the connection to xenstored for request->domid. If only xenstored cannot be
// reached the other stays open: what is claimed can be given back. session_close may be called in
// any case.
int session_open(struct session *session, struct error *err);

void session_close(struct session *session);

#endif
