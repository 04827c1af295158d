// Reading a guest from a migration stream, which libxenguest does.
#ifndef MIGRATION_RESTORE_STREAM_H
#define MIGRATION_RESTORE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/util/error.h"

struct restore_stream {
    xc_interface *xch;
    uint32_t domid;
    int fd;
    uint32_t store_port;
    uint32_t store_domid;
    uint32_t console_port;
    uint32_t console_domid;
    // Called when all of the guest's fixed properties are known, and it has no memory yet. The CPU
    // policy is missing in streams of Xen 4.13 and older. 0, or a negative errno with its error
    // set, which ends the restore.
    int (*fixed_known)(void *context, bool cpu_policy_missing, struct error *err);
    void *context;
};

// The frames of the rings.
struct restored {
    uint64_t store_frame;
    uint64_t console_frame;
};

// Restores the guest into the domain, which stays paused. On failure the domain keeps what it was
// given so far, for its destruction to free.
int restore_stream_read(const struct restore_stream *stream, struct restored *ret,
                        struct error *err);

#endif
