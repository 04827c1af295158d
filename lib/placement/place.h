// Placing a guest: populating its memory according to a plan, and what to do when the host turns
// out to be other than planned.
#ifndef PLACEMENT_PLACE_H
#define PLACEMENT_PLACE_H

#include "lib/claim/memory-plan.h"
#include "lib/memory/populate.h"
#include "lib/numa/planner.h"
#include "lib/placement/placement.h"
#include "lib/util/error.h"

// Populates all of the request's ranges: each node's share from that node, largest extents first.
// What a node cannot give after all is planned anew a few times; what is then still missing comes
// from anywhere, if the policy allows that. Whether a smaller extent on the node or one of the same
// size on another is next, the policy says.
// Returns 0; -ENOMEM if not everything could be populated; -ENOSPC if Xen allocated memory that it
// could not map (the domain's paging pool is exhausted). *placement is right in every case.
int place_populate(const struct memory_request *request, const struct plan *plan,
                   struct populate_job *job, struct placement *placement, struct error *err);

// Fills the populate-on-demand cache with the request's target_pages and marks all ranges to be
// populated from it. The cache has no node of its own: Xen takes its memory from the domain's node
// affinity, to be set before.
int place_on_demand(const struct memory_request *request, struct populate_job *job,
                    struct placement *placement, struct error *err);

#endif
