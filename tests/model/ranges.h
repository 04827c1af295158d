// A set of frame numbers as disjoint, non-adjacent half-open ranges in a tree of cells.
#ifndef MODEL_RANGES_H
#define MODEL_RANGES_H

#include "tests/model/cell.h"

// Adds [first, end) and returns how many of these numbers were not in the set before.
uint64_t frames_add(struct cell_pool *pool, uint32_t *root, uint64_t first, uint64_t end);

// Removes [first, end) and returns how many of these numbers were in the set.
uint64_t frames_remove(struct cell_pool *pool, uint32_t *root, uint64_t first, uint64_t end);

// How many numbers of [first, end) are in the set.
uint64_t frames_count(struct cell_pool *pool, uint32_t root, uint64_t first, uint64_t end);

// The smallest number of [first, end) that is in the set; `end` if there is none.
uint64_t frames_first(struct cell_pool *pool, uint32_t root, uint64_t first, uint64_t end);

#endif
