// libxenguest logs what is wrong with a stream, and keeps the text of it; errno is often 0 then.

#include "lib/migration/restore-stream.h"

#include <errno.h>

#include <xenguest.h>

#include "lib/util/xen.h"
#include "probe.h"

struct reading {
    const struct restore_stream *stream;
    struct error *err;
};

static int on_static_data(unsigned int missing, void *data) {
    struct reading *reading = data;
    const struct restore_stream *stream = reading->stream;

    return stream->fixed_known(stream->context, missing & XGR_SDD_MISSING_CPUID, reading->err) ? -1
                                                                                               : 0;
}

static int call_library(const struct restore_stream *stream, struct restore_callbacks *callbacks,
                        unsigned long *store, unsigned long *console) {
#if DOMAIN_RESTORE_ARGS == 13
    // The memory's node is the plan's.
    return xc_domain_restore(stream->xch, stream->fd, stream->domid, stream->store_port, store,
                             stream->store_domid, stream->console_port, console,
                             stream->console_domid, XC_STREAM_PLAIN, callbacks, -1, 0);
#else
    return xc_domain_restore(stream->xch, stream->fd, stream->domid, stream->store_port, store,
                             stream->store_domid, stream->console_port, console,
                             stream->console_domid, XC_STREAM_PLAIN, callbacks, -1);
#endif
}

int restore_stream_read(const struct restore_stream *stream, struct restored *ret,
                        struct error *err) {
    struct reading reading = {.stream = stream, .err = err};
    struct restore_callbacks callbacks = {.static_data_done = on_static_data, .data = &reading};
    unsigned long store = 0, console = 0;

    errno = 0;
    if (call_library(stream, &callbacks, &store, &console)) {
        if (err->code)
            return -err->code;
        if (errno)
            return xen_error(err, stream->xch, "restoring the guest");
        return xen_error(err, stream->xch, "the stream ends early or makes no sense (see the log)");
    }
    *ret = (struct restored){.store_frame = store, .console_frame = console};
    return 0;
}
