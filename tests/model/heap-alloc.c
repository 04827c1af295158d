// Which block an allocation gets: windows, the claims' gate, passes, the walk over the nodes, the
// choice within a zone, the split. This is where a plausible simplification would place memory on
// the wrong node.
//
// In the pass that wants clean memory every dirty head that is met goes to the tail of its list,
// even when the allocation fails in the end.

#include "tests/model/claim.h"
#include "tests/model/domain.h"
#include "tests/model/heap.h"
#include "tests/model/model.h"
#include "tests/model/ranges.h"

struct search {
    struct model *m;
    struct domain *d;
    const struct heap_request *req;
    unsigned zone_low, zone_high;
    bool accept_dirty;
};

// The head of the smallest list that serves the request, or CELL_NONE; removes nothing.
static uint32_t zone_search(const struct search *s, uint32_t node, unsigned zone) {
    struct cell_pool *pool = &s->m->pool;

    for (unsigned order = s->req->order; order <= HEAP_MAX_ORDER; order++) {
        struct cell_list *list = &s->m->heap.free[node][zone][order];
        uint32_t index = list->head;

        if (index == CELL_NONE)
            continue;
        // A single dirty page is taken: scrubbing it is cheaper than breaking a bigger block.
        if (cell_at(pool, index)->tag == HEAP_CLEAN || s->accept_dirty || s->req->order == 0)
            return index;
        cell_list_remove(pool, list, index);
        cell_list_add_tail(pool, list, index);
    }
    return CELL_NONE;
}

static uint32_t node_search(const struct search *s, uint32_t node) {
    uint64_t nr = 1ULL << s->req->order;

    if (!claim_node_admits(s->m, s->d, node, nr, s->req->uncounted))
        return CELL_NONE;
    for (unsigned zone = s->zone_high; zone >= s->zone_low; zone--) {
        uint32_t index = CELL_NONE;

        if (s->m->heap.avail[node][zone] >= nr)
            index = zone_search(s, node, zone);
        if (index != CELL_NONE)
            return index;
    }
    return CELL_NONE;
}

static uint32_t mask_first(uint64_t mask) {
    return mask ? (uint32_t)__builtin_ctzll(mask) : HEAP_NO_NODE;
}

// The next node of the mask behind `node`, cyclic.
static uint32_t mask_cycle(uint64_t mask, uint32_t node) {
    uint64_t above = node >= HEAP_MAX_NODES - 1 ? 0 : mask & ~((2ULL << node) - 1);

    return mask_first(above ? above : mask);
}

// Visits the nodes of `mask` once, from `first`, in ascending cyclic order.
static uint32_t mask_search(const struct search *s, uint64_t mask, uint32_t first) {
    uint32_t node = first;

    if (!mask)
        return CELL_NONE;
    do {
        uint32_t index = node_search(s, node);

        if (index != CELL_NONE)
            return index;
        node = mask_cycle(mask, node);
    } while (node != first);
    return CELL_NONE;
}

// The walk over the nodes.
static uint32_t walk_search(const struct search *s) {
    uint64_t online = s->m->heap.online;
    uint64_t mask = online;
    uint32_t node = s->req->node;
    uint32_t index;

    if (s->d && (s->d->node_affinity & online))
        mask = s->d->node_affinity & online;
    if (node == HEAP_NO_NODE)
        node = s->d ? mask_cycle(mask, s->d->last_alloc_node) : s->m->config.local_node;
    else if (s->req->exact)
        return node < HEAP_MAX_NODES ? node_search(s, node) : CELL_NONE;
    if (node < HEAP_MAX_NODES && (mask & (1ULL << node))) {
        index = mask_search(s, mask, node);
    } else {
        index = node < HEAP_MAX_NODES ? node_search(s, node) : CELL_NONE;
        if (index == CELL_NONE)
            index = mask_search(s, mask, mask_first(mask));
    }
    if (index == CELL_NONE)
        index = mask_search(s, online & ~mask, mask_first(online & ~mask));
    return index;
}

// Keeps the topmost 2^order frames of the block and puts the rest on its lists.
static uint64_t block_split(struct model *m, uint32_t index, unsigned order) {
    struct cell block = *cell_at(&m->pool, index);
    uint32_t first_dirty = block.tag;
    uint64_t mfn = block.key;

    heap_block_remove(m, index);
    for (unsigned half = block.nr; half-- > order;) {
        uint32_t size = 1U << half;

        heap_block_insert(m, mfn, half, first_dirty < size ? first_dirty : HEAP_CLEAN);
        mfn += size;
        if (first_dirty != HEAP_CLEAN)
            first_dirty = first_dirty < size ? 0 : first_dirty - size;
    }
    return mfn;
}

static void piece_take(struct model *m, uint32_t index, unsigned order, struct heap_piece *ret) {
    struct heap *heap = &m->heap;
    uint64_t nr = 1ULL << order;

    ret->node = heap_node_of(heap, cell_at(&m->pool, index)->key);
    ret->mfn = block_split(m, index, order);
    ret->scrubbed = frames_remove(&m->pool, &heap->dirty, ret->mfn, ret->mfn + nr);
    heap->need_scrub[ret->node] -= ret->scrubbed;
    heap->avail[ret->node][heap_zone_of(ret->mfn)] -= nr;
    heap->total_free -= nr;
}

static bool window_alloc(struct search *s, struct heap_piece *ret) {
    uint64_t nr = 1ULL << s->req->order;
    uint32_t index;

    if (s->zone_low > s->zone_high || !claim_host_admits(s->m, s->d, nr, s->req->uncounted))
        return false;
    s->accept_dirty = s->req->no_scrub;
    index = walk_search(s);
    if (index == CELL_NONE && !s->req->no_scrub) {
        s->accept_dirty = true;
        index = walk_search(s);
    }
    if (index == CELL_NONE)
        return false;
    piece_take(s->m, index, s->req->order, ret);
    return true;
}

bool heap_alloc(struct model *m, struct domain *d, const struct heap_request *req,
                struct heap_piece *ret) {
    struct search s = {.m = m, .d = d, .req = req, .zone_high = HEAP_NR_ZONES - 1};
    bool done = false;

    if (req->order > HEAP_MAX_ORDER)
        return false;
    if (req->address_bits > 12 && req->address_bits - 12 < s.zone_high)
        s.zone_high = req->address_bits - 12;
    if (m->heap.dma_zone && m->heap.dma_zone < s.zone_high) {
        s.zone_low = m->heap.dma_zone + 1;
        done = window_alloc(&s, ret);
    }
    s.zone_low = 1;
    if (!done && !window_alloc(&s, ret))
        return false;
    if (d)
        d->last_alloc_node = ret->node;
    if (m->config.claims_at_alloc && d && !req->uncounted)
        claim_redeem(m, d, ret->node, 1ULL << req->order);
    return true;
}
