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
    uint64_t claimed_pages; // part of free_pages set aside for somebody by a claim on this node or
                            // by a concurrent build; 0 where nobody can tell
    uint64_t low_pages;     // part of free_pages below the DMA width (dma_bits); 0 where unknown
    unsigned nr_cpus;       // logical processors
    unsigned nr_cores;
    uint32_t load; // vCPUs of other domains that belong on this node, in HOST_LOAD_VCPU
};

#define HOST_LOAD_VCPU 1024 // one vCPU; one that belongs on several nodes counts on each in part

struct host {
    unsigned nr_nodes; // highest online node id + 1
    struct host_node node[HOST_MAX_NODES];
    // distance[from][to]; 10 on the diagonal, HOST_DISTANCE_UNKNOWN where there is none.
    uint8_t distance[HOST_MAX_NODES][HOST_MAX_NODES];
    uint64_t claimed_pages; // set aside by claims that are not, or not known to be, on a node
    unsigned dma_bits;      // memory below this width is kept for devices; 0: none is
    bool claims_by_node;    // the hypervisor tells what is claimed on each node
    bool flat;              // the distances mean nothing: a host of one node, as far as we can tell
};

// What host_normalise changed, for a log: one line without a period, empty if nothing.
struct host_note {
    char text[256];
};

// Makes `host` fit for planning. Nodes that are offline lose their contents, nr_nodes its excess,
// and offline nodes are at unknown distance. Where the distances between the online nodes make no
// sense (a diagonal other than 10; elsewhere 10 or less, which Xen refuses as well; all unknown)
// the host becomes flat, with 10 everywhere; a single online node is just 10. Returns what there is
// to say about it.
struct host_note host_normalise(struct host *host);

// "node 0: 100 MiB free, 20 claimed; node 1: ...": as many nodes as there is room for.
struct host_memory_text {
    char s[1024];
};
struct host_memory_text host_memory_text(const struct host *host);

// All sets below are uint64_t with bit n for node n (a nodeset).
uint64_t host_online_nodes(const struct host *host);

// The nodes that memory may be planned on: online, with memory, and at a known distance from at
// least one other online node (if there is another).
uint64_t host_usable_nodes(const struct host *host);

#endif
