// What a guest owns, as blocks in the order in which they came; and the paging pool, the single
// pages that its page tables are made of, many thousands of them.
#ifndef CHURN_POOL_H
#define CHURN_POOL_H

#include "lib/numa/nodeset.h"
#include "tests/bench/churn/hosts.h"

struct pool_block {
    uint64_t mfn;
    uint32_t node;
    unsigned order;
};

// Zero-initialise before use; pool_free releases it.
struct pool {
    struct pool_block *blocks; // in the order in which they came
    size_t nr, capacity;
    uint64_t pages;
};

// Which nodes give.
struct pool_source {
    nodeset nodes;  // in turn
    bool exact;     // and no others; else others are when these have none
    uint32_t *last; // the node that gave last: Xen's last_alloc_node
};

// Takes up to `nr` extents of 2^order frames, as if one by one; several may be one block. Returns
// how many.
uint64_t pool_take(struct machine *machine, struct pool *pool, unsigned order, uint64_t nr,
                   const struct pool_source *from);

// Replaces the pages by pages of these nodes, some at a time, the oldest first:
// lib/memory/paging.h. False: out of memory.
bool pool_turn(struct machine *machine, struct pool *pool, const struct pool_source *to);

// Gives all back, in the order in which they came, as a domain's end does: dirty.
void pool_free(struct machine *machine, struct pool *pool);

#endif
