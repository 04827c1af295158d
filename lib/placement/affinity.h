// Where a guest's vCPUs may and should run, and what follows from it for its memory.
#ifndef PLACEMENT_AFFINITY_H
#define PLACEMENT_AFFINITY_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/numa/nodeset.h"
#include "lib/util/error.h"

struct affinity {
    nodeset domain_nodes; // the domain's node affinity
    bool vcpus_free;      // all vCPUs may and should run anywhere: nobody has set any affinity
    nodeset hard_nodes;   // nodes on whose CPUs the vCPUs may run, all vCPUs together
};

// Reads a domain's affinities. Its vCPUs must exist (XEN_DOMCTL_max_vcpus).
int affinity_read(xc_interface *xch, uint32_t domid, unsigned nr_vcpus, struct affinity *ret,
                  struct error *err);

// Sets the soft affinity of all vCPUs to the CPUs of `nodes`. Xen then derives the domain's node
// affinity from it.
int affinity_follow(xc_interface *xch, uint32_t domid, unsigned nr_vcpus, nodeset nodes,
                    struct error *err);

// Sets the domain's node affinity, which later allocations (ballooning, grants) prefer.
int affinity_set_nodes(xc_interface *xch, uint32_t domid, nodeset nodes, struct error *err);

#endif
