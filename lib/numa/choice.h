// Choosing the nodes on which a guest's vCPUs run, and with them where its memory comes from.
//
// Of all sets of nodes with CPUs that this guest may use, the best one has, in this order
//   1. enough cores (vcpus.h) and enough memory near it (spread.h; with numa-max-nodes limit.h),
//   2. the least sum of the distances from each device passed through to the nearest CPU node,
//      unless somebody has named nodes for the memory,
//   3. the least cost: the mean distance from the vCPUs to the memory, in hundredths,
//   4. the fewest nodes, for CPUs and memory together,
//   5. the fewest vCPUs of other domains on the CPU nodes,
//   6. the most memory on the nodes used; with a vCPU of others for two cores, or more, the least
//      (equals.h),
//   7. the lowest ids (of the lowest id in one set only: the set that has it).
#ifndef NUMA_CHOICE_H
#define NUMA_CHOICE_H

#include "lib/numa/spread.h"

struct choice {
    nodeset cpus;             // chosen for the vCPUs that do not belong anywhere yet
    struct cpu_shares shares; // of all vCPUs
};

// Finds the best set. Where some of the memory may come from anywhere (`anywhere`), sets that lack
// memory count as well, the less the better. Returns false if there is none. Exact for up to
// CHOICE_EXACT_NODES nodes with CPUs (and with numa-max-nodes LIMIT_EXACT_NODES with memory);
// beyond, a search of bounded length.
#define CHOICE_EXACT_NODES 10
bool choice_make(const struct spread_rule *rule, bool anywhere, struct choice *ret);

#endif
