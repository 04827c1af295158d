// A guest that has a driver for it is asked in Xenstore, as xenopsd does. For one that has none Xen
// does it.

#include "tests/lab/toolstack/suspend.h"

#include "tests/lab/toolstack/domain.h"
#include "tests/lab/toolstack/follow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <xen/sched.h>

#define SUSPEND_SECONDS 120

static int ask_guest(struct toolstack *ts, uint32_t domid, struct error *err) {
    char path[64];

    snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
    if (!xs_write(ts->xs, XBT_NULL, path, "suspend", 7))
        return error_set(err, errno, "writing %s: %s", path, strerror(errno));
    return 0;
}

static bool is_suspended(const xc_domaininfo_t *info) {
    return info->flags & XEN_DOMINF_shutdown &&
           (info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask) == SHUTDOWN_suspend;
}

int lab_suspend(struct toolstack *ts, uint32_t domid, bool forced, struct error *err) {
    const struct timespec pause = {.tv_nsec = 20000000};
    const int64_t limit = now_milliseconds() + SUSPEND_SECONDS * INT64_C(1000);
    xc_domaininfo_t info = {0};
    int rc = 0;

    if (!forced)
        rc = ask_guest(ts, domid, err);
    else if (xc_domain_shutdown(ts->xch, domid, SHUTDOWN_suspend) < 0)
        rc = error_set(err, errno, "xc_domain_shutdown: %s", strerror(errno));
    while (rc == 0 && !is_suspended(&info)) {
        rc = lab_domain_info(ts, domid, &info, err);
        if (rc == 0 && now_milliseconds() > limit)
            rc = error_set(err, ETIMEDOUT, "domain %u did not suspend itself", domid);
        nanosleep(&pause, NULL);
    }
    return rc;
}
