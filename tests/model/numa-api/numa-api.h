// What XenServer 9's and XCP-ng 9's libxenctrl says about nodes and claims on them, for building
// the program against it. The installed header has none of it.
#ifndef MODEL_NUMA_API_H
#define MODEL_NUMA_API_H

#include <stdint.h>

#include <xenctrl.h>

// Of one node, in bytes; all ones if it is offline. What is claimed is part of what is free.
typedef struct {
    uint64_t size, free, claimed;
} xen_sysctl_node_meminfo_t;

// Fills up to `*max_nodes` entries and says how many there are now; without an array only how many
// there would be.
int xc_numa_meminfo(xc_interface *xch, unsigned int *max_nodes, xen_sysctl_node_meminfo_t *meminfo);

// The classic claim, but on one node; ~0U: on the host. `nr_pages` includes what the domain has.
int xc_domain_claim_pages_node(xc_interface *xch, uint32_t domid, unsigned int node,
                               unsigned long nr_pages);

// Fills in the domain's pages on each node, and says how many nodes there are; `*nr_nodes` is how
// many there is room for. ERANGE if that is too little.
int xc_domain_numa_get_node_pages(xc_interface *xch, uint32_t domid, uint32_t *nr_nodes,
                                  uint64_t *pages);

#endif
