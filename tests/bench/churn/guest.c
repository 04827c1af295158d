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
    struct domain *d = calloc(1, sizeof(*d));

    if (!guest || !d)
        abort();
    d->in_use = d->auto_affinity = d->hvm = d->hap = true;
    d->node_affinity = UINT64_MAX;
    d->claim_spent_node = d->claim_poisoned_node = HEAP_NO_NODE;
    guest->domain = d;
    guest->vcpus = vcpus;
    guest->pages = mib * PAGES_PER_MIB;
    guest->cpu_nodes = machine->m->heap.online;
    d->max_pages = guest->pages + 2 * SPECIAL_PAGES;
    ranges_fill(guest);
    // Whoever asks for the domain runs on some CPU of dom0's, and gets Xen's structures from there.
    machine->m->config.local_node = machine->created++ % machine->host.nr_nodes;
    if (xenheap_take(machine, guest, GRANT_PAGES + vcpus) &&
        pool_grow(machine, &guest->pool, 2 * mib + 256ULL * vcpus, machine->m->heap.online,
                  &d->last_alloc_node))
        return guest;
    guest_destroy(machine, guest);
    return NULL;
}

static bool extent_take(struct machine *machine, struct guest *guest, unsigned order,
                        uint32_t node) {
    const struct heap_request req = {.order = order,
                                     .node = node,
                                     .exact = node != HEAP_NO_NODE,
                                     .no_scrub = machine->m->config.deferred_scrub};
    uint64_t *pages = order == 18 ? &guest->pages_1g : order ? &guest->pages_2m : &guest->pages_4k;
    struct heap_piece piece;

    if (domain_alloc(machine->m, guest->domain, &req, &piece))
        return false;
    *pages += 1ULL << order;
    guest->node_pages[piece.node] += 1ULL << order;
    return true;
}

bool guest_populate(struct machine *machine, struct guest *guest, struct range range,
                    uint32_t node) {
    static const unsigned orders[] = {18, 9, 0};
    uint64_t gfn = range.gfn, end = range.gfn + range.nr_pages;
    uint64_t again[3] = {0}; // where each size may be tried next

    while (gfn < end) {
        unsigned size = 0;

        for (; size < 3; size++) {
            uint64_t nr = 1ULL << orders[size];

            if (gfn & (nr - 1) || gfn + nr > end || gfn < again[size])
                continue;
            if (extent_take(machine, guest, orders[size], node))
                break;
            again[size] = gfn + nr;
        }
        if (size == 3)
            return false;
        gfn += 1ULL << orders[size];
    }
    return true;
}

uint64_t guest_populate_order(struct machine *machine, struct guest *guest, struct range range,
                              unsigned order, uint32_t node) {
    uint64_t done = 0;

    while (done < range.nr_pages && extent_take(machine, guest, order, node))
        done += 1ULL << order;
    return range.gfn + done;
}

bool guest_finish(struct machine *machine, struct guest *guest) {
    const struct heap_request req = {.node = HEAP_NO_NODE};
    struct heap_piece piece;

    for (unsigned i = 0; i < SPECIAL_PAGES; i++)
        if (domain_alloc(machine->m, guest->domain, &req, &piece))
            return false;
    return true;
}

void guest_destroy(struct machine *machine, struct guest *guest) {
    pool_free(machine, &guest->pool);
    domain_destroy(machine->m, guest->domain);
    for (unsigned i = 0; i < guest->nr_xenheap; i++)
        heap_free_block(machine->m, guest->xenheap[i], 0, false);
    heap_idle_scrub_all(machine->m);
    free(guest->domain);
    free(guest);
}
