// Counts that were taken while populating; nothing here asks Xen.

#include "lib/placement/placement.h"

uint64_t placement_pages(const struct placement *placement) {
    uint64_t nr_pages = extent_counts_pages(&placement->nodeless);

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        nr_pages += extent_counts_pages(&placement->node[node]);
    return nr_pages;
}
