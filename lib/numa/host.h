// A NUMA host as the planner sees it: a value, taken once, never read again.
//
// Sizes are in 4 KiB pages. Nodes are indexed by Xen's node id; ids may have gaps, and an id that
// is not `online` has no meaning. A node may lack memory, CPUs or both.
#ifndef NUMA_HOST_H
#define NUMA_HOST_H

#include <stdbool.h>
#include <stdint.h>

// Xen's MAX_NUMNODES on x86 (CONFIG_NR_NUMA_NODES' upper limit in all supported releases).
#define HOST_MAX_NODES 64

#define HOST_DISTANCE_LOCAL 10    // ACPI SLIT: the distance of a node to itself
#define HOST_DISTANCE_UNKNOWN 255 // Xen could not tell, or firmware said "unreachable"
#define HOST_PAGES_PER_MIB 256ULL

struct host_node {
    bool online;
    uint64_t size_pages;    // memory that the node has
    uint64_t free_pages;    // free, whether scrubbed or not; claimed pages are still part of it
    uint64_t claimed_pages; // part of free_pages that claims set aside; 0 where Xen cannot tell
    unsigned nr_cpus;       // logical processors
    unsigned nr_cores;
};

struct host {
    unsigned nr_nodes; // highest online node id + 1
    struct host_node node[HOST_MAX_NODES];
    // distance[from][to]; 10 on the diagonal, HOST_DISTANCE_UNKNOWN where there is none.
    uint8_t distance[HOST_MAX_NODES][HOST_MAX_NODES];
};

#endif
