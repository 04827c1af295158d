// One pass per extent size, largest first: order-0 allocations split the large free blocks that
// later requests would need, and a claim is redeemed all-or-nothing per request. Each pass takes a
// list of ranges and leaves the list of what it could not do for the next.
//
// Xen answers a populate call with the number of leading extents done and never with a reason, so
// a short count means no more than "not this extent, now".

#include "lib/memory/populate.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/util/xen.h"

static const unsigned size_order[POPULATE_NR_SIZES] = {
    [POPULATE_1G] = 18,
    [POPULATE_2M] = 9,
    [POPULATE_4K] = 0,
};

// Extents per call. Up to 510 frame numbers fit the buffers that libxencall caches (one page less
// its header). An extent of 1 GiB may have to be scrubbed within the call: one at a time.
static const uint64_t size_batch[POPULATE_NR_SIZES] = {
    [POPULATE_1G] = 1,
    [POPULATE_2M] = 510,
    [POPULATE_4K] = 510,
};
#define MAX_BATCH 510

struct pass {
    const struct populate_request *request;
    enum populate_size size;
    unsigned memflags;
    uint64_t nr_pages; // of the whole job, for progress
    struct populate_counts *counts;
};

static unsigned request_memflags(const struct populate_request *request) {
    unsigned memflags = 0;

    // Without a node the macro would produce other flags (its node field is offset by one).
    if (request->node != POPULATE_ANY_NODE)
        memflags |= XENMEMF_exact_node(request->node);
    if (request->on_demand)
        memflags |= XENMEMF_populate_on_demand;
    return memflags;
}

uint64_t populate_counts_pages(const struct populate_counts *counts) {
    uint64_t nr_pages = 0;

    for (int size = 0; size < POPULATE_NR_SIZES; size++)
        nr_pages += counts->extents[size] << size_order[size];
    return nr_pages;
}

// One hypercall. Returns the number of extents done, or a negative errno.
static int64_t populate_batch(struct pass *pass, uint64_t gfn, uint64_t nr_extents,
                              struct error *err) {
    const struct populate_request *request = pass->request;
    unsigned order = size_order[pass->size];
    xen_pfn_t gfns[MAX_BATCH];
    int done;

    for (uint64_t i = 0; i < nr_extents; i++)
        gfns[i] = gfn + (i << order);
    errno = 0;
    done = xc_domain_populate_physmap(request->xch, request->domid, nr_extents, order,
                                      pass->memflags, gfns);
    if (done < 0)
        return xen_error(err, request->xch, "populating guest memory at frame %#" PRIx64, gfn);
    pass->counts->extents[pass->size] += (uint64_t)done;
    if (request->progress)
        request->progress(request->progress_context, populate_counts_pages(pass->counts),
                          pass->nr_pages);
    return done;
}

// Populates whole extents from `extents` until they are done or a call gets none of them; what
// remains is left in *extents.
static int populate_extents(struct pass *pass, struct range *extents, struct error *err) {
    unsigned order = size_order[pass->size];

    while (extents->nr_pages) {
        uint64_t nr_extents = extents->nr_pages >> order;
        int64_t done;

        if (nr_extents > size_batch[pass->size])
            nr_extents = size_batch[pass->size];
        done = populate_batch(pass, extents->gfn, nr_extents, err);
        if (done < 0)
            return (int)done;
        if (done == 0)
            return 0;
        extents->gfn += (uint64_t)done << order;
        extents->nr_pages -= (uint64_t)done << order;
    }
    return 0;
}

// Populates from `todo` what it can in this pass's size and adds the rest to `left`.
static int populate_pass(struct pass *pass, const struct ranges *todo, struct ranges *left,
                         struct error *err) {
    bool exhausted = false;

    for (size_t i = 0; i < todo->nr; i++) {
        struct range head, extents, tail;
        int rc;

        range_cut(todo->list[i], size_order[pass->size], &head, &extents, &tail);
        if (!exhausted) {
            rc = populate_extents(pass, &extents, err);
            if (rc)
                return rc;
            exhausted = extents.nr_pages > 0;
        }
        if (ranges_add(left, head.gfn, head.nr_pages) ||
            ranges_add(left, extents.gfn, extents.nr_pages) ||
            ranges_add(left, tail.gfn, tail.nr_pages))
            return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    }
    return 0;
}

static int report_shortfall(const struct populate_request *request, uint64_t left_pages,
                            uint64_t nr_pages, struct error *err) {
    if (request->node == POPULATE_ANY_NODE)
        return error_set(err, ENOMEM,
                         "the host ran out of memory: %" PRIu64 " of %" PRIu64
                         " guest pages could not be allocated",
                         left_pages, nr_pages);
    return error_set(err, ENOMEM,
                     "NUMA node %d ran out of memory: %" PRIu64 " of %" PRIu64
                     " guest pages could not be allocated on it",
                     request->node, left_pages, nr_pages);
}

int populate(const struct populate_request *request, const struct ranges *ranges,
             struct populate_counts *counts, struct error *err) {
    struct ranges todo = {0};
    uint64_t left_pages;
    int rc = 0;

    *counts = (struct populate_counts){0};
    for (int size = 0; size < POPULATE_NR_SIZES && !rc; size++) {
        struct ranges left = {0};
        struct pass pass = {
            .request = request,
            .size = size,
            .memflags = request_memflags(request),
            .nr_pages = ranges_pages(ranges),
            .counts = counts,
        };

        rc = populate_pass(&pass, size == 0 ? ranges : &todo, &left, err);
        ranges_done(&todo);
        todo = left;
    }
    left_pages = ranges_pages(&todo);
    ranges_done(&todo);
    if (rc)
        return rc;
    if (left_pages)
        return report_shortfall(request, left_pages, ranges_pages(ranges), err);
    return 0;
}
