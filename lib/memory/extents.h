// The sizes in which a domain gets its memory, and how many extents there are of each.
#ifndef MEMORY_EXTENTS_H
#define MEMORY_EXTENTS_H

#include <stdint.h>

enum extent_size { EXTENT_1G, EXTENT_2M, EXTENT_4K, EXTENT_NR_SIZES };

struct extent_counts {
    uint64_t extents[EXTENT_NR_SIZES];
};

// The order of an extent of that size: it has 2^order frames.
unsigned extent_order(enum extent_size size);

// Frames in an extent of that size.
uint64_t extent_pages(enum extent_size size);

// Pages in all the extents counted.
uint64_t extent_counts_pages(const struct extent_counts *counts);

#endif
