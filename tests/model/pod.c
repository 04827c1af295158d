// The cache is filled without any node: 2 MiB where possible, round-robin over the domain's
// affinity. Its frames count in the domain's total but are not on its list of pages. In the lists
// a cell is `key` mfn, `nr` frames.

#include "tests/model/pod.h"
#include "tests/model/memory.h"
#include "tests/model/model.h"
#include "tests/model/p2m.h"

#include <errno.h>

#define SUPER_ORDER 9
#define SUPER_PAGES (1U << SUPER_ORDER)

static void cache_put(struct model *m, struct domain *d, uint64_t mfn, uint32_t nr) {
    uint32_t index = cell_new(&m->pool);

    cell_at(&m->pool, index)->key = mfn;
    cell_at(&m->pool, index)->nr = nr;
    cell_list_add_tail(&m->pool, nr == SUPER_PAGES ? &d->pod_super : &d->pod_single, index);
    d->pod_pages += nr;
}

static uint64_t cache_get(struct model *m, struct domain *d, struct cell_list *list) {
    uint32_t index = list->head;
    uint64_t mfn = cell_at(&m->pool, index)->key;

    d->pod_pages -= cell_at(&m->pool, index)->nr;
    cell_list_remove(&m->pool, list, index);
    cell_free(&m->pool, index);
    return mfn;
}

static int cache_grow(struct model *m, struct domain *d, unsigned order) {
    const struct heap_request req = {.order = order, .node = HEAP_NO_NODE};
    struct heap_piece piece;

    if (!heap_alloc(m, d, &req, &piece))
        return -ENOMEM;
    if (domain_charge(m, d, &piece, order)) {
        heap_free(m, piece.mfn, 1ULL << order, false);
        return -ENOMEM;
    }
    cache_put(m, d, piece.mfn, 1U << order);
    return 0;
}

static void cache_shrink(struct model *m, struct domain *d) {
    struct cell_list *list = d->pod_super.head != CELL_NONE ? &d->pod_super : &d->pod_single;
    uint32_t nr = cell_at(&m->pool, list->head)->nr;
    uint64_t mfn = cache_get(m, d, list);

    d->tot_pages -= nr;
    heap_free(m, mfn, nr, m->config.scrub_freed);
}

int pod_set_target(struct model *m, struct domain *d, uint64_t target) {
    uint64_t populated = d->tot_pages - d->pod_pages;
    uint64_t wanted;

    if (target > d->max_pages)
        return -EINVAL;
    if ((populated && !d->pod_entries) || d->dying || target < d->tot_pages)
        return 0;
    wanted = target - populated;
    if (populated && wanted > d->pod_entries)
        wanted = d->pod_entries;
    while (d->pod_pages < wanted) {
        bool super = wanted - d->pod_pages >= SUPER_PAGES;

        if (!(super && cache_grow(m, d, SUPER_ORDER) == 0) && cache_grow(m, d, 0))
            return -ENOMEM;
    }
    while (d->pod_pages > wanted)
        cache_shrink(m, d);
    return 0;
}

int pod_mark(struct model *m, struct domain *d, uint64_t gfn, unsigned order) {
    if (p2m_any(m, d, gfn, 1ULL << order))
        return -EBUSY;
    return p2m_set(m, d, gfn, P2M_POD, order);
}

// A 2 MiB frame is broken up when there is no single one.
static bool cache_single(struct model *m, struct domain *d, uint64_t *ret) {
    if (d->pod_single.head == CELL_NONE) {
        uint64_t mfn;

        if (d->pod_super.head == CELL_NONE)
            return false;
        mfn = cache_get(m, d, &d->pod_super);
        for (unsigned i = 0; i < SUPER_PAGES; i++)
            cache_put(m, d, mfn + i, 1);
    }
    *ret = cache_get(m, d, &d->pod_single);
    return true;
}

int pod_populate(struct model *m, struct domain *d, uint64_t gfn) {
    struct p2m_entry entry;
    unsigned order = 0;
    uint64_t mfn;

    if (!p2m_lookup(m, d, gfn, &entry) || entry.mfn != P2M_POD)
        return -EINVAL;
    if (entry.leaf_order >= SUPER_ORDER && d->pod_super.head != CELL_NONE) {
        order = SUPER_ORDER;
        gfn &= ~(uint64_t)(SUPER_PAGES - 1);
        mfn = cache_get(m, d, &d->pod_super);
    } else if (!cache_single(m, d, &mfn)) {
        return -ENOMEM;
    }
    domain_list_pages(m, d, mfn, 1ULL << order);
    return p2m_set(m, d, gfn, mfn, order);
}
