// Giving a domain its memory: extents of 1 GiB first, then 2 MiB, then 4 KiB.
#ifndef MEMORY_POPULATE_H
#define MEMORY_POPULATE_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/memory/range.h"
#include "lib/util/error.h"

#define POPULATE_ANY_NODE (-1)

enum populate_size { POPULATE_1G, POPULATE_2M, POPULATE_4K, POPULATE_NR_SIZES };

struct populate_request {
    xc_interface *xch;
    uint32_t domid;
    int node;       // take memory from this node and no other, or POPULATE_ANY_NODE
    bool on_demand; // only mark the frames; Xen fills them from the populate-on-demand cache
    // Called after each step with the pages done and wanted so far; NULL: not called.
    void (*progress)(void *context, uint64_t done_pages, uint64_t nr_pages);
    void *progress_context;
};

struct populate_counts {
    uint64_t extents[POPULATE_NR_SIZES];
};

// Populates all of `ranges`. An extent is tried at the largest size that its alignment allows;
// where memory of that size runs out, the rest is done in the next smaller one.
// Returns 0; -ENOMEM if not everything could be populated. What was populated stays with the
// domain in either case, and *counts says how much it is.
int populate(const struct populate_request *request, const struct ranges *ranges,
             struct populate_counts *counts, struct error *err);

// Pages in all the extents counted.
uint64_t populate_counts_pages(const struct populate_counts *counts);

#endif
