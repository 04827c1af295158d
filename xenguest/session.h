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

// Opens the connection to xenstored for request->domid.
int session_open_store(struct session *session, struct error *err);

// May be called in any case.
void session_close(struct session *session);

#endif
