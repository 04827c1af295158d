// How much each node supplies of a guest's memory if its vCPUs run on given nodes.
#ifndef NUMA_SPREAD_H
#define NUMA_SPREAD_H

#include <stdbool.h>

#include "lib/numa/assign.h"
#include "lib/numa/planning.h"

struct spread_rule {
    const struct planning *planning;
    // Who comes first, whatever the vCPUs do: nodes named, or shares of a claim.
    struct supplier head[2 * HOST_MAX_NODES];
    unsigned nr_head;
    bool interleaved;   // the head supplies evenly
    bool proportional;  // then the CPU nodes, each as much as it has of the vCPUs
    nodeset first;      // of the other nodes those that come before all others
    nodeset allowed;    // nodes that may supply what is missing then
    unsigned max_nodes; // that may supply anything (limit.h); 0: any number
    nodeset used;       // nodes that have supplied before and count among max_nodes
};

struct spread {
    struct supplier list[ASSIGN_MAX_SUPPLIERS]; // in their order, with what each could give
    unsigned nr;
    unsigned nr_interleaved; // the first so many
    uint64_t pages[HOST_MAX_NODES];
    nodeset from;  // nodes that may supply something
    nodeset nodes; // those that supply something
    uint64_t missing_pages;
    uint64_t left[HOST_MAX_NODES]; // of the memory above and below the DMA width
    uint64_t left_low[HOST_MAX_NODES];
    uint64_t need; // what is left to be supplied
};

// Spreads what the guest needs. First the head; then, if `proportional`, each CPU node supplies its
// share as far as it can; then the nodes allowed do, nearest to the vCPUs first, of equals one that
// has CPUs, then the one with most memory; then with memory below the DMA width. Nodes without CPUs
// that are farther than all nodes with CPUs and memory come behind these, that memory included,
// unless they come before all others. Nodes at unknown distance from all vCPUs supply nothing, nor
// do nodes that are not in `from`, as if they had no memory. With `all` the list goes on to those
// that need not supply anything, for a plan; without it ends there. What is limited by max_nodes is
// limit.h's affair.
#define SPREAD_ANY_NODES (~0ULL)
void spread_make(const struct spread_rule *rule, const struct cpu_shares *cpus, nodeset from,
                 bool all, struct spread *ret);

// The cost: the mean distance from the vCPUs to the memory, in hundredths, rounded.
uint64_t spread_cost(const struct spread *spread, const struct cpu_shares *cpus,
                     const struct host *host);

#endif
