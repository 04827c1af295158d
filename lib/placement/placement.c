// Counts that were taken while populating; nothing here asks Xen.

#include "lib/placement/placement.h"

uint64_t placement_pages(const struct placement *placement) {
    uint64_t nr_pages = extent_counts_pages(&placement->nodeless);

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        nr_pages += extent_counts_pages(&placement->node[node]);
    return nr_pages;
}

void placement_count_vnodes(struct placement *placement, const struct vnodes *vnodes, int node,
                            const struct ranges *todo, const struct ranges *left) {
    unsigned column = node < 0 ? HOST_MAX_NODES : (unsigned)node;

    for (unsigned i = 0; i < vnodes->nr; i++)
        placement->vnode_pages[i][column] +=
            vnodes_pages(vnodes, i, todo) - vnodes_pages(vnodes, i, left);
}

uint64_t placement_remote_pages(const struct placement *placement, const struct vnodes *vnodes,
                                unsigned index) {
    uint64_t pages = 0;

    for (unsigned column = 0; column <= HOST_MAX_NODES; column++)
        if (column != vnodes->vnode[index].node)
            pages += placement->vnode_pages[index][column];
    return pages;
}
