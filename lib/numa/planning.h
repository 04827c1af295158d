// What a plan is made from: the request, and what each node and the host can give for it. Shared by
// the planner's parts.
#ifndef NUMA_PLANNING_H
#define NUMA_PLANNING_H

#include "lib/numa/planner.h"

struct planning {
    const struct plan_request *request;
    const struct host *host;
    const struct policy *policy;
    struct error *err;
    nodeset online;
    nodeset usable;
    uint64_t available[HOST_MAX_NODES]; // pages; 0 on nodes that are not online
    uint64_t need;                      // pages
};

// Fills *p. -EINVAL: ranges that overlap or do not ascend, or a policy that names nodes that are
// not there. p->err is `err` from then on.
int planning_init(struct planning *p, const struct plan_request *request, struct error *err);

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
