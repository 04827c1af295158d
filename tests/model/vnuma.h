// Virtual NUMA: the nodes that a guest is told of. Xen only keeps them.
#ifndef MODEL_VNUMA_H
#define MODEL_VNUMA_H

#include <stdint.h>
#include <stdio.h>

#define VNUMA_MAX_VNODES 32  // a square of distances fits a page
#define VNUMA_MAX_RANGES 170 // so do these
#define VNUMA_MAX_VCPUS 512

struct call;
struct domain;
struct model;

struct vnuma_range {
    uint64_t start, end; // bytes of guest addresses
    uint32_t vnode;
};

struct vnuma {
    uint32_t nr_vnodes, nr_ranges; // 0: none
    struct vnuma_range range[VNUMA_MAX_RANGES];
    uint32_t distance[VNUMA_MAX_VNODES * VNUMA_MAX_VNODES];
    uint32_t vcpu_vnode[VNUMA_MAX_VCPUS];
    uint32_t node[VNUMA_MAX_VNODES];
};

// XEN_DOMCTL_setvnumainfo.
long call_vnuma_set(struct call *call);

// Where the memory of one vnode is: frames by node, those not populated left out.
void vnuma_node_pages(struct model *m, const struct domain *d, uint32_t vnode, uint64_t *ret);

// Prints them; the forms are in show.c.
void vnuma_show(struct model *m, const struct domain *d, FILE *out);

#endif
