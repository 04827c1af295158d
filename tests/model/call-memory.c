// memory_op: populate and its relatives, claims, the guest's memory map.
//
// Populate has prefix semantics: it returns how many leading extents are done, whatever stopped it,
// and nothing else ever. A frame that could not be entered into the address space stays
// with the domain.

#include "tests/model/call.h"
#include "tests/model/claim.h"
#include "tests/model/p2m.h"
#include "tests/model/pod.h"
#include "tests/model/xen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EXTENTS ((1ULL << 26) - 1) // 1.5: the continuation's index
#define NO_NODE_FIELD 0xff             // the node field's value for "none"

struct populate {
    struct call *call;
    struct domain *d;
    struct heap_request req;
    bool pod;
};

// False for what Xen answers with "nothing done".
static bool flags_decode(struct populate *p, unsigned order, unsigned flags) {
    unsigned node = ((flags >> 8) - 1) & 0xff;

    p->pod = flags & XENMEMF_populate_on_demand;
    p->req = (struct heap_request){.order = order,
                                   .node = HEAP_NO_NODE,
                                   .no_scrub = p->call->m->config.deferred_scrub,
                                   .address_bits = XENMEMF_get_address_bits(flags)};
    if (order > (p->pod ? HEAP_MAX_ORDER : p->call->m->config.max_order))
        return false;
    // Without virtual NUMA information, which the model does not keep, the node is ignored.
    if (p->pod || (flags & XENMEMF_vnode) || node == NO_NODE_FIELD)
        return true;
    p->req.node = node;
    p->req.exact = flags & XENMEMF_exact_node_request;
    return node < HEAP_MAX_NODES;
}

// A PV domain is told which frames it has got, in place of those that it asked for.
static int extent_populate(const struct populate *p, xen_pfn_t *frame) {
    struct model *m = p->call->m;
    struct heap_piece piece;
    uint64_t gfn = *frame;
    int rc;

    if (p->pod)
        return p->d->hvm ? pod_mark(m, p->d, gfn, p->req.order) : -EINVAL;
    rc = domain_alloc(m, p->d, &p->req, &piece);
    if (rc)
        return rc;
    m->stats.scrubbed += piece.scrubbed;
    m->stats.extents[p->req.order][piece.node]++;
    if (!p->d->hvm)
        *frame = piece.mfn;
    return p2m_set(m, p->d, gfn, piece.mfn, p->req.order);
}

static long memory_populate(struct call *call) {
    const struct xen_memory_reservation *r = call->data;
    struct populate p = {.call = call, .d = domain_find(call->m, r->domid)};
    xen_pfn_t *gfns = r->extent_start.p;
    uint64_t end = r->nr_extents;
    uint64_t done = 0;

    if (!p.d || !gfns || end > MAX_EXTENTS || !flags_decode(&p, r->extent_order, r->mem_flags))
        return 0;
    if (call->fault.cut)
        end = call->fault.extents < end ? call->fault.extents : end / 2;
    call->m->stats.populate_calls++;
    call->m->stats.list_bytes += r->nr_extents * sizeof(*gfns);
    while (done < end && extent_populate(&p, &gfns[done]) == 0)
        done++;
    return (long)done;
}

static bool extent_remove(struct model *m, struct domain *d, uint64_t gfn, unsigned order) {
    uint64_t end = gfn + (1ULL << order);

    while (gfn < end) {
        struct p2m_entry entry;

        if (!p2m_lookup(m, d, gfn, &entry) || p2m_remove(m, d, gfn, 1))
            return false;
        if (entry.mfn != P2M_POD)
            domain_free_pages(m, d, entry.mfn, 1);
        gfn++;
    }
    return true;
}

static long memory_decrease(struct call *call) {
    const struct xen_memory_reservation *r = call->data;
    struct domain *d = domain_find(call->m, r->domid);
    const xen_pfn_t *gfns = r->extent_start.p;
    uint64_t done = 0;

    if (!d || r->extent_order > call->m->config.max_order)
        return 0;
    while (done < r->nr_extents && extent_remove(call->m, d, gfns[done], r->extent_order))
        done++;
    return (long)done;
}

static long memory_current(struct call *call) {
    const domid_t *domid = call->data;
    const struct domain *d = domain_find(call->m, *domid);

    return d ? (long)d->tot_pages : -ESRCH;
}

static long memory_maximum(struct call *call) {
    const domid_t *domid = call->data;
    const struct domain *d = domain_find(call->m, *domid);

    return d ? (long)d->max_pages : -ESRCH;
}

static long memory_maximum_gpfn(struct call *call) {
    const domid_t *domid = call->data;
    const struct domain *d = domain_find(call->m, *domid);

    return d ? (long)p2m_highest(call->m, d) : -ESRCH;
}

