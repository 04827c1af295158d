// The device model's log of dirty pages is its own and the toolstack's business; libxenguest wants
// the callback all the same.

#include "lib/migration/save-stream.h"

#include <errno.h>

#include <xenguest.h>

#include "lib/util/xen.h"

struct writing {
    const struct save_stream *stream;
    struct error *err;
};

static int on_suspend(void *data) {
    struct writing *writing = data;

    return writing->stream->suspend(writing->stream->context, writing->err) ? 0 : 1;
}

static int on_policy(struct precopy_stats stats, void *data) {
    static const int answers[] = {
        [SAVE_COPY_ON] = XGS_POLICY_CONTINUE_PRECOPY,
        [SAVE_SUSPEND] = XGS_POLICY_STOP_AND_COPY,
        [SAVE_ABANDON] = XGS_POLICY_ABORT,
    };
    const struct writing *writing = data;
    const struct save_progress progress = {
        .iteration = stats.iteration,
        .written_pages = stats.total_written,
        .dirty_pages = stats.dirty_count,
    };

    return answers[writing->stream->next(writing->stream->context, &progress)];
}

static int on_log_dirty(uint32_t domid, unsigned enable, void *data) {
    (void)domid;
    (void)enable;
    (void)data;
    return 0;
}

int save_stream_write(const struct save_stream *stream, struct error *err) {
    struct writing writing = {.stream = stream, .err = err};
    struct save_callbacks callbacks = {
        .suspend = on_suspend,
        .precopy_policy = stream->next ? on_policy : NULL,
        .switch_qemu_logdirty = on_log_dirty,
        .data = &writing,
    };
    uint32_t flags = (stream->live ? XCFLAGS_LIVE : 0) | (stream->verify ? XCFLAGS_DEBUG : 0);

    errno = 0;
    if (!xc_domain_save(stream->xch, stream->fd, stream->domid, flags, &callbacks, XC_STREAM_PLAIN,
                        -1))
        return 0;
    return err->code ? -err->code : xen_error(err, stream->xch, "saving the guest");
}
