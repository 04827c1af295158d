// A guest's paging pool: the single pages that its page tables are made of, many thousands of them.
#ifndef CHURN_POOL_H
#define CHURN_POOL_H

#include "lib/numa/nodeset.h"
#include "tests/bench/churn/hosts.h"

struct pool_block {
    uint64_t mfn;
    unsigned order;
};

// Zero-initialise before use; pool_free releases it.
struct pool {
    struct pool_block *blocks; // in the order in which they came
    size_t nr, capacity;
    uint64_t pages;
};

// Adds pages, one by one from each of the nodes in turn, beginning behind *last, as Xen does for a
// domain with that node affinity; from other nodes when these are full. False: out of memory.
bool pool_grow(struct machine *machine, struct pool *pool, uint64_t pages, nodeset nodes,
               uint32_t *last);

// Replaces the pages by pages of these nodes, some at a time, the oldest first:
// lib/memory/paging.h.
bool pool_turn(struct machine *machine, struct pool *pool, nodeset nodes, uint32_t *last);

void pool_free(struct machine *machine, struct pool *pool);

#endif
