// libxenguest has a save that fails undo what it did to the guest: log-dirty mode ends. A guest
// that was suspended stays so; whoever suspended it decides.

#include "xenguest/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>

#include <xenguest.h>

#include "lib/util/stop.h"
#include "lib/util/xen.h"

static uint32_t domid_of(const struct session *session) {
    return (uint32_t)session->request->domid;
}

int save_check_movable(const struct session *session, struct error *err) {
    bool nomigrate = false;
    int rc;

    if (session->request->force)
        return 0;
    rc = store_read_bool(session->store, "platform/nomigrate", false, false, &nomigrate, err);
    if (!rc && nomigrate)
        return error_set(err, EPERM,
                         "Xenstore key platform/nomigrate: domain %u is not to be saved or "
                         "migrated (-force overrides)",
                         domid_of(session));
    return rc;
}

static int write_stream(struct session *session, const struct save_arguments *arguments,
                        struct error *err) {
    const struct save_stream stream = {
        .xch = session->xch,
        .domid = domid_of(session),
        .fd = arguments->fd,
        .live = arguments->live,
        .verify = arguments->verify,
        .suspend = arguments->suspend,
        .next = arguments->next,
        .context = arguments->context,
    };
    int rc = stop_watch_stream(arguments->fd, err);

    if (rc)
        return rc;
    rc = save_stream_write(&stream, err);
    stop_watch_stream_end();
    // A signal has taken the stream: then that is why it failed.
    if (rc && stop_check(err))
        return -err->code;
    return rc;
}

int save_guest(struct session *session, const struct save_arguments *arguments, struct error *err) {
    int rc;

    rc = session_open_xen(session, err);
    if (!rc)
        rc = session_open_store(session, err);
    if (!rc)
        rc = save_check_movable(session, err);
    if (!rc) {
        session->xen_log.on_progress = arguments->progress;
        session->xen_log.context = arguments->context;
        rc = write_stream(session, arguments, err);
    }
    session_close(session);
    return rc;
}

static int ask_toolstack(void *context, struct error *err) {
    const struct session *session = context;

    log_info(session->log, "asking the toolstack to suspend the guest");
    return control_suspend(session->control_fd, (int)session->request->control_in_fd, err);
}

int save(struct session *session, struct control_result *ret, struct error *err) {
    const struct request *request = session->request;
    const struct save_arguments arguments = {
        .fd = (int)request->stream_fd,
        .live = request->flags & REQUEST_FLAG_LIVE,
        .verify = request->flags & REQUEST_FLAG_LIVE && request->flags & REQUEST_FLAG_DEBUG,
        .suspend = ask_toolstack,
        .context = session,
    };

    int rc = control_check_fd(arguments.fd, "option -fd", O_WRONLY, err);

    *ret = (struct control_result){0};
    // Else the guest would be suspended before anybody sees that the answer cannot be read.
    if (!rc)
        rc = control_check_fd((int)request->control_in_fd, "option -controlinfd", O_RDONLY, err);
    return rc ? rc : save_guest(session, &arguments, err);
}

int resume_slow(struct session *session, struct control_result *ret, struct error *err) {
    int rc = session_open_xen(session, err);

    *ret = (struct control_result){0};
    errno = 0;
    if (!rc && xc_domain_resume(session->xch, domid_of(session), 0))
        rc = xen_error(err, session->xch, "resuming domain %u", domid_of(session));
    session_close(session);
    return rc;
}
