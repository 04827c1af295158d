// Choosing the nodes for a guest that nobody has placed.
//
// Of all sets of candidate nodes that have the memory and the cores, the best one has
//   1. the smallest largest distance,
//   2. the smallest mean distance: over all ordered pairs of its nodes, a node with itself included
//      (10), so what an access of a vCPU anywhere in the set to memory anywhere in it costs; a
//      single node has 10, and of equally distant nodes fewer are better,
//   3. the most memory left,
//   4. the fewest nodes, then the lowest ids (of the lowest id in one set only: the set that has
//   it).
// Pairs at unknown distance, in either direction, are never in one set.
#ifndef NUMA_PICK_H
#define NUMA_PICK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/numa/host.h"
#include "lib/numa/nodeset.h"

struct pick_request {
    const struct host *host; // distances and cores
    nodeset candidates;
    const uint64_t *available_pages; // by node id: what each could give
    uint64_t nr_pages;               // what the guest needs
    unsigned nr_cores;               // what it should have
};

// Returns the best set, or an empty one if no set has the memory. If the candidates together have
// fewer cores than asked for, all the cores that they have are asked for instead; should there
// still be no set (because of unknown distances), memory alone decides. Exact for up to 14
// candidates; beyond, a search of bounded length that may miss the best set of hosts whose
// distances have no order.
nodeset pick_nodes(const struct pick_request *request);

#endif
