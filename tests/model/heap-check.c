// The invariants of 9.7, checked by walking everything: for tests, after each step.

#include "tests/model/claim.h"
#include "tests/model/domain.h"
#include "tests/model/heap.h"
#include "tests/model/model.h"
#include "tests/model/ranges.h"

static const char *block_check(struct model *m, uint32_t index, uint32_t node, unsigned zone,
                               unsigned order) {
    const struct cell *block = cell_at(&m->pool, index);
    uint64_t size = 1ULL << order;
    uint64_t first_dirty =
        frames_first(&m->pool, m->heap.dirty, block->key, block->key + size) - block->key;
    uint32_t buddy;

    if (block->nr != order || cell_tree_find(&m->pool, m->heap.blocks, block->key) != index)
        return "a block is on the wrong list or not in the tree";
    if (block->key & (size - 1))
        return "a block is not aligned";
    if (heap_node_of(&m->heap, block->key) != node ||
        heap_node_of(&m->heap, block->key + size - 1) != node)
        return "a block is on another node's list";
    if (heap_zone_of(block->key) != zone)
        return "a block is on another zone's list";
    if (first_dirty < size && (block->tag == HEAP_CLEAN || block->tag > first_dirty))
        return "a dirty frame is before the bound of its block";
    buddy = cell_tree_find(&m->pool, m->heap.blocks, block->key ^ size);
    if (order < HEAP_MAX_ORDER && buddy != CELL_NONE && cell_at(&m->pool, buddy)->nr == order &&
        heap_node_of(&m->heap, block->key ^ size) == node)
        return "two free buddies have not been merged";
    return NULL;
}

static const char *list_check(struct model *m, uint32_t node, unsigned zone, unsigned order,
                              uint64_t *frames) {
    const struct cell_list *list = &m->heap.free[node][zone][order];
    bool dirty_seen = false;

    for (uint32_t i = list->head; i != CELL_NONE; i = cell_at(&m->pool, i)->next) {
        const char *wrong = block_check(m, i, node, zone, order);
        bool dirty = cell_at(&m->pool, i)->tag != HEAP_CLEAN;

        if (wrong)
            return wrong;
        if (dirty_seen && !dirty)
            return "a clean block is behind a dirty one";
        dirty_seen = dirty;
        *frames += 1ULL << order;
    }
    return NULL;
}

static const char *node_check(struct model *m, uint32_t node, uint64_t *total, uint64_t *dirty) {
    uint64_t node_dirty = 0;

    for (unsigned zone = 0; zone < HEAP_NR_ZONES; zone++) {
        uint64_t frames = 0;

        for (unsigned order = 0; order <= HEAP_MAX_ORDER; order++) {
            const char *wrong = list_check(m, node, zone, order, &frames);

            if (wrong)
                return wrong;
        }
        if (frames != m->heap.avail[node][zone])
            return "a zone's free count is not the sum of its lists";
        *total += frames;
    }
    for (unsigned i = 0; i < m->heap.nr_regions; i++)
        if (m->heap.region[i].node == node)
            node_dirty += frames_count(&m->pool, m->heap.dirty, m->heap.region[i].first,
                                       m->heap.region[i].end);
    if (node_dirty != m->heap.need_scrub[node])
        return "a node's scrub count is not the number of its dirty frames";
    *dirty += node_dirty;
    return NULL;
}

static uint64_t list_frames(struct model *m, const struct cell_list *list) {
    uint64_t sum = 0;

    for (uint32_t i = list->head; i != CELL_NONE; i = cell_at(&m->pool, i)->next)
        sum += cell_at(&m->pool, i)->nr;
    return sum;
}

static uint64_t tables_count(struct model *m, const struct domain *d) {
    uint64_t count = 0;

    for (uint32_t i = cell_tree_ceil(&m->pool, d->tables, 0); i != CELL_NONE;
         i = cell_tree_ceil(&m->pool, d->tables, cell_at(&m->pool, i)->key + 1))
        count++;
    return count;
}

static const char *domains_check(struct model *m) {
    uint64_t total = 0;
    uint64_t node_sum[HEAP_MAX_NODES] = {0};

    for (unsigned i = 0; i < DOMAIN_MAX; i++) {
        const struct domain *d = &m->domain[i];

        if (!d->in_use)
            continue;
        total += claim_outstanding(d);
        for (unsigned node = 0; node < HEAP_MAX_NODES; node++)
            node_sum[node] += d->claim_node[node];
        if (list_frames(m, &d->pages) + d->pod_pages != d->tot_pages)
            return "a domain's pages do not add up to its total";
        if (list_frames(m, &d->pod_super) + list_frames(m, &d->pod_single) != d->pod_pages)
            return "a domain's cache does not add up";
        if (list_frames(m, &d->pool) + d->pool_used != d->pool_pages ||
            tables_count(m, d) != d->pool_used)
            return "a domain's paging pool does not add up";
        if (d->tot_pages > d->max_pages)
            return "a domain has more than it may";
    }
    if (total != m->heap.claimed_total)
        return "the claims of all domains do not add up";
    for (unsigned node = 0; node < HEAP_MAX_NODES; node++)
        if (node_sum[node] != m->heap.claimed[node])
            return "a node's claims do not add up";
    return m->heap.claimed_total > m->heap.total_free ? "more is claimed than free" : NULL;
}

const char *heap_check(struct model *m) {
    uint64_t total = 0;
    uint64_t dirty = 0;

    for (uint32_t node = 0; node < HEAP_MAX_NODES; node++) {
        const char *wrong = node_check(m, node, &total, &dirty);

        if (wrong)
            return wrong;
    }
    if (total != m->heap.total_free)
        return "the lists do not add up to the free count";
    if (dirty != frames_count(&m->pool, m->heap.dirty, 0, UINT64_MAX - 1))
        return "a frame outside the nodes is dirty";
    return domains_check(m);
}
