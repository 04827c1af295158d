// Modes restore and hvm_restore: a guest out of a migration stream.
#ifndef XENGUEST_RESTORE_H
#define XENGUEST_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/util/error.h"
#include "xenguest/control.h"
#include "xenguest/session.h"

struct restore_arguments {
    int fd; // the stream; only restore_guest reads it
    bool vgpu;
    int64_t mem_pnode; // or REQUEST_UNSET
    uint32_t store_port;
    uint32_t store_domid;
    uint32_t console_port;
    uint32_t console_domid;
    // Asked before each step whether to go on; NULL: nobody is. A restore that reads is stopped by
    // its stream.
    int (*check)(void *context, struct error *err);
    void *context;
};

// Restores the HVM or PVH guest that the stream has into the session's domain: its settings are
// applied as for a build, its memory is planned and claimed before anything of the stream is read,
// and populated by the plan. The session's connections are opened and closed here. On failure the
// domain keeps what it was given so far, for its destruction to free; no claim is left.
int restore_guest(struct session *session, const struct restore_arguments *arguments,
                  struct control_result *ret, struct error *err);

// The same with the request's options.
int restore(struct session *session, struct control_result *ret, struct error *err);

#endif
