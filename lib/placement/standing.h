// Where a domain stands: its memory by node as Xen counts it, and where its vCPUs run.
#ifndef PLACEMENT_STANDING_H
#define PLACEMENT_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/numa/host.h"
#include "lib/numa/vcpus.h"
#include "lib/util/error.h"
#include "lib/util/xen.h"

#define STANDING_STRAY_PAGES 4096 // a node with no more than that does not count as used

struct standing {
    uint32_t domid;
    struct xen_domain domain;
    bool counted;                        // node_pages is known
    uint64_t node_pages[HOST_MAX_NODES]; // of domain.tot_pages
    uint64_t claimed[HOST_MAX_NODES];    // on nodes, where Xen tells; part of outstanding_pages
    uint64_t pool_pages;                 // of the paging pool, for page tables; 0: not known
    struct cpu_shares cpus;              // where its vCPUs should run; no sum: it has none
};

// Reads it, and changes nothing. Where Xen and its libraries do not count pages by node, `counted`
// is false, and the caller may know from elsewhere.
int standing_read(xc_interface *xch, uint32_t domid, struct standing *ret, struct error *err);

// The share of the memory that is local to the vCPUs, in percent: each page counts as far as vCPUs
// run on its node. Negative: not known.
double standing_local(const struct standing *standing);

// The mean distance of the memory from the vCPUs, in tenths; PLAN_DISTANCE_UNKNOWN.
unsigned standing_distance(const struct standing *standing, const struct host *host);

// The nodes that have more than strays of it.
nodeset standing_nodes(const struct standing *standing);

// As xapi judges: it is on one node, or on fewer than the host has.
bool standing_optimised(const struct standing *standing, const struct host *host);

#endif
