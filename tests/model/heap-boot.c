// How memory gets into the allocator at boot, and how idle CPUs clean it.
//
// The order in which ranges arrive and the four frames that every later node loses decide which
// gigabyte a guest gets first, so both are kept. After the idle scrub no frame of a node is dirty.

#include "tests/model/heap.h"
#include "tests/model/model.h"
#include "tests/model/ranges.h"

#include <string.h>

#define PAGE_SHIFT 12

// Xen's own choice: a quarter of the first node that has memory below 4 GiB, at most 4 GiB.
static unsigned dma_bits_auto(const struct heap *heap) {
    uint64_t first, span;
    unsigned bits;

    if (!(heap->online & (heap->online - 1)) || !heap->nr_regions)
        return 0;
    span = heap_node_span(heap, heap->region[0].node, &first);
    bits = heap_zone_of(first + span / 4 - 1) + PAGE_SHIFT;
    return bits < 32 ? bits : 32;
}

void heap_init(struct model *m, const struct heap_region *regions, unsigned nr, uint64_t online,
               unsigned dma_bits) {
    struct heap *heap = &m->heap;

    memset(heap, 0, sizeof(*heap));
    heap->online = online;
    heap->nr_regions = nr;
    memcpy(heap->region, regions, nr * sizeof(*regions));
    if (dma_bits == HEAP_DMA_AUTO)
        dma_bits = dma_bits_auto(heap);
    heap->dma_zone = dma_bits > PAGE_SHIFT ? dma_bits - PAGE_SHIFT : 0;
}

// Takes the node's metadata from the range that initialises the node: from its end if the start
// could head a gigabyte and the end is aligned no better.
static void metadata_take(struct model *m, uint32_t node, uint64_t *first, uint64_t *end) {
    bool is_first_node = m->heap.initialised == 0;

    if (m->heap.initialised & (1ULL << node))
        return;
    m->heap.initialised |= 1ULL << node;
    if (is_first_node || *end - *first < HEAP_NODE_METADATA)
        return;
    if (!(*first & ((1ULL << HEAP_MAX_ORDER) - 1)) &&
        __builtin_ctzll(*end) <= __builtin_ctzll(*first))
        *end -= HEAP_NODE_METADATA;
    else
        *first += HEAP_NODE_METADATA;
}

void heap_boot_range(struct model *m, uint64_t first, uint64_t end) {
    if (first == 0) // frame 0 is never given out
        first = 1;
    while (first < end) {
        uint32_t node = heap_node_of(&m->heap, first);
        uint64_t from = first;
        uint64_t to = end;

        for (unsigned i = 0; i < m->heap.nr_regions; i++)
            if (first >= m->heap.region[i].first && first < m->heap.region[i].end &&
                to > m->heap.region[i].end)
                to = m->heap.region[i].end;
        first = to;
        metadata_take(m, node, &from, &to);
        heap_free(m, from, to - from, true);
    }
}

void heap_boot(struct model *m, uint32_t cpu0_node) {
    struct heap *heap = &m->heap;
    unsigned first = 0;

    while (first < heap->nr_regions && heap->region[first].node != cpu0_node)
        first++;
    if (first < heap->nr_regions)
        heap_boot_range(m, heap->region[first].first, heap->region[first].end);
    for (unsigned i = heap->nr_regions; i-- > 0;)
        if (i != first)
            heap_boot_range(m, heap->region[i].first, heap->region[i].end);
}

// Scrubs the block as far as `frames` allows. Only a finished block changes its place.
static uint64_t block_scrub(struct model *m, uint32_t node, uint32_t index, uint64_t frames) {
    struct cell *block = cell_at(&m->pool, index);
    uint64_t end = block->key + (1ULL << block->nr);
    uint64_t done = 0;

    while (done < frames) {
        uint64_t from = frames_first(&m->pool, m->heap.dirty, block->key, end);
        uint64_t nr = end - from < frames - done ? end - from : frames - done;

        if (from == end)
            break;
        done += frames_remove(&m->pool, &m->heap.dirty, from, from + nr);
    }
    m->heap.need_scrub[node] -= done;
    block->tag = (uint32_t)(frames_first(&m->pool, m->heap.dirty, block->key, end) - block->key);
    if (block->tag == 1U << block->nr) {
        struct cell_list *list = heap_list(&m->heap, block->key, block->nr);

        block->tag = HEAP_CLEAN;
        cell_list_remove(&m->pool, list, index);
        cell_list_add_head(&m->pool, list, index);
    }
    return done;
}

uint64_t heap_idle_scrub(struct model *m, uint32_t node, uint64_t frames) {
    uint64_t done = 0;

    for (unsigned zone = 0; zone < HEAP_NR_ZONES; zone++) {
        for (unsigned order = HEAP_MAX_ORDER + 1; order-- > 0;) {
            struct cell_list *list = &m->heap.free[node][zone][order];

            while (list->tail != CELL_NONE && cell_at(&m->pool, list->tail)->tag != HEAP_CLEAN) {
                if (m->heap.need_scrub[node] && done == frames)
                    return done;
                done += block_scrub(m, node, list->tail, frames - done);
            }
        }
    }
    return done;
}

void heap_idle_scrub_all(struct model *m) {
    for (uint32_t node = 0; node < HEAP_MAX_NODES; node++)
        if (m->heap.online & (1ULL << node))
            heap_idle_scrub(m, node, UINT64_MAX);
}
