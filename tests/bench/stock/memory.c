// libxenguest's memory initialisation has no parameter for a node, but takes a virtual NUMA layout
// from the image: ranges of guest memory, and the physical node of each virtual one. One virtual
// node that is not told to Xen or the guest makes it populate from one physical node and no other.
//
// The floor makes no more calls than any builder must that wants the largest extents: it asks
// again, with the next smaller size, only for what the larger one did not give.

#include "tests/bench/stock/memory.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

#define PAGE_SHIFT 12
#define GIB4 (1ULL << 32)
#define BATCH 510 // what libxencall does from its cache of buffers
#define NR_SIZES 3

static const unsigned orders[NR_SIZES] = {18, 9, 0};
static const unsigned batches[NR_SIZES] = {1, BATCH, BATCH};

// --- one node, by libxenguest ---

static int request_node(struct memory *memory, struct xc_dom_image *dom, struct error *err) {
    const struct layout *layout = memory->layout;

    if (memory->node == MEMORY_ANY_NODE)
        return error_set(err, EINVAL, "option -mem_pnode is missing");
    memory->ranges[0] = (xen_vmemrange_t){.start = 0, .end = layout->lowmem_end};
    memory->ranges[1] = (xen_vmemrange_t){.start = GIB4, .end = layout->highmem_end};
    memory->node_of_range = (unsigned)memory->node;
    dom->vmemranges = memory->ranges;
    dom->nr_vmemranges = layout->highmem_end > GIB4 ? 2 : 1;
    dom->vnode_to_pnode = &memory->node_of_range;
    dom->nr_vnodes = 1;
    return 0;
}

// --- the floor ---

static int call(const struct memory *memory, unsigned size, xen_pfn_t *gfns, unsigned nr) {
    unsigned flags =
        memory->node == MEMORY_ANY_NODE ? 0 : XENMEMF_exact_node((unsigned)memory->node);

    errno = 0;
    return xc_domain_populate_physmap(memory->xch, memory->domid, nr, orders[size], flags, gfns);
}

// Populates whole extents of one size. Returns how many pages it got, all of them at the beginning,
// or a negative errno.
static int64_t populate_extents(const struct memory *memory, unsigned size, struct range range,
                                struct error *err) {
    const unsigned order = orders[size];
    const uint64_t nr_extents = range.nr_pages >> order;
    xen_pfn_t gfns[BATCH];
    uint64_t done = 0;

    while (done < nr_extents) {
        unsigned nr = 0;
        int r;

        for (; nr < batches[size] && done + nr < nr_extents; nr++)
            gfns[nr] = range.gfn + ((done + nr) << order);
        r = call(memory, size, gfns, nr);
        if (r < 0)
            return xen_error(err, memory->xch, "populating at frame %#" PRIx64, gfns[0]);
        done += (unsigned)r;
        if ((unsigned)r < nr)
            break;
    }
    return (int64_t)(done << order);
}

static int populate_size(const struct memory *memory, unsigned size, const struct ranges *todo,
                         struct ranges *left, struct error *err) {
    for (size_t i = 0; i < todo->nr; i++) {
        struct range head, extents, tail;
        int64_t pages;

        range_cut(todo->list[i], orders[size], &head, &extents, &tail);
        pages = populate_extents(memory, size, extents, err);
        if (pages < 0)
            return (int)pages;
        if (ranges_add(left, head.gfn, head.nr_pages) ||
            ranges_add(left, extents.gfn + (uint64_t)pages, extents.nr_pages - (uint64_t)pages) ||
            ranges_add(left, tail.gfn, tail.nr_pages))
            return error_set(err, ENOMEM, "out of memory");
    }
    return 0;
}

static int populate_floor(void *context, xen_pfn_t *machine_frames, struct error *err) {
    const struct memory *memory = context;
    CLEANUP(ranges_done) struct ranges todo = {0};
    int rc = layout_ram_ranges(memory->layout, &todo);

    (void)machine_frames;
    if (rc)
        return error_set(err, ENOMEM, "out of memory");
    for (unsigned size = 0; size < NR_SIZES; size++) {
        struct ranges left = {0};

        rc = populate_size(memory, size, &todo, &left, err);
        ranges_done(&todo);
        todo = left;
        if (rc)
            return rc;
    }
    if (todo.nr)
        return error_set(err, ENOMEM, "%" PRIu64 " pages are missing", ranges_pages(&todo));
    return 0;
}

// --- all ---

int memory_populate(struct memory *memory, struct xc_dom_image *dom, struct error *err) {
    struct meminit *meminit = &memory->meminit;
    int rc = 0;

    errno = 0;
    if (xc_dom_mem_init(dom, (unsigned)memory->mib))
        return xen_error(err, memory->xch, "xc_dom_mem_init");
    if (memory->way == MEMORY_EXACT)
        rc = request_node(memory, dom, err);
    if (rc)
        return rc;
    meminit->layout = memory->layout;
    meminit->populate = populate_floor;
    meminit->context = memory;
    if (memory->way == MEMORY_FLOOR)
        meminit_install(meminit, dom);
    errno = 0;
    if (!xc_dom_boot_mem_init(dom))
        return 0;
    if (!meminit->error.code)
        return xen_error(err, memory->xch, "xc_dom_boot_mem_init");
    *err = meminit->error;
    return -err->code;
}
