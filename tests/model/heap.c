// The free blocks and what moves them: insertion, merging, the order in the lists.
//
// A free block is a cell: `key` its first mfn, `nr` its order, `tag` the offset of the first frame
// that may be dirty, or HEAP_CLEAN. As in Xen that offset is a bound, kept up by cheap rules when
// blocks merge and split; which frames are really dirty is in the set `dirty`. What always holds is
// checked by heap_check.
//
// Freeing page by page, as Xen does when a domain dies, is done block by block: until its last
// frame is free an aligned block cannot merge with anything outside it, so the result is the same.

#include "tests/model/heap.h"
#include "tests/model/model.h"
#include "tests/model/ranges.h"

#include <stdio.h>
#include <stdlib.h>

unsigned heap_zone_of(uint64_t mfn) {
    return mfn ? 64U - (unsigned)__builtin_clzll(mfn) : 0;
}

uint32_t heap_node_of(const struct heap *heap, uint64_t mfn) {
    unsigned low = 0, high = heap->nr_regions;

    while (low < high) {
        unsigned mid = (low + high) / 2;

        if (mfn >= heap->region[mid].end)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == heap->nr_regions || mfn < heap->region[low].first)
        return HEAP_NO_NODE;
    return heap->region[low].node;
}

uint64_t heap_node_span(const struct heap *heap, uint32_t node, uint64_t *ret_first) {
    uint64_t end = 0;

    *ret_first = 0;
    for (uint32_t i = 0; i < heap->nr_regions; i++) {
        if (heap->region[i].node != node)
            continue;
        if (!end && heap->region[i].first > HEAP_FIRST_FRAME)
            *ret_first = heap->region[i].first;
        end = heap->region[i].end;
    }
    return end ? end - *ret_first : 0;
}

uint64_t heap_node_free(const struct heap *heap, uint32_t node) {
    uint64_t sum = 0;

    for (unsigned zone = 0; zone < HEAP_NR_ZONES; zone++)
        sum += heap->avail[node][zone];
    return sum;
}

struct cell_list *heap_list(struct heap *heap, uint64_t mfn, unsigned order) {
    uint32_t node = heap_node_of(heap, mfn);

    if (node == HEAP_NO_NODE) {
        fprintf(stderr, "model: frame %#llx is on no node\n", (unsigned long long)mfn);
        abort();
    }
    return &heap->free[node][heap_zone_of(mfn)][order];
}

// Clean blocks go to the head, dirty ones to the tail.
void heap_block_insert(struct model *m, uint64_t mfn, unsigned order, uint32_t first_dirty) {
    uint32_t index = cell_new(&m->pool);
    struct cell *block = cell_at(&m->pool, index);
    struct cell_list *list = heap_list(&m->heap, mfn, order);

    block->key = mfn;
    block->nr = order;
    block->tag = first_dirty;
    cell_tree_insert(&m->pool, &m->heap.blocks, index);
    if (first_dirty == HEAP_CLEAN)
        cell_list_add_head(&m->pool, list, index);
    else
        cell_list_add_tail(&m->pool, list, index);
}

void heap_block_remove(struct model *m, uint32_t index) {
    const struct cell *block = cell_at(&m->pool, index);

    cell_list_remove(&m->pool, heap_list(&m->heap, block->key, block->nr), index);
    cell_tree_remove(&m->pool, &m->heap.blocks, index);
    cell_free(&m->pool, index);
}

// What the merged block's bound becomes.
static uint32_t merged_first_dirty(uint32_t lower, uint32_t upper, unsigned order) {
    if (lower == HEAP_CLEAN && upper != HEAP_CLEAN)
        return upper + (1U << order);
    return lower;
}

// Merges the block with its free buddies upwards and inserts the result.
static void block_merge_insert(struct model *m, uint64_t mfn, unsigned order,
                               uint32_t first_dirty) {
    uint32_t node = heap_node_of(&m->heap, mfn);

    while (order < HEAP_MAX_ORDER) {
        uint64_t buddy_mfn = mfn ^ (1ULL << order);
        uint32_t index = cell_tree_find(&m->pool, m->heap.blocks, buddy_mfn);
        uint32_t buddy_dirty;

        if (index == CELL_NONE || cell_at(&m->pool, index)->nr != order ||
            heap_node_of(&m->heap, buddy_mfn) != node)
            break;
        buddy_dirty = cell_at(&m->pool, index)->tag;
        heap_block_remove(m, index);
        first_dirty = buddy_mfn < mfn ? merged_first_dirty(buddy_dirty, first_dirty, order)
                                      : merged_first_dirty(first_dirty, buddy_dirty, order);
        mfn &= ~(1ULL << order);
        order++;
    }
    heap_block_insert(m, mfn, order, first_dirty);
}

void heap_free_block(struct model *m, uint64_t mfn, unsigned order, bool dirty) {
    struct heap *heap = &m->heap;
    uint32_t node = heap_node_of(heap, mfn);
    uint64_t nr = 1ULL << order;

    if (node == HEAP_NO_NODE || mfn & (nr - 1)) {
        fprintf(stderr, "model: bad block freed: %#llx order %u\n", (unsigned long long)mfn, order);
        abort();
    }
    heap->avail[node][heap_zone_of(mfn)] += nr;
    heap->total_free += nr;
    if (dirty)
        heap->need_scrub[node] += frames_add(&m->pool, &heap->dirty, mfn, mfn + nr);
    block_merge_insert(m, mfn, order, dirty ? 0 : HEAP_CLEAN);
}

void heap_free(struct model *m, uint64_t first, uint64_t nr, bool dirty) {
    uint64_t end = first + nr;

    while (first < end) {
        unsigned order = HEAP_MAX_ORDER;

        while ((first & ((1ULL << order) - 1)) || first + (1ULL << order) > end)
            order--;
        heap_free_block(m, first, order, dirty);
        first += 1ULL << order;
    }
}

void heap_reserve(struct model *m, uint64_t first, uint64_t end) {
    while (first < end) {
        uint32_t index = cell_tree_floor(&m->pool, m->heap.blocks, first);
        struct cell block = *cell_at(&m->pool, index);
        uint64_t block_end = block.key + (1ULL << block.nr);
        uint64_t stop = end < block_end ? end : block_end;
        uint32_t node = heap_node_of(&m->heap, first);
        bool dirty = block.tag != HEAP_CLEAN;

        if (index == CELL_NONE || block_end <= first) {
            fprintf(stderr, "model: frame %#llx is not free\n", (unsigned long long)first);
            abort();
        }
        heap_block_remove(m, index);
        m->heap.avail[node][heap_zone_of(first)] -= 1ULL << block.nr;
        m->heap.total_free -= 1ULL << block.nr;
        m->heap.need_scrub[node] -= frames_remove(&m->pool, &m->heap.dirty, block.key, block_end);
        heap_free(m, block.key, first - block.key, dirty);
        heap_free(m, stop, block_end - stop, dirty);
        first = stop;
    }
}
