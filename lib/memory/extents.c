// Sizes are Xen's orders; the processor maps no others.

#include "lib/memory/extents.h"

static const unsigned size_order[EXTENT_NR_SIZES] = {
    [EXTENT_1G] = 18,
    [EXTENT_2M] = 9,
    [EXTENT_4K] = 0,
};

unsigned extent_order(enum extent_size size) {
    return size_order[size];
}

uint64_t extent_pages(enum extent_size size) {
    return 1ULL << size_order[size];
}

uint64_t extent_counts_pages(const struct extent_counts *counts) {
    uint64_t nr_pages = 0;

    for (int size = 0; size < EXTENT_NR_SIZES; size++)
        nr_pages += counts->extents[size] << size_order[size];
    return nr_pages;
}
