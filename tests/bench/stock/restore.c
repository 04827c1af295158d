// What libxenguest takes to restore a guest: no settings, no plan, no claim and no log, and each
// frame from wherever Xen takes it. So this is faster than any real program.

#include "tests/bench/stock/restore.h"

#include <errno.h>

#include "lib/migration/restore-stream.h"

static int fixed_known(void *context, bool cpu_policy_missing, struct error *err) {
    (void)context;
    if (cpu_policy_missing)
        return error_set(err, ENOTSUP, "the stream has no CPU policy");
    return 0;
}

static int read_stream(const struct request *request, xc_interface *xch, struct control_result *ret,
                       struct error *err) {
    const struct restore_stream stream = {
        .xch = xch,
        .domid = (uint32_t)request->domid,
        .fd = (int)request->stream_fd,
        .store_port = (uint32_t)request->store_port,
        .console_port = (uint32_t)request->console_port,
        .fixed_known = fixed_known,
    };
    struct restored restored;
    int rc = restore_stream_read(&stream, &restored, err);

    if (rc)
        return rc;
    *ret = (struct control_result){.store_frame = restored.store_frame,
                                   .console_frame = restored.console_frame};
    return 0;
}

int stock_restore(const struct request *request, struct control_result *ret, struct error *err) {
    xentoollog_logger *quiet =
        (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
    xc_interface *xch = quiet ? xc_interface_open(quiet, quiet, 0) : NULL;
    int rc;

    if (xch)
        rc = read_stream(request, xch, ret, err);
    else
        rc = error_set(err, EIO, "cannot open the interface to the hypervisor");
    if (xch)
        xc_interface_close(xch);
    if (quiet)
        xtl_logger_destroy(quiet);
    return rc;
}
