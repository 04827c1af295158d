// Of a block that is filled all frames are populated, of any other those that have arrived. So one
// bit for each frame and a few bytes for each block say all.

#include "lib/memory/arrivals.h"

#include <errno.h>
#include <stdlib.h>

#define BLOCK_PAGES ASSIGN_SUPERPAGE_PAGES
#define BLOCK_WORDS (BLOCK_PAGES / 64)
#define GIB_BLOCKS (ASSIGN_GIB_PAGES / BLOCK_PAGES)
#define NODELESS HOST_MAX_NODES // index of the counts that have no node

static uint64_t pieces_end(const struct pieces *pieces, const struct ranges *ranges) {
    uint64_t end = 0;

    for (size_t i = 0; i < pieces->nr; i++) {
        const struct piece *piece = &pieces->list[i];
        uint64_t last = piece->gfn + (piece->nr_runs - 1) * piece->stride_pages + piece->run_pages;

        end = last > end ? last : end;
    }
    for (size_t i = 0; i < ranges->nr; i++) {
        uint64_t last = ranges->list[i].gfn + ranges->list[i].nr_pages;

        end = last > end ? last : end;
    }
    return end;
}

// Blocks that lie in the run as a whole are planned on its node; those of which it has a part are
// not planned as a whole.
static void plan_run(struct arrivals *arrivals, uint64_t gfn, uint64_t nr_pages, int node) {
    uint64_t first = (gfn + BLOCK_PAGES - 1) / BLOCK_PAGES, end = (gfn + nr_pages) / BLOCK_PAGES;

    if (gfn % BLOCK_PAGES)
        arrivals->block[gfn / BLOCK_PAGES].whole = false;
    if ((gfn + nr_pages) % BLOCK_PAGES)
        arrivals->block[end].whole = false;
    for (uint64_t i = first; i < end; i++) {
        arrivals->block[i].whole = true;
        arrivals->block[i].planned = (int8_t)node;
    }
}

int arrivals_init(struct arrivals *arrivals, const struct pieces *pieces,
                  const struct ranges *ranges, int rest_node, struct error *err) {
    arrivals->pieces = pieces;
    arrivals->nr_blocks = (pieces_end(pieces, ranges) + BLOCK_PAGES - 1) / BLOCK_PAGES;
    arrivals->block = calloc(arrivals->nr_blocks + 1, sizeof(*arrivals->block));
    arrivals->arrived = calloc(arrivals->nr_blocks + 1, BLOCK_WORDS * sizeof(uint64_t));
    if (!arrivals->block || !arrivals->arrived)
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    for (size_t i = 0; i < ranges->nr; i++)
        plan_run(arrivals, ranges->list[i].gfn, ranges->list[i].nr_pages, rest_node);
    for (size_t i = 0; i < pieces->nr; i++) {
        const struct piece *piece = &pieces->list[i];

        for (uint64_t run = 0; run < piece->nr_runs; run++)
            plan_run(arrivals, piece->gfn + run * piece->stride_pages, piece->run_pages,
                     piece->node);
    }
    return 0;
}

void arrivals_done(struct arrivals *arrivals) {
    free(arrivals->block);
    free(arrivals->arrived);
    arrivals->block = NULL;
    arrivals->arrived = NULL;
}

static bool in_piece(const struct piece *piece, uint64_t gfn) {
    uint64_t run;

    if (gfn < piece->gfn)
        return false;
    run = piece->stride_pages ? (gfn - piece->gfn) / piece->stride_pages : 0;
    return run < piece->nr_runs && gfn - piece->gfn - run * piece->stride_pages < piece->run_pages;
}

static struct arrival_block *block_of(const struct arrivals *arrivals, uint64_t gfn) {
    return gfn / BLOCK_PAGES < arrivals->nr_blocks ? &arrivals->block[gfn / BLOCK_PAGES] : NULL;
}

int arrivals_planned(const struct arrivals *arrivals, uint64_t gfn) {
    const struct arrival_block *block = block_of(arrivals, gfn);

    if (block && block->whole)
        return block->planned;
    for (size_t i = 0; i < arrivals->pieces->nr && block; i++) {
        if (in_piece(&arrivals->pieces->list[i], gfn))
            return arrivals->pieces->list[i].node;
    }
    return ARRIVALS_UNKNOWN;
}

static bool has_arrived(const struct arrivals *arrivals, uint64_t gfn) {
    return arrivals->arrived[gfn / 64] >> gfn % 64 & 1;
}

bool arrivals_populated(const struct arrivals *arrivals, uint64_t gfn) {
    const struct arrival_block *block = block_of(arrivals, gfn);

    return block && (block->filled || has_arrived(arrivals, gfn));
}

