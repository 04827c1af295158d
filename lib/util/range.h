// Runs of guest frames, and lists of them.
#ifndef UTIL_RANGE_H
#define UTIL_RANGE_H

#include <stddef.h>
#include <stdint.h>

struct range {
    uint64_t gfn; // first frame
    uint64_t nr_pages;
};

// The frames that are in both.
struct range range_overlap(struct range a, struct range b);

// A growing list. Zero-initialise before use; ranges_done releases it.
struct ranges {
    struct range *list;
    size_t nr;
    size_t capacity;
};

// Appends a range. An empty one is ignored; one that continues the last is merged with it.
// Returns 0 or -ENOMEM.
int ranges_add(struct ranges *ranges, uint64_t gfn, uint64_t nr_pages);

// Sorts the list by frame and merges what touches. The ranges must not overlap.
void ranges_normalise(struct ranges *ranges);

// Appends all of `from`. Returns 0 or -ENOMEM.
int ranges_append(struct ranges *ranges, const struct ranges *from);

uint64_t ranges_pages(const struct ranges *ranges);

void ranges_done(struct ranges *ranges);

// Cuts `range` into the part before its first extent of 2^order frames aligned to its own size,
// the whole extents, and what is left behind them. Any of the three can be empty; without a whole
// extent everything is in *head.
void range_cut(struct range range, unsigned order, struct range *head, struct range *extents,
               struct range *tail);

#endif
