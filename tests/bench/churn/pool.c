// Taking extents one by one would be nearly all of the time that a simulation takes. But what Xen
// does with a request is known: it takes the top of the first of the smallest free blocks that are
// large enough, and goes on with what is left of that block, which is smaller. So the extents that
// it takes from a node, one after the other, are whole blocks, smallest first, and the top of the
// last one; these are taken at once here. The nodes' lists do not meet, so it does not matter that
// they do not take turns. In the same way what was taken downwards is freed as one.

#include "tests/bench/churn/pool.h"

#include <stdlib.h>

#define STEP_PARTS 64   // PAGING_STEP_PARTS
#define STEP_PAGES 1024 // PAGING_STEP_PAGES

static void blocks_add(struct pool *pool, const struct heap_piece *piece, unsigned order) {
    if (pool->nr == pool->capacity) {
        pool->capacity = pool->capacity ? 2 * pool->capacity : 64;
        pool->blocks = realloc(pool->blocks, pool->capacity * sizeof(*pool->blocks));
        if (!pool->blocks)
            abort();
    }
    pool->blocks[pool->nr++] = (struct pool_block){piece->mfn, piece->node, order};
    pool->pages += 1ULL << order;
}

// The order of the block from which the node's next extent comes; HEAP_MAX_ORDER + 1: none.
static unsigned next_order(const struct heap *heap, uint32_t node, unsigned order,
                           unsigned lowest_zone) {
    for (unsigned zone = HEAP_NR_ZONES; zone-- > lowest_zone;)
        for (unsigned o = order; heap->avail[node][zone] >= 1ULL << order && o <= HEAP_MAX_ORDER;
             o++)
            if (heap->free[node][zone][o].head != CELL_NONE)
                return o;
    return HEAP_MAX_ORDER + 1;
}

// Takes up to `nr` extents from zones down to the lowest one. Returns how many.
static uint64_t node_take(struct machine *machine, struct pool *pool, uint32_t node, unsigned order,
                          uint64_t nr, unsigned lowest_zone) {
    uint64_t left = nr;

    while (left) {
        unsigned block = next_order(&machine->m->heap, node, order, lowest_zone);
        struct heap_request req = {.node = node, .exact = true, .no_scrub = true};
        struct heap_piece piece;

        if (block > HEAP_MAX_ORDER)
            break;
        while (1ULL << (block - order) > left)
            block--;
        req.order = block;
        if (!heap_alloc(machine->m, NULL, &req, &piece))
            break;
        blocks_add(pool, &piece, block);
        left -= 1ULL << (block - order);
    }
    return nr - left;
}

static uint32_t node_behind(nodeset nodes, uint32_t node) {
    nodeset above = node < HOST_MAX_NODES - 1 ? nodes >> (node + 1) << (node + 1) : 0;

    return nodeset_first(above ? above : nodes);
}

// From the nodes in turn, those that run out left out.
static uint64_t nodes_take(struct machine *machine, struct pool *pool, unsigned order, uint64_t nr,
                           nodeset nodes, unsigned lowest_zone, uint32_t *last) {
    uint64_t left = nr;

    while (left && nodes) {
        unsigned count = nodeset_count(nodes);
        uint64_t each = left / count, more = left % count;
        nodeset full = 0;

        for (unsigned i = 0; i < count && (each || i < more); i++) {
            uint32_t node = node_behind(nodes, *last);
            uint64_t want = each + (i < more);
            uint64_t got = node_take(machine, pool, node, order, want, lowest_zone);

            *last = node;
            full |= got < want ? nodeset_of(node) : 0;
            left -= got;
        }
        nodes &= ~full;
    }
    return nr - left;
}

// Xen always begins with the lowest of the nodes that are not asked for.
static uint64_t others_take(struct machine *machine, struct pool *pool, unsigned order, uint64_t nr,
                            nodeset others, unsigned lowest_zone, uint32_t *last) {
    uint64_t got = 0;

    for (; others && got < nr; others &= others - 1) {
        uint32_t node = nodeset_first(others);
        uint64_t here = node_take(machine, pool, node, order, nr - got, lowest_zone);

        *last = here ? node : *last;
        got += here;
    }
    return got;
}

uint64_t pool_take(struct machine *machine, struct pool *pool, unsigned order, uint64_t nr,
                   const struct pool_source *from) {
    const struct heap *heap = &machine->m->heap;
    nodeset others = from->exact ? 0 : heap->online & ~from->nodes;
    uint64_t got = 0;

    // First without what is kept for devices, on whatever node.
    for (unsigned low = 0; low < 2; low++) {
        unsigned zone = low ? 1 : heap->dma_zone + 1;

        got += nodes_take(machine, pool, order, nr - got, from->nodes, zone, from->last);
        got += others_take(machine, pool, order, nr - got, others, zone, from->last);
    }
    return got;
}

// Frees the frames [first, end) as if one by one from the top.
static void frames_free(struct machine *machine, uint64_t first, uint64_t end) {
    while (first < end) {
        unsigned order = HEAP_MAX_ORDER;

        while (end & ((1ULL << order) - 1) || end - first < 1ULL << order)
            order--;
        end -= 1ULL << order;
        heap_free_block(machine->m, end, order, true);
    }
}

// Frees the first `nr` blocks.
static void blocks_free(struct machine *machine, struct pool *pool, size_t nr) {
    for (size_t i = 0; i < nr;) {
        const struct pool_block *block = &pool->blocks[i];
        uint64_t first = block->mfn, end = block->mfn + (1ULL << block->order);

        for (i++; i < nr; i++) {
            block = &pool->blocks[i];
            if (block->mfn + (1ULL << block->order) != first ||
                block->node != pool->blocks[i - 1].node)
                break;
            first = block->mfn;
        }
        frames_free(machine, first, end);
        pool->pages -= end - first;
    }
    pool->nr -= nr;
    for (size_t i = 0; i < pool->nr; i++)
        pool->blocks[i] = pool->blocks[i + nr];
}

bool pool_turn(struct machine *machine, struct pool *pool, const struct pool_source *to) {
    uint64_t all = pool->pages, turned = 0;
    uint64_t step = all / STEP_PARTS > STEP_PAGES ? all / STEP_PARTS : STEP_PAGES;
    bool done = true;

    while (turned < all && done) {
        uint64_t pages = 0;
        size_t nr = 0;

        while (nr < pool->nr && pages < step && turned + pages < all)
            pages += 1ULL << pool->blocks[nr++].order;
        blocks_free(machine, pool, nr);
        done = pool_take(machine, pool, 0, pages, to) == pages;
        turned += pages;
    }
    return done;
}

void pool_free(struct machine *machine, struct pool *pool) {
    blocks_free(machine, pool, pool->nr);
    free(pool->blocks);
    *pool = (struct pool){.nr = 0};
}
