// Both connections are opened by the modes that need them, once the request is known to be whole.

#include "xenguest/session.h"

#include <errno.h>
#include <string.h>

int session_open_xen(struct session *session, struct error *err) {
    xen_log_init(&session->xen_log, session->log, session->request->flags & REQUEST_FLAG_DEBUG);
    errno = 0;
    session->xch = xc_interface_open(&session->xen_log.vtable, &session->xen_log.vtable, 0);
    if (!session->xch) {
        int code = errno ? errno : EIO;

        return error_set(err, code, "cannot open the interface to the hypervisor: %s",
                         strerror(code));
    }
    return 0;
}

int session_open_store(struct session *session, struct error *err) {
    return store_open((uint32_t)session->request->domid, &session->store, err);
}

void session_close(struct session *session) {
    if (session->xch)
        xc_interface_close(session->xch);
    session->xch = NULL;
    store_close(session->store);
    session->store = NULL;
}
