// Both connections are opened by the modes that need them, once the request is known to be whole.

#include "xenguest/session.h"

#include <errno.h>
#include <string.h>

int session_open(struct session *session, struct error *err) {
    const struct request *request = session->request;
    int rc;

    xen_log_init(&session->xen_log, session->log, request->flags & REQUEST_FLAG_DEBUG);
    errno = 0;
    session->xch = xc_interface_open(&session->xen_log.vtable, &session->xen_log.vtable, 0);
    if (!session->xch) {
        int code = errno ? errno : EIO;

        return error_set(err, code, "cannot open the interface to the hypervisor: %s",
                         strerror(code));
    }
    rc = store_open((uint32_t)request->domid, &session->store, err);
    if (rc)
        session_close(session);
    return rc;
}

void session_close(struct session *session) {
    if (session->xch)
        xc_interface_close(session->xch);
    session->xch = NULL;
    store_close(session->store);
    session->store = NULL;
}
