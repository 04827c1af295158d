// A guest's settings: read, checked, and those applied that have to do with the domain rather than
// with its image. All builds begin so.
#ifndef XENGUEST_GUEST_SETUP_H
#define XENGUEST_GUEST_SETUP_H

#include "lib/guest/guest-kind.h"
#include "lib/guest/platform.h"
#include "lib/memory/layout.h"
#include "lib/placement/guest-memory.h"
#include "lib/util/error.h"
#include "lib/util/warnings.h"
#include "xenguest/session.h"

// Reads the domain's record and its settings, to be released with platform_done. Refuses a domain
// that was created for a guest of another kind than these, and combinations that would take the
// guest down (unless -force).
int guest_setup_read(struct session *session, unsigned kinds, struct platform *ret,
                     struct error *err);

// Sets vCPU affinity, the scheduler's weight and cap, and the TSC mode.
int guest_setup_apply(struct session *session, const struct platform *platform, struct error *err);

// What is asked for of the guest's memory.
void guest_setup_memory(struct session *session, const struct layout *layout,
                        const struct platform *platform, struct guest_memory_request *ret);

// Logs the warnings and releases them.
void guest_setup_warn(struct session *session, struct warnings *warnings);

#endif
