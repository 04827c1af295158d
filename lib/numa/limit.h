// numa-max-nodes: which nodes supply a guest's memory when not all may that would.
#ifndef NUMA_LIMIT_H
#define NUMA_LIMIT_H

#include "lib/numa/spread.h"

// Spreads what the guest needs (spread.h) over at most rule->max_nodes nodes.
//
// If it would come from no more nodes anyway, that is where it comes from. Otherwise it comes from
// a set of so many nodes, or fewer, as if the other nodes had no memory. Of all sets that have
// enough it is the one with, in this order
//   1. the most memory on the nodes that somebody has named or claimed, or set as node affinity,
//   2. the first of these nodes in their order; interleaved: the least on the node that gives most,
//   3. the least mean distance from the vCPUs,
//   4. the fewest nodes, with those of the vCPUs,
//   5. the fewest nodes that a plan that something has followed did not use,
//   6. the most memory, then the lowest ids.
// Exact for up to LIMIT_EXACT_NODES nodes that could supply. Beyond, nodes join in the order in
// which they would supply, each unless the largest of the others could not give the rest then; so
// there is enough memory whenever the largest nodes have it.
#define LIMIT_EXACT_NODES 8
void limit_spread(const struct spread_rule *rule, const struct cpu_shares *cpus, bool all,
                  struct spread *ret);

#endif
