// Bringing the rest along: vCPUs, nested page tables, and what the domain is given later.
#ifndef PLACEMENT_FOLLOW_H
#define PLACEMENT_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/numa/host.h"
#include "lib/numa/nodeset.h"
#include "lib/numa/planner.h"
#include "lib/numa/policy.h"
#include "lib/placement/masks.h"
#include "lib/placement/placement.h"
#include "lib/util/error.h"
#include "lib/util/warnings.h"

// A domain whose vCPUs, page tables and later memory go where its guest's memory is. The first part
// is the caller's; what came of it is in the second.
struct follow {
    xc_interface *xch;
    uint32_t domid;
    const struct policy *policy;
    const struct masks *masks;
    struct warnings *warnings;

    nodeset vcpu_nodes;    // to which vCPUs were given an affinity
    struct vnodes vnodes;  // by which that was done, if there are any
    unsigned nr_vcpus;     // how many were
    nodeset page_tables;   // the nodes that the paging pool was brought to; empty: it was not
    nodeset turned_for;    // the planned nodes to which it was last tried to bring it
    nodeset node_affinity; // that was set last
};

// Follows a plan, before anything is claimed for it: affinity for the vCPUs as numa-vcpus says,
// node affinity to the nodes that are to supply most of the memory, and then the paging pool, as
// guest_nodes_for_pool says. May be called again for another plan. *ret_changed: memory
// has moved, so the host's figures are outdated. What does not work is a warning: the guest is
// built all the same. -EINTR if this process is to stop.
int follow_plan(struct follow *follow, const struct plan *plan, const struct host *host,
                bool *ret_changed, struct error *err);

// What follow_plan would do, with nothing done: `follow` says so afterwards, and the host's figures
// are as if the paging pool had been moved, which lies on the nodes as `pool` says, in pages.
// Returns whether it had.
bool follow_foresee(struct follow *follow, const struct plan *plan,
                    const uint64_t pool[HOST_MAX_NODES], struct host *host);

// Sets node affinity for the plan by which the guest is populated. It may be another one than was
// followed: moving the paging pool makes room on some nodes and takes it on others.
void follow_last_plan(struct follow *follow, const struct plan *plan);

// Sets node affinity to where the memory is, for what the domain is given from now on: nodes that
// have more than strays of it, and at least a tenth.
void follow_placement(struct follow *follow, const struct placement *placement);

#endif
