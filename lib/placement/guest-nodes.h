// Which nodes a guest is on, and which of them its page tables go to.
#ifndef PLACEMENT_GUEST_NODES_H
#define PLACEMENT_GUEST_NODES_H

#include <stdint.h>

#include "lib/numa/host.h"
#include "lib/numa/nodeset.h"
#include "lib/numa/planner.h"

// The nodes that have more than 4096 of a guest's pages and at least a tenth of them; if there are
// none, the one with most. Empty for a guest without pages.
nodeset guest_nodes(const uint64_t pages[HOST_MAX_NODES]);

// Those of `nodes`, the guest_nodes of this plan, on which its vCPUs belong, as page tables are to
// be near these; all of `nodes` if there are none.
nodeset guest_nodes_of_vcpus(const struct plan *plan, nodeset nodes);

// Those of `nodes`, the guest_nodes of this plan, that can take a paging pool of pool_pages, which
// Xen spreads evenly over them: of the guest_nodes_of_vcpus if possible, else of all. They have
// room for their part of it beside what the plan takes there. If none of them has, but the guest
// goes to further nodes anyway, then these take a little more of the guest, and the pool comes to
// all of them. Else empty: only the guest has room.
nodeset guest_nodes_for_pool(const struct plan *plan, const struct host *host, nodeset nodes,
                             uint64_t pool_pages);

#endif
