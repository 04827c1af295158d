// The memory of a guest that is restored, once it is reserved: populated by the plan as a stream
// brings it, whatever libxenguest would do by itself.
#ifndef PLACEMENT_GUEST_RESTORE_H
#define PLACEMENT_GUEST_RESTORE_H

#include <stdbool.h>

#include "lib/memory/populate-seam.h"
#include "lib/placement/arrive.h"
#include "lib/placement/guest-memory.h"
#include "lib/util/error.h"

// Zero-initialise; guest_restore_done releases it. Not to be moved in between.
struct guest_restore {
    struct guest_memory *memory;
    struct populate_seam seam;
    struct arriving arriving;
    bool begun; // the seam is in place
};

// From here on what libxenguest populates for the domain goes by the plan. With numa-policy=any it
// stays libxenguest's.
int guest_restore_begin(struct guest_restore *restore, struct guest_memory *memory,
                        struct error *err);

// libxenguest has failed: whether that was for want of memory, or because this process is to stop.
// If so, *err says it.
int guest_restore_failure(struct guest_restore *restore, struct error *err);

// The stream is complete: gives back what the guest does not have, sets node affinity to where its
// memory is, and fills in memory->placement. Nothing can fail any more: the guest is complete.
void guest_restore_end(struct guest_restore *restore);

void guest_restore_done(struct guest_restore *restore);

#endif
