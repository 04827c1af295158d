// Modes save, hvm_save and resume_slow: a guest into a migration stream, and back to life.
#ifndef XENGUEST_SAVE_H
#define XENGUEST_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/migration/save-stream.h"
#include "lib/util/error.h"
#include "xenguest/control.h"
#include "xenguest/session.h"

struct save_arguments {
    int fd; // the stream
    bool live;
    bool verify; // see save-stream.h, as the following
    int (*suspend)(void *context, struct error *err);
    enum save_next (*next)(void *context, const struct save_progress *progress);
    // Told how far a pass is: pages that are done, and all of them. NULL: nobody listens.
    void (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
};

// Refuses a guest that is never to migrate, unless the request forces it; the store is open.
int save_check_movable(const struct session *session, struct error *err);

// Saves the session's domain, which stays, suspended. The session's connections are opened and
// closed here.
int save_guest(struct session *session, const struct save_arguments *arguments, struct error *err);

// The same with the request's options; the toolstack suspends the guest when it is asked to on the
// control channel.
int save(struct session *session, struct control_result *ret, struct error *err);

// Resumes a guest that is suspended and does not know.
int resume_slow(struct session *session, struct control_result *ret, struct error *err);

#endif
