// Where a guest's memory came to be.
#ifndef PLACEMENT_PLACEMENT_H
#define PLACEMENT_PLACEMENT_H

#include <stdint.h>

#include "lib/memory/extents.h"
#include "lib/numa/host.h"

// What a domain really got.
struct placement {
    struct extent_counts node[HOST_MAX_NODES];
    struct extent_counts nodeless; // from wherever Xen took it
    unsigned nr_replans;           // how often the rest had to be planned anew
};

uint64_t placement_pages(const struct placement *placement);

#endif
