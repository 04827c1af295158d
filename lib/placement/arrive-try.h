// Populating frames that have arrived, as far as there is memory.
#ifndef PLACEMENT_ARRIVE_TRY_H
#define PLACEMENT_ARRIVE_TRY_H

#include "lib/placement/arriving.h"
#include "lib/util/error.h"
#include "lib/util/range.h"

// Populates what it can of the frames listed, all of which are planned, and takes them from the
// list. -ENOSPC if the domain's paging pool is exhausted, -EINTR if this process is to stop.
int arrive_try(struct arriving *arriving, struct error *err);

// The same for frames that nobody has planned, in ascending order: what it cannot populate is left
// in `want`.
int arrive_try_unplanned(struct arriving *arriving, struct ranges *want, struct error *err);

// Takes from the list what is populated: that has arrived.
void arrive_strike(struct arriving *arriving);

#endif
