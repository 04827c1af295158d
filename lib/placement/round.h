// One round of populating a guest: each node's share of a plan from that node, as far as it goes.
#ifndef PLACEMENT_ROUND_H
#define PLACEMENT_ROUND_H

#include "lib/memory/populate.h"
#include "lib/numa/nodeset.h"
#include "lib/numa/planner.h"
#include "lib/numa/policy.h"
#include "lib/placement/placement.h"
#include "lib/util/error.h"
#include "lib/util/range.h"

// What is kept from round to round.
struct round {
    struct populate_job *job;
    enum policy_page_preference page_preference;
    struct placement *placement; // what the domain gets is added
    struct ranges left;          // out: what the last round could not populate; the caller's
    nodeset full;                // out: nodes that did not have what was planned, in any round
};

// Populates what `plan` says, largest extents first. What nodes could not give is no error.
int round_run(struct round *round, const struct plan *plan, struct error *err);

#endif
