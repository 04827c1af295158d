// Populating a guest whose frames arrive one by one, in no known order and to no known end, as a
// migration stream names them: by a plan, in the largest extents.
#ifndef PLACEMENT_ARRIVE_H
#define PLACEMENT_ARRIVE_H

#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/claim/ledger-account.h"
#include "lib/memory/arrivals.h"
#include "lib/memory/populate.h"
#include "lib/numa/nodeset.h"
#include "lib/numa/planner.h"
#include "lib/numa/policy.h"
#include "lib/placement/placement.h"
#include "lib/util/error.h"
#include "lib/util/range.h"

// Zero-initialise before arrive_begin; arrive_done releases it.
struct arriving {
    xc_interface *xch;
    uint32_t domid;
    const struct plan *plan;
    const struct policy *policy;
    uint64_t limit_pages; // of the domain: extents are not to take more
    uint64_t owned_pages; // that the domain has
    struct arrivals arrivals;
    struct populate_job job;
    struct nodelist order; // all nodes of the plan, most preferred first
    // Nodes that have no more memory of a size; the same from anywhere.
    nodeset exhausted[EXTENT_NR_SIZES];
    bool exhausted_anywhere[EXTENT_NR_SIZES];
    uint64_t *todo; // frames that have arrived and are not populated yet
    size_t nr_todo, capacity;
};

// The domain may have the frames of `ranges`; those planned come from their nodes. Whole extents
// are populated as long as the domain has no more than limit_pages by them. `plan`, `policy`,
// `ranges` and `account` must stay.
int arrive_begin(struct arriving *arriving, xc_interface *xch, uint32_t domid,
                 const struct plan *plan, const struct policy *policy, const struct ranges *ranges,
                 struct ledger_account *account, uint64_t limit_pages, struct error *err);

// Frames arrive, those that are planned once or more often, others once. Those that are not
// populated yet become so, each in the largest extent that fits, from the node that it is planned
// on, or else as numa-page-preference says. -ENOMEM if one could not be populated, -EINTR if this
// process is to stop.
int arrive_populate(struct arriving *arriving, const xen_pfn_t *gfns, size_t nr, struct error *err);

// All frames have arrived: gives back what was populated with them and is not the guest's.
// *placement is what the guest has. *ret_kept: pages that Xen did not take back.
int arrive_end(struct arriving *arriving, struct placement *placement, uint64_t *ret_kept,
               struct error *err);

void arrive_done(struct arriving *arriving);

#endif
