// A guest's vCPUs as the planner sees them: where each of them belongs or may go, and the shares of
// the nodes on which they then run.
#ifndef NUMA_VCPUS_H
#define NUMA_VCPUS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/numa/host.h"
#include "lib/numa/nodeset.h"

#define VCPUS_UNIT 65536ULL // one vCPU, in shares
#define VCPUS_MAX_GROUPS 8

// vCPUs that may run on the same physical CPUs, and anywhere among them.
struct vcpu_group {
    unsigned nr;
    unsigned cpus[HOST_MAX_NODES];  // logical processors that they may use, by node
    unsigned cores[HOST_MAX_NODES]; // the same, as cores
    // Set by vcpus_settle: what is counted on each node, cores or threads, and how many are enough.
    unsigned units[HOST_MAX_NODES];
    unsigned enough;
    nodeset nodes; // those with units
};

struct guest_vcpus {
    uint64_t fixed[HOST_MAX_NODES];            // vCPUs that belong on a node already, in VCPUS_UNIT
    struct vcpu_group group[VCPUS_MAX_GROUPS]; // the others
    unsigned nr_groups;
    bool roaming; // none of them belongs anywhere in particular, and none will
};

// The nodes on which vCPUs run, each with its share of them. Shares mean something only in
// comparison with their sum, which is below 2^40.
struct cpu_shares {
    nodeset nodes; // those with a share
    uint64_t share[HOST_MAX_NODES];
    uint64_t sum;
};

// nr vCPUs that may run on all CPUs of the host.
struct guest_vcpus vcpus_anywhere(const struct host *host, unsigned nr);

// A vCPU that may run on each of the nodes: on a host of which no CPU is known.
struct guest_vcpus vcpus_on_nodes(nodeset nodes);

// Decides what is counted for each group, before anything below is asked: cores, if its CPUs have
// one for each vCPU; else threads, if they have one for each vCPU; else all threads are enough.
void vcpus_settle(struct guest_vcpus *vcpus);

// The nodes that have a CPU for one of the groups.
nodeset vcpus_candidates(const struct guest_vcpus *vcpus);

// True if the nodes have enough for each group, and for all of them together.
bool vcpus_suffice(const struct guest_vcpus *vcpus, nodeset nodes);

// What the vCPUs' shares are if the groups run on these nodes, in proportion to what is
// counted. A group that has no CPU there runs wherever it may.
struct cpu_shares vcpus_share(const struct guest_vcpus *vcpus, nodeset nodes);

// Sum over the nodes of share times distance to `to`. Divided by the sum of the shares it is the
// mean distance from the vCPUs to that node. Unknown distances count as such.
uint64_t cpu_shares_distance(const struct cpu_shares *shares, const struct host *host, unsigned to);

// True if one of the nodes is at a known distance to `to`.
bool cpu_shares_reach(const struct cpu_shares *shares, const struct host *host, unsigned to);

#endif
