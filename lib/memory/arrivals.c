// Of a block that is filled all frames are populated, of any other those that have arrived. So one
// bit for each frame and a few bytes for each block say all.

#include "lib/memory/arrivals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_PAGES ASSIGN_SUPERPAGE_PAGES
#define BLOCK_WORDS (BLOCK_PAGES / 64)
#define GIB_BLOCKS (ASSIGN_GIB_PAGES / BLOCK_PAGES)
#define NODELESS HOST_MAX_NODES // index of the counts that have no node

// Frame numbers of a broken stream may be anything. What is known of each block takes 69 bytes: a
// guest can have frames up to 1 TiB, or up to so many times of what it is thought to have.
#define MAX_GROWN_BLOCKS (1ULL << 19)
#define MAX_GROWTH 8

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
                  const struct ranges *ranges, struct range hole, struct error *err) {
    arrivals->pieces = pieces;
    arrivals->hole = hole;
    arrivals->nr_blocks = (pieces_end(pieces, ranges) + BLOCK_PAGES - 1) / BLOCK_PAGES;
    arrivals->max_blocks = MAX_GROWTH * arrivals->nr_blocks;
    if (arrivals->max_blocks < MAX_GROWN_BLOCKS)
        arrivals->max_blocks = MAX_GROWN_BLOCKS;
    arrivals->block = calloc(arrivals->nr_blocks + 1, sizeof(*arrivals->block));
    arrivals->arrived = calloc(arrivals->nr_blocks + 1, BLOCK_WORDS * sizeof(uint64_t));
    if (!arrivals->block || !arrivals->arrived)
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    for (size_t i = 0; i < ranges->nr; i++)
        plan_run(arrivals, ranges->list[i].gfn, ranges->list[i].nr_pages, ARRIVALS_REST);
    for (size_t i = 0; i < pieces->nr; i++) {
        const struct piece *piece = &pieces->list[i];

        for (uint64_t run = 0; run < piece->nr_runs; run++)
            plan_run(arrivals, piece->gfn + run * piece->stride_pages, piece->run_pages,
                     piece->node);
    }
    return 0;
}

// --- beyond what is known ---

static int resize(struct arrivals *arrivals, uint64_t nr_blocks) {
    struct arrival_block *block = reallocarray(arrivals->block, nr_blocks, sizeof(*block));
    uint64_t *arrived;

    if (!block)
        return -ENOMEM;
    arrivals->block = block;
    arrived = reallocarray(arrivals->arrived, nr_blocks, BLOCK_WORDS * sizeof(*arrived));
    if (!arrived)
        return -ENOMEM;
    arrivals->arrived = arrived;
    memset(arrived + arrivals->nr_blocks * BLOCK_WORDS, 0,
           (nr_blocks - arrivals->nr_blocks) * BLOCK_WORDS * sizeof(*arrived));
    for (uint64_t i = arrivals->nr_blocks; i < nr_blocks; i++) {
        const struct range frames = {i * BLOCK_PAGES, BLOCK_PAGES};

        block[i] = (struct arrival_block){
            .planned = ARRIVALS_REST,
            .whole = !range_overlap(frames, arrivals->hole).nr_pages,
        };
    }
    arrivals->nr_blocks = nr_blocks;
    return 0;
}

int arrivals_extend(struct arrivals *arrivals, uint64_t gfn) {
    uint64_t need = gfn / BLOCK_PAGES + 1, nr = arrivals->nr_blocks + arrivals->nr_blocks / 2;

    if (need <= arrivals->nr_blocks || need > arrivals->max_blocks)
        return 0;
    if (nr > arrivals->max_blocks)
        nr = arrivals->max_blocks;
    return resize(arrivals, need > nr ? need : nr);
}

void arrivals_settle(struct arrivals *arrivals, uint64_t gfn, uint64_t pages, int node) {
    uint64_t nr = pages / BLOCK_PAGES, first = gfn / BLOCK_PAGES / nr * nr;

    for (uint64_t i = first; i < first + nr && i < arrivals->nr_blocks; i++) {
        if (arrivals->block[i].planned == ARRIVALS_REST)
            arrivals->block[i].planned = (int8_t)node;
    }
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

bool arrivals_find_extra(const struct arrivals *arrivals, const struct range *but, uint64_t block,
                         struct arrival_extra *ret) {
    for (; block < arrivals->nr_blocks && arrivals->extra_pages; block++) {
        const struct range frames = {block * BLOCK_PAGES, BLOCK_PAGES};

        if (extra_of(arrivals, block) && !(but && range_overlap(frames, *but).nr_pages))
            break;
    }
    if (block >= arrivals->nr_blocks || !arrivals->extra_pages)
        return false;
    ret->block = block;
    ret->node = arrivals->block[block].from;
    ret->nr = 0;
    for (uint64_t gfn = block * BLOCK_PAGES; gfn < (block + 1) * BLOCK_PAGES; gfn++) {
        if (!has_arrived(arrivals, gfn))
            ret->gfn[ret->nr++] = gfn;
    }
    return true;
}

void arrivals_give_back(struct arrivals *arrivals, const struct arrival_extra *extra, unsigned nr) {
    struct arrival_block *block = &arrivals->block[extra->block];
    struct extent_counts *counts = counts_of(arrivals, block->from);

    for (unsigned i = nr; i < extra->nr; i++)
        arrivals->arrived[extra->gfn[i] / 64] |= 1ULL << extra->gfn[i] % 64;
    arrivals->extra_pages -= extra->nr;
    if (!nr)
        return;
    if (block->giant)
        split_giant(arrivals, extra->block);
    counts->extents[EXTENT_2M]--;
    counts->extents[EXTENT_4K] += BLOCK_PAGES - nr;
    block->filled = false;
}
