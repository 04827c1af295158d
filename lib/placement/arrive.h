// Populating a guest whose frames arrive one by one, in no known order and to no known end, as a
// migration stream names them: by a plan, in the largest extents.
#ifndef PLACEMENT_ARRIVE_H
#define PLACEMENT_ARRIVE_H

#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/placement/arriving.h"
#include "lib/placement/placement.h"
#include "lib/util/error.h"
#include "lib/util/range.h"

// The domain may have the frames of `ranges`, and any behind them that are not in `hole`, where
// there is no RAM. Those that the reservation has planned come from their nodes. Whole extents are
// populated as long as the domain has no more than limit_pages by them. `reservation` and `policy`
// must stay.
int arrive_begin(struct arriving *arriving, xc_interface *xch, uint32_t domid,
                 struct reservation *reservation, const struct policy *policy,
                 const struct ranges *ranges, struct range hole, uint64_t limit_pages,
                 struct error *err);

// Frames arrive, once or more often. Those that are not populated yet become so, each in the
// largest extent that fits, from the node that it is planned on, or else as numa-page-preference
// says. -ENOMEM if one could not be populated, -ENOSPC if the domain's paging pool is exhausted,
// -EINTR if this process is to stop.
int arrive_populate(struct arriving *arriving, const xen_pfn_t *gfns, size_t nr, struct error *err);

// All frames have arrived: gives back what was populated with them and is not the guest's.
// *placement is what the guest has. Returns how many pages Xen did not take back, in all.
uint64_t arrive_end(struct arriving *arriving, struct placement *placement);

void arrive_done(struct arriving *arriving);

#endif
