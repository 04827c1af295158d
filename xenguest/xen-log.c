// Messages of every level, errors too, go to the log as information only: whether a failing call is
// an error is for its caller to say, and the toolstack must hear of it once.

#include "xenguest/xen-log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"

static void on_message(xentoollog_logger *logger, xentoollog_level level, int errnoval,
                       const char *context, const char *format, va_list args) {
    struct xen_log *xen_log = (struct xen_log *)logger;
    CLEANUP(cleanup_free) char *text = NULL;

    if (level == XTL_DEBUG && !xen_log->debug)
        return;
    if (vasprintf(&text, format, args) < 0) {
        text = NULL;
        return;
    }
    log_info(xen_log->log, "%s: %s: %s%s%s", context ? context : "xen", xtl_level_to_string(level),
             text, errnoval > 0 ? ": " : "", errnoval > 0 ? strerror(errnoval) : "");
}

static void on_progress(xentoollog_logger *logger, const char *context, const char *doing_what,
                        int percent, unsigned long done, unsigned long total) {
    struct xen_log *xen_log = (struct xen_log *)logger;

    (void)context;
    (void)percent;
    log_progress(xen_log->log, doing_what, done, total);
    if (xen_log->on_progress)
        xen_log->on_progress(xen_log->context, done, total);
}

static void on_destroy(xentoollog_logger *logger) {
    (void)logger;
}

void xen_log_init(struct xen_log *xen_log, struct log *log, bool debug) {
    *xen_log = (struct xen_log){
        .vtable = {.vmessage = on_message, .progress = on_progress, .destroy = on_destroy},
        .log = log,
        .debug = debug,
    };
}
