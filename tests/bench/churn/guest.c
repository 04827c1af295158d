// What a guest costs beside its memory decides how free memory is broken up: thousands of single
// pages for page tables, and Xen's own structures for it. The sizes are those of xenopsd and Xen:
// two pages of paging pool for each MiB, 256 for each vCPU.

#include "tests/bench/churn/guest.h"

#include <stdlib.h>

#define PAGES_PER_MIB 256ULL
#define VGA_HOLE 0xa0ULL
#define VGA_HOLE_END 0xc0ULL
#define MMIO_HOLE 0xf0000ULL
#define GIB4 0x100000ULL
#define SPECIAL_PAGES 24 // of libxenguest, and what a device model adds
#define GRANT_PAGES 32

// As lib/memory/layout.h: below and above the VGA hole, and above 4 GiB.
static void ranges_fill(struct guest *guest) {
    uint64_t all = guest->pages + (VGA_HOLE_END - VGA_HOLE);
    uint64_t low = all < MMIO_HOLE ? all : MMIO_HOLE;

    guest->ranges[0] = (struct range){0, VGA_HOLE};
    guest->ranges[1] = (struct range){VGA_HOLE_END, low - VGA_HOLE_END};
    guest->ranges[2] = (struct range){GIB4, all - low};
}

static bool xenheap_take(struct machine *machine, struct guest *guest, unsigned nr) {
    const struct heap_request req = {.node = HEAP_NO_NODE};
    struct heap_piece piece;

    while (guest->nr_xenheap < nr) {
        if (!heap_alloc(machine->m, NULL, &req, &piece))
            return false;
        guest->xenheap[guest->nr_xenheap++] = piece.mfn;
    }
    return true;
}

struct guest *guest_create(struct machine *machine, unsigned vcpus, uint64_t mib) {
    struct guest *guest = calloc(1, sizeof(*guest));
    const uint64_t pool = 2 * mib + 256ULL * vcpus;

    if (!guest)
        abort();
    guest->vcpus = vcpus;
    guest->pages = mib * PAGES_PER_MIB;
    guest->cpu_nodes = guest->affinity = machine->m->heap.online;
    ranges_fill(guest);
    // Whoever asks for the domain runs on some CPU of dom0's, and gets Xen's structures from there.
    machine->m->config.local_node = machine->created++ % machine->host.nr_nodes;
    if (xenheap_take(machine, guest, GRANT_PAGES + vcpus) &&
        pool_take(machine, &guest->pool, 0, pool,
                  &(struct pool_source){guest->affinity, false, &guest->last}) == pool)
        return guest;
    guest_destroy(machine, guest);
    return NULL;
}

uint64_t guest_populate_order(struct machine *machine, struct guest *guest, struct range range,
                              unsigned order, const struct pool_source *from) {
    uint64_t *pages = order == 18 ? &guest->pages_1g : order ? &guest->pages_2m : &guest->pages_4k;
    size_t before = guest->extents.nr;
    uint64_t got = pool_take(machine, &guest->extents, order, range.nr_pages >> order, from)
                   << order;

    *pages += got;
    for (size_t i = before; i < guest->extents.nr; i++)
        guest->node_pages[guest->extents.blocks[i].node] += 1ULL << guest->extents.blocks[i].order;
    return range.gfn + got;
}

// What lies before and behind the whole extents of the order, and what of these cannot be had, in
// the next smaller size.
static bool populate(struct machine *machine, struct guest *guest, uint64_t gfn, uint64_t end,
                     unsigned order, const struct pool_source *from) {
    uint64_t size = 1ULL << order;
    uint64_t first = (gfn + size - 1) & ~(size - 1), stop = end & ~(size - 1), done;

    if (gfn >= end)
        return true;
    if (first >= stop)
        return populate(machine, guest, gfn, end, order - 9, from);
    if (order && !populate(machine, guest, gfn, first, order - 9, from))
        return false;
    done = guest_populate_order(machine, guest, (struct range){first, stop - first}, order, from);
    if (!order)
        return done == stop;
    return populate(machine, guest, done, stop, order - 9, from) &&
           populate(machine, guest, stop, end, order - 9, from);
}

bool guest_populate(struct machine *machine, struct guest *guest, struct range range,
                    const struct pool_source *from) {
    return populate(machine, guest, range.gfn, range.gfn + range.nr_pages, 18, from);
}

bool guest_finish(struct machine *machine, struct guest *guest) {
    const struct pool_source from = {guest->affinity, false, &guest->last};

    return pool_take(machine, &guest->extents, 0, SPECIAL_PAGES, &from) == SPECIAL_PAGES;
}

void guest_destroy(struct machine *machine, struct guest *guest) {
    pool_free(machine, &guest->pool);
    pool_free(machine, &guest->extents);
    for (unsigned i = 0; i < guest->nr_xenheap; i++)
        heap_free_block(machine->m, guest->xenheap[i], 0, false);
    heap_idle_scrub_all(machine->m);
    free(guest);
}