// Which node the claim is for; -EINVAL for flags that this Xen refuses.
static int claim_node(const struct call *call, unsigned flags, uint32_t *ret) {
    const unsigned node_bits = XENMEMF_node(0xfeU) | XENMEMF_exact_node_request;
    unsigned node = ((flags >> 8) - 1) & 0xff;

    *ret = HEAP_NO_NODE;
    if (flags == 0)
        return 0;
    if (!claim_on_node_known(call->m) || (flags & ~node_bits))
        return -EINVAL;
    if (!(flags & XENMEMF_exact_node_request))
        return 0;
    if (node == NO_NODE_FIELD)
        return -EINVAL;
    *ret = node;
    return 0;
}

static long memory_claim(struct call *call) {
    const struct xen_memory_reservation *r = call->data;
    struct domain *d = domain_find(call->m, r->domid);
    uint32_t node;
    int rc;

    if (call->m->config.claims == MODEL_CLAIMS_NONE)
        return -ENOSYS;
    if (!d || r->extent_start.p || r->extent_order)
        return -EINVAL;
    rc = claim_node(call, r->mem_flags, &node);
    return rc ? rc : claim_stake(call->m, d, r->nr_extents, node);
}

static long memory_set_map(struct call *call) {
    const struct xen_foreign_memory_map *map = call->data;
    struct domain *d = domain_find(call->m, map->domid);
    const struct e820entry {
        uint64_t addr, size;
        uint32_t type;
    } __attribute__((packed)) *entries = map->map.buffer.p;

    if (!d)
        return -ESRCH;
    if (map->map.nr_entries > DOMAIN_MAX_E820)
        return -EINVAL;
    d->nr_e820 = map->map.nr_entries;
    for (uint32_t i = 0; i < d->nr_e820; i++)
        d->e820[i] = (struct e820_range){entries[i].addr, entries[i].size, entries[i].type};
    return 0;
}

static long memory_set_pod(struct call *call) {
    struct xen_pod_target *target = call->data;
    struct domain *d = domain_find(call->m, target->domid);
    int rc;

    if (!d)
        return -ESRCH;
    rc = pod_set_target(call->m, d, target->target_pages);
    target->tot_pages = d->tot_pages;
    target->pod_cache_pages = d->pod_pages;
    target->pod_entries = d->pod_entries;
    return rc;
}

static long memory_get_pod(struct call *call) {
    struct xen_pod_target *target = call->data;
    const struct domain *d = domain_find(call->m, target->domid);

    if (!d)
        return -ESRCH;
    target->tot_pages = d->tot_pages;
    target->pod_cache_pages = d->pod_pages;
    target->pod_entries = d->pod_entries;
    return 0;
}

static long memory_reserved(struct call *call) {
    struct xen_reserved_device_memory_map *map = call->data;
    struct xen_reserved_device_memory *entries = map->buffer.p;
    uint32_t sbdf =
        (uint32_t)map->dev.pci.seg << 16 | (uint32_t)map->dev.pci.bus << 8 | map->dev.pci.devfn;
    unsigned used = 0;
    bool fits;

    for (unsigned i = 0; i < call->m->nr_rmrr; i++) {
        const struct model_rmrr *rmrr = &call->m->rmrr[i];

        if (rmrr->sbdf != sbdf && !(map->flags & XENMEM_RDM_ALL))
            continue;
        if (used < map->nr_entries) {
            entries[used].start_pfn = rmrr->pfn;
            entries[used].nr_pages = rmrr->pages;
        }
        used++;
    }
    fits = used <= map->nr_entries;
    map->nr_entries = used;
    return fits ? 0 : -ENOBUFS;
}

// libxenguest takes a frame from the guest's end where it gets none for ACPI's tables, and counts
// frames by bytes then: so there never is one.
static long memory_move(struct call *call) {
    const struct xen_add_to_physmap *move = call->data;
    struct domain *d = domain_find(call->m, move->domid);
    struct p2m_entry entry;

    if (!d)
        return -ESRCH;
    if (move->space != XENMAPSPACE_gmfn || p2m_lookup(call->m, d, move->idx, &entry)) {
        fprintf(stderr, "model: add_to_physmap of a frame that is there\n");
        abort();
    }
    return -EINVAL;
}

const struct call_entry call_memory_table[] = {
    {XENMEM_decrease_reservation, "memory_op.decrease_reservation", memory_decrease},
    {XENMEM_current_reservation, "memory_op.current_reservation", memory_current},
    {XENMEM_maximum_reservation, "memory_op.maximum_reservation", memory_maximum},
    {XENMEM_maximum_gpfn, "memory_op.maximum_gpfn", memory_maximum_gpfn},
    {XENMEM_populate_physmap, "memory_op.populate_physmap", memory_populate},
    {XENMEM_add_to_physmap, "memory_op.add_to_physmap", memory_move},
    {XENMEM_set_memory_map, "memory_op.set_memory_map", memory_set_map},
    {XENMEM_set_pod_target, "memory_op.set_pod_target", memory_set_pod},
    {XENMEM_get_pod_target, "memory_op.get_pod_target", memory_get_pod},
    {XENMEM_claim_pages, "memory_op.claim_pages", memory_claim},
    {XENMEM_reserved_device_memory_map, "memory_op.reserved_device_memory_map", memory_reserved},
    {0, NULL, NULL},
};
