// libxenguest's save, made up: the model of the hypervisor has no memory of guests to be sent. It
// is preloaded. The calls are those of Xen's libraries (tools/libs/guest/xg_sr_save.c), in their
// order; what was asked for is the stream's first line, and its last one is "end".

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "tests/listen/save.h"

// libxenctrl's, for libxenguest.
void xc_set_progress_prefix(xc_interface *xch, const char *doing_what);
void xc_report_progress_step(xc_interface *xch, unsigned long done, unsigned long total);

static int send_pages(xc_interface *xch, int fd, unsigned long pages) {
    xc_report_progress_step(xch, 0, pages);
    for (unsigned done = 1; done <= SAVE_STEPS; done++) {
        usleep(SAVE_STEP_US);
        if (dprintf(fd, "%lu pages\n", pages / SAVE_STEPS) < 0)
            return -1;
        xc_report_progress_step(xch, pages / SAVE_STEPS * done, pages);
    }
    return 0;
}

static int save_live(xc_interface *xch, int fd, struct save_callbacks *callbacks) {
    static const long dirty[] = {SAVE_PAGES, SAVE_DIRTY};
    struct precopy_stats stats = {.dirty_count = dirty[0]};

    xc_set_progress_prefix(xch, "Frames");
    for (;;) {
        int decision = callbacks->precopy_policy(stats, callbacks->data);

        if (decision == XGS_POLICY_ABORT || send_pages(xch, fd, (unsigned long)stats.dirty_count))
            return -1;
        if (decision == XGS_POLICY_STOP_AND_COPY)
            return 0;
        stats.iteration++;
        stats.total_written += (unsigned long)stats.dirty_count;
        stats.dirty_count = -1;
        decision = callbacks->precopy_policy(stats, callbacks->data);
        if (decision != XGS_POLICY_CONTINUE_PRECOPY)
            return decision == XGS_POLICY_ABORT ? -1 : 0;
        stats.dirty_count = dirty[1];
    }
}

int xc_domain_save(xc_interface *xch, int io_fd, uint32_t dom, uint32_t flags,
                   struct save_callbacks *callbacks, xc_stream_type_t stream_type, int recv_fd) {
    (void)stream_type;
    (void)recv_fd;
    errno = 0;
    if (dprintf(io_fd, "domain %u flags %u\n", dom, flags) < 0)
        return -1;
    if (flags & XCFLAGS_LIVE && save_live(xch, io_fd, callbacks))
        return -1;
    if (!callbacks->suspend(callbacks->data))
        return -1;
    return dprintf(io_fd, "end\n") < 0 ? -1 : 0;
}
