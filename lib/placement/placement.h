// Where a guest's memory came to be.
#ifndef PLACEMENT_PLACEMENT_H
#define PLACEMENT_PLACEMENT_H

#include <stdint.h>

#include "lib/memory/extents.h"
#include "lib/numa/host.h"
#include "lib/numa/vnodes.h"

// What a domain really got.
struct placement {
    struct extent_counts node[HOST_MAX_NODES];
    struct extent_counts nodeless; // from wherever Xen took it
    unsigned nr_replans;           // how often the rest had to be planned anew
    // Pages of each vnode by the node that they came from, the last: from wherever Xen took them.
    uint64_t vnode_pages[VNODES_MAX][HOST_MAX_NODES + 1];
};

// Enters what a pass has populated from `node` (negative: from anywhere), for each vnode: what it
// had to do less what it has left.
void placement_count_vnodes(struct placement *placement, const struct vnodes *vnodes, int node,
                            const struct ranges *todo, const struct ranges *left);

// The vnode's pages that did not come from its node.
uint64_t placement_remote_pages(const struct placement *placement, const struct vnodes *vnodes,
                                unsigned index);

uint64_t placement_pages(const struct placement *placement);

#endif
