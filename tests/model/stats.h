// Counters that tests read after a run.
#ifndef MODEL_STATS_H
#define MODEL_STATS_H

#include "tests/model/heap.h"

struct stats {
    uint64_t extents[HEAP_MAX_ORDER + 1][HEAP_MAX_NODES]; // populated, by order and node
    uint64_t populate_calls;
    uint64_t list_bytes; // of extent lists that populate was handed
    uint64_t scrubbed;   // dirty frames that allocations had to scrub
};

#endif