static bool is_empty(const struct arrivals *arrivals, uint64_t index) {
    if (arrivals->block[index].filled)
        return false;
    for (uint64_t word = 0; word < BLOCK_WORDS; word++) {
        if (arrivals->arrived[index * BLOCK_WORDS + word])
            return false;
    }
    return true;
}

bool arrivals_fits(const struct arrivals *arrivals, uint64_t gfn, enum extent_size size) {
    uint64_t nr = size == EXTENT_1G ? GIB_BLOCKS : 1;
    uint64_t first = gfn / BLOCK_PAGES / nr * nr;

    if (size == EXTENT_4K)
        return true;
    if (first + nr > arrivals->nr_blocks)
        return false;
    for (uint64_t i = first; i < first + nr; i++) {
        const struct arrival_block *block = &arrivals->block[i];

        if (!block->whole || block->planned != arrivals->block[first].planned ||
            !is_empty(arrivals, i))
            return false;
    }
    return true;
}

static struct extent_counts *counts_of(struct arrivals *arrivals, int node) {
    return &arrivals->counts[node < 0 ? NODELESS : (unsigned)node];
}

void arrivals_fill(struct arrivals *arrivals, uint64_t gfn, enum extent_size size, int node) {
    uint64_t nr = size == EXTENT_1G ? GIB_BLOCKS : 1;
    uint64_t first = gfn / BLOCK_PAGES / nr * nr;

    if (arrivals_planned(arrivals, gfn) != ARRIVALS_UNKNOWN)
        counts_of(arrivals, node)->extents[size]++;
    if (size == EXTENT_4K) {
        if (block_of(arrivals, gfn))
            arrivals->arrived[gfn / 64] |= 1ULL << gfn % 64;
        return;
    }
    for (uint64_t i = first; i < first + nr; i++) {
        arrivals->block[i].filled = true;
        arrivals->block[i].giant = size == EXTENT_1G;
        arrivals->block[i].from = (int8_t)node;
    }
    arrivals->extra_pages += extent_pages(size);
}

void arrivals_arrive(struct arrivals *arrivals, uint64_t gfn) {
    const struct arrival_block *block = block_of(arrivals, gfn);

    if (!block || has_arrived(arrivals, gfn))
        return;
    arrivals->arrived[gfn / 64] |= 1ULL << gfn % 64;
    arrivals->extra_pages -= block->filled ? 1 : 0;
}

// --- what never arrived ---

// Frames of a block that are populated and have not arrived.
static unsigned extra_of(const struct arrivals *arrivals, uint64_t index) {
    unsigned nr = 0;

    for (uint64_t word = 0; word < BLOCK_WORDS && arrivals->block[index].filled; word++)
        nr += (unsigned)__builtin_popcountll(~arrivals->arrived[index * BLOCK_WORDS + word]);
    return nr;
}

// Xen makes extents of 2 MiB of one of 1 GiB that is no longer whole.
static void split_giant(struct arrivals *arrivals, uint64_t index) {
    uint64_t first = index / GIB_BLOCKS * GIB_BLOCKS;
    struct extent_counts *counts = counts_of(arrivals, arrivals->block[index].from);

    counts->extents[EXTENT_1G]--;
    counts->extents[EXTENT_2M] += GIB_BLOCKS;
    for (uint64_t i = first; i < first + GIB_BLOCKS; i++)
        arrivals->block[i].giant = false;
}

static int take_block(struct arrivals *arrivals, uint64_t index, unsigned extra,
                      struct ranges *ret) {
    struct arrival_block *block = &arrivals->block[index];
    struct extent_counts *counts = counts_of(arrivals, block->from);
    int rc = 0;

    for (uint64_t gfn = index * BLOCK_PAGES; gfn < (index + 1) * BLOCK_PAGES && !rc; gfn++) {
        if (!has_arrived(arrivals, gfn))
            rc = ranges_add(ret, gfn, 1);
    }
    if (block->giant)
        split_giant(arrivals, index);
    counts->extents[EXTENT_2M]--;
    counts->extents[EXTENT_4K] += BLOCK_PAGES - extra;
    arrivals->extra_pages -= extra;
    block->filled = false;
    return rc;
}

int arrivals_take_extra(struct arrivals *arrivals, const struct range *but, struct ranges *ret) {
    int rc = 0;

    for (uint64_t i = 0; i < arrivals->nr_blocks && arrivals->extra_pages && !rc; i++) {
        const struct range block = {i * BLOCK_PAGES, BLOCK_PAGES};
        unsigned extra = extra_of(arrivals, i);

        if (extra && !(but && range_overlap(block, *but).nr_pages))
            rc = take_block(arrivals, i, extra, ret);
    }
    return rc;
}
