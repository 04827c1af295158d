// Taking single pages one by one would be nearly all of the time that a simulation takes. But what
// Xen does with a request for a page is known: it takes the topmost page of the first of the
// smallest free blocks, and goes on with what is left of that block, which is smaller. So the pages
// that it takes from a node, one after the other, are whole blocks, smallest first, and the top of
// the last one; these are taken at once here. The nodes' lists do not meet, so it does not matter
// that they do not take turns.

#include "tests/bench/churn/pool.h"

#include <stdlib.h>

#define STEP_PARTS 64   // PAGING_STEP_PARTS
#define STEP_PAGES 1024 // PAGING_STEP_PAGES

static void blocks_add(struct pool *pool, uint64_t mfn, unsigned order) {
    if (pool->nr == pool->capacity) {
        pool->capacity = pool->capacity ? 2 * pool->capacity : 64;
        pool->blocks = realloc(pool->blocks, pool->capacity * sizeof(*pool->blocks));
        if (!pool->blocks)
            abort();
    }
    pool->blocks[pool->nr++] = (struct pool_block){mfn, order};
    pool->pages += 1ULL << order;
}

// The order of the block from which the node's next page comes; HEAP_MAX_ORDER + 1: none.
static unsigned next_order(const struct heap *heap, uint32_t node, unsigned lowest_zone) {
    for (unsigned zone = HEAP_NR_ZONES; zone-- > lowest_zone;)
        for (unsigned order = 0; heap->avail[node][zone] && order <= HEAP_MAX_ORDER; order++)
            if (heap->free[node][zone][order].head != CELL_NONE)
                return order;
    return HEAP_MAX_ORDER + 1;
}

// Takes up to `pages`, from zones down to the lowest one. Returns how many.
static uint64_t node_take(struct machine *machine, struct pool *pool, uint32_t node, uint64_t pages,
                          unsigned lowest_zone) {
    uint64_t left = pages;

    while (left) {
        unsigned order = next_order(&machine->m->heap, node, lowest_zone);
        struct heap_request req = {.node = node, .exact = true, .no_scrub = true};
        struct heap_piece piece;

        if (order > HEAP_MAX_ORDER)
            break;
        while (1ULL << order > left)
            order--;
        req.order = order;
        if (!heap_alloc(machine->m, NULL, &req, &piece))
            break;
        blocks_add(pool, piece.mfn, order);
        left -= 1ULL << order;
    }
    return pages - left;
}

static uint32_t node_behind(nodeset nodes, uint32_t node) {
    nodeset above = node < HOST_MAX_NODES - 1 ? nodes >> (node + 1) << (node + 1) : 0;

    return nodeset_first(above ? above : nodes);
}

// From the nodes in turn, those that run out left out. Returns what is missing.
static uint64_t nodes_take(struct machine *machine, struct pool *pool, uint64_t pages,
                           nodeset nodes, unsigned lowest_zone, uint32_t *last) {
    while (pages && nodes) {
        unsigned nr = nodeset_count(nodes);
        uint64_t each = pages / nr, more = pages % nr;
        nodeset full = 0;

        for (unsigned i = 0; i < nr; i++) {
            uint64_t want = each + (i < more);
            uint64_t got;

            *last = node_behind(nodes, *last);
            got = node_take(machine, pool, *last, want, lowest_zone);
            full |= got < want ? nodeset_of(*last) : 0;
            pages -= got;
        }
        nodes &= ~full;
    }
    return pages;
}

bool pool_grow(struct machine *machine, struct pool *pool, uint64_t pages, nodeset nodes,
               uint32_t *last) {
    const struct heap *heap = &machine->m->heap;
    nodeset others = heap->online & ~nodes;

    for (unsigned low = 0; low < 2 && pages; low++) {
        unsigned zone = low ? 1 : heap->dma_zone + 1;

        pages = nodes_take(machine, pool, pages, nodes, zone, last);
        pages = nodes_take(machine, pool, pages, others, zone, last);
    }
    return !pages;
}

// Frees the first `nr` blocks.
static void blocks_free(struct machine *machine, struct pool *pool, size_t nr) {
    for (size_t i = 0; i < nr; i++) {
        heap_free_block(machine->m, pool->blocks[i].mfn, pool->blocks[i].order, true);
        pool->pages -= 1ULL << pool->blocks[i].order;
    }
    pool->nr -= nr;
    for (size_t i = 0; i < pool->nr; i++)
        pool->blocks[i] = pool->blocks[i + nr];
}

bool pool_turn(struct machine *machine, struct pool *pool, nodeset nodes, uint32_t *last) {
    uint64_t all = pool->pages, turned = 0;
    uint64_t step = all / STEP_PARTS > STEP_PAGES ? all / STEP_PARTS : STEP_PAGES;
    bool done = true;

    while (turned < all && done) {
        uint64_t pages = 0;
        size_t nr = 0;

        while (nr < pool->nr && pages < step && turned + pages < all)
            pages += 1ULL << pool->blocks[nr++].order;
        blocks_free(machine, pool, nr);
        done = pool_grow(machine, pool, pages, nodes, last);
        turned += pages;
    }
    return done;
}

void pool_free(struct machine *machine, struct pool *pool) {
    blocks_free(machine, pool, pool->nr);
    free(pool->blocks);
    *pool = (struct pool){.nr = 0};
}
