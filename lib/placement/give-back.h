// Giving back what was populated along with frames that have arrived, and has not arrived itself.
#ifndef PLACEMENT_GIVE_BACK_H
#define PLACEMENT_GIVE_BACK_H

#include "lib/placement/arriving.h"
#include "lib/util/error.h"
#include "lib/util/range.h"

// In the middle: what is given back stays reserved for the domain, as far as it was. Not of the
// blocks in which frames of `but` are, unless that is NULL. What Xen does not take back is added to
// kept_pages. -EINTR if this process is to stop.
int give_back_extra(struct arriving *arriving, const struct range *but, struct error *err);

// At the end, for everybody.
void give_back_rest(struct arriving *arriving);

#endif
