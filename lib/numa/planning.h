// What a plan is made from: the request, and what each node and the host can give for it. Shared by
// the planner's parts.
#ifndef NUMA_PLANNING_H
#define NUMA_PLANNING_H

#include "lib/numa/planner.h"
#include "lib/numa/vcpus.h"

struct planning {
    const struct plan_request *request;
    const struct host *host;
    const struct policy *policy;
    struct error *err;
    nodeset online;
    nodeset usable;
    nodeset with_cpus;                  // online nodes that have CPUs, whoever may use them
    uint64_t available[HOST_MAX_NODES]; // pages; 0 on nodes that are not online
    uint64_t low[HOST_MAX_NODES];       // part of them that is below the DMA width
    uint8_t rank[HOST_MAX_NODES];       // online nodes by what is available, most first: 0, 1, ...
    nodeset followed;                   // nodes of the plan that something has followed already
    uint8_t turn[HOST_MAX_NODES];       // by what that plan takes of them, most first, then by rank
    uint64_t need;                      // pages
    struct nodelist named;              // numa-nodes and numa-fallback without the nodes that this
    nodeset named_fallback;             // host does not have
    struct guest_vcpus vcpus;
    const unsigned *devices; // by node; NULL: none counts
    nodeset device_nodes;    // of numa-devices=require: no other may supply memory; else empty
};

// Fills *p. -EINVAL: ranges that overlap or do not ascend, or a policy that allows no other nodes
// than those that it names, some of which are not there; otherwise these are a warning. p->err is
// `err` from then on.
int planning_init(struct planning *p, const struct plan_request *request, struct warnings *warnings,
                  struct error *err);

// What the whole host can give, in pages.
uint64_t planning_host_pages(const struct planning *p);

// What the nodes of the set can give together, in pages.
uint64_t planning_set_pages(const struct planning *p, nodeset set);

// -ENOMEM: of these nodes, which can give `available` pages together, the guest needs more.
int planning_error_memory(const struct planning *p, nodeset nodes, uint64_t available);

// a - b; 0 if that is less.
static inline uint64_t planning_minus(uint64_t a, uint64_t b) {
    return a > b ? a - b : 0;
}

#endif
