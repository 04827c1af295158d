// The Xen libraries' messages, as lines of our log.
#ifndef XENGUEST_XEN_LOG_H
#define XENGUEST_XEN_LOG_H

#include <stdbool.h>

#include <stdbool.h>
#include <stdint.h>

#include <xentoollog.h>

#include "xenguest/log.h"

struct xen_log {
    xentoollog_logger vtable; // first: what the libraries get a pointer to
    struct log *log;
    bool debug; // debug-level messages too
    // Told how far long work is; NULL: only the log is.
    void (*on_progress)(void *context, uint64_t done, uint64_t total);
    void *context;
};

// Fills *xen_log; hand &xen_log->vtable to the libraries. Nothing needs to be released.
void xen_log_init(struct xen_log *xen_log, struct log *log, bool debug);

#endif
