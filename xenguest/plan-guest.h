// What mode plan plans for: a guest, from the command line, a tree of keys or a domain, and the
// host that it finds.
#ifndef XENGUEST_PLAN_GUEST_H
#define XENGUEST_PLAN_GUEST_H

#include <stdbool.h>

#include "lib/claim/survey.h"
#include "lib/guest/platform.h"
#include "lib/memory/layout.h"
#include "lib/numa/hostfile.h"
#include "lib/placement/guest-memory.h"
#include "lib/util/error.h"
#include "xenguest/session.h"

// Zero-initialise; plan_guest_done releases it.
struct plan_guest {
    struct session *session;
    struct request request; // the session's, with what it leaves to the keys filled in
    struct hostfile file;   // with -host
    bool has_domain;
    struct survey survey; // the host before the guest; of the first one, if there are several
    struct platform platform;
    struct layout layout;
    struct guest_memory_request memory;
    uint64_t pool_pages; // of its paging pool
};

// Reads host and guest. The session's connections are opened as far as they are needed, the store
// detached. The session keeps a pointer to `guest` until plan_guest_done.
int plan_guest_open(struct plan_guest *guest, struct session *session, struct error *err);

// guest_memory_settle for the guest, with the affinity that its keys would give the vCPUs.
int plan_guest_settle(struct plan_guest *guest, struct guest_memory *memory, struct error *err);

void plan_guest_done(struct plan_guest *guest);

#endif
