// Dirty memory comes in long runs (all of a node after boot, all of a guest after its death), so a
// set of ranges describes it exactly at no cost per frame. In a cell, `key` is the first number of
// a range and `value` the first one behind it; ranges neither overlap nor touch.

#include "tests/model/ranges.h"

// The range that contains or touches `at` from below, else the first one above it.
static uint32_t range_near(struct cell_pool *pool, uint32_t root, uint64_t at) {
    uint32_t index = cell_tree_floor(pool, root, at);

    if (index != CELL_NONE && cell_at(pool, index)->value >= at)
        return index;
    return cell_tree_ceil(pool, root, at);
}

static void range_insert(struct cell_pool *pool, uint32_t *root, uint64_t first, uint64_t end) {
    uint32_t index;

    if (first >= end)
        return;
    index = cell_new(pool);
    cell_at(pool, index)->key = first;
    cell_at(pool, index)->value = end;
    cell_tree_insert(pool, root, index);
}

static void range_delete(struct cell_pool *pool, uint32_t *root, uint32_t index) {
    cell_tree_remove(pool, root, index);
    cell_free(pool, index);
}

uint64_t frames_count(struct cell_pool *pool, uint32_t root, uint64_t first, uint64_t end) {
    uint64_t count = 0;
    uint64_t at = first;

    while (at < end) {
        uint32_t index = range_near(pool, root, at);
        const struct cell *range;
        uint64_t from, to;

        if (index == CELL_NONE)
            break;
        range = cell_at(pool, index);
        from = range->key > at ? range->key : at;
        to = range->value < end ? range->value : end;
        if (from < to)
            count += to - from;
        at = range->value + 1;
    }
    return count;
}

uint64_t frames_add(struct cell_pool *pool, uint32_t *root, uint64_t first, uint64_t end) {
    uint64_t added = end - first - frames_count(pool, *root, first, end);
    uint32_t index;

    while ((index = range_near(pool, *root, first)) != CELL_NONE) {
        const struct cell *range = cell_at(pool, index);

        if (range->key > end)
            break;
        if (range->key < first)
            first = range->key;
        if (range->value > end)
            end = range->value;
        range_delete(pool, root, index);
    }
    range_insert(pool, root, first, end);
    return added;
}

uint64_t frames_remove(struct cell_pool *pool, uint32_t *root, uint64_t first, uint64_t end) {
    uint64_t removed = 0;

    for (;;) {
        uint64_t at = frames_first(pool, *root, first, end);
        uint32_t index = cell_tree_floor(pool, *root, at);
        uint64_t from, to;

        if (at == end)
            return removed;
        from = cell_at(pool, index)->key;
        to = cell_at(pool, index)->value;
        range_delete(pool, root, index);
        range_insert(pool, root, from, at);
        range_insert(pool, root, end, to);
        removed += (to < end ? to : end) - at;
    }
}

uint64_t frames_first(struct cell_pool *pool, uint32_t root, uint64_t first, uint64_t end) {
    uint32_t index = cell_tree_floor(pool, root, first);

    if (index != CELL_NONE && cell_at(pool, index)->value > first)
        return first < end ? first : end;
    index = cell_tree_ceil(pool, root, first);
    if (index != CELL_NONE && cell_at(pool, index)->key < end)
        return cell_at(pool, index)->key;
    return end;
}
