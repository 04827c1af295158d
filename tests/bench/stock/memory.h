// The ways in which builders of the benchmark give a guest its memory.
#ifndef BENCH_STOCK_MEMORY_H
#define BENCH_STOCK_MEMORY_H

#include <stdint.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "lib/memory/layout.h"
#include "lib/memory/meminit.h"
#include "lib/util/error.h"

#define MEMORY_ANY_NODE (-1)

enum memory_way {
    MEMORY_STOCK, // libxenguest's own memory initialisation, as it is
    MEMORY_EXACT, // the same, all of it from one node: what -mem_pnode means in XenServer 9
    MEMORY_FLOOR, // a bare loop of populate calls with the largest extents that there are
};

// Zero-initialise, and set what is not marked as private. Must outlive the image.
struct memory {
    enum memory_way way;
    xc_interface *xch;
    uint32_t domid;
    uint64_t mib;
    int node; // MEMORY_ANY_NODE: none; MEMORY_EXACT needs one
    const struct layout *layout;
    xen_vmemrange_t ranges[2]; // private, as all that follows
    unsigned node_of_range;
    struct meminit meminit;
};

// Populates the guest of an image that has been parsed.
int memory_populate(struct memory *memory, struct xc_dom_image *dom, struct error *err);

#endif
