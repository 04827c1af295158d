// Xen's page allocator: free blocks per node, zone and order, clean or dirty.
//
// It does what Xen 4.17's own does, in its order: the vectors in tests/unit/test-model-heap.c were
// obtained by running that. Frames are numbered by mfn, sizes are in frames unless named otherwise.
#ifndef MODEL_HEAP_H
#define MODEL_HEAP_H

#include "tests/model/cell.h"

#include <stdbool.h>
#include <stdint.h>

#define HEAP_MAX_ORDER 18
#define HEAP_MAX_NODES 64
#define HEAP_NO_NODE UINT32_MAX
#define HEAP_NR_ZONES 41 // a block's zone is the bit length of its mfn; zone 0 is not used
#define HEAP_MAX_REGIONS 192
#define HEAP_CLEAN UINT32_MAX     // `first_dirty` of a block without a dirty page
#define HEAP_FIRST_FRAME 0x100ULL // 1 MiB: what is below is no memory
#define HEAP_NODE_METADATA 4      // frames every node but the first loses to Xen's own tables

struct model;
struct domain;

// RAM of a node, as the firmware reports it.
struct heap_region {
    uint64_t first, end;
    uint32_t node;
};

struct heap {
    uint64_t online;                             // mask of nodes
    uint32_t dma_zone;                           // zones up to this one are held back; 0: none
    uint32_t nr_regions;                         // ascending
    struct heap_region region[HEAP_MAX_REGIONS]; // also what is in use since boot
    uint64_t initialised;                        // mask of nodes that have had their metadata taken
    uint64_t total_free;
    uint64_t avail[HEAP_MAX_NODES][HEAP_NR_ZONES];
    uint64_t need_scrub[HEAP_MAX_NODES];
    struct cell_list free[HEAP_MAX_NODES][HEAP_NR_ZONES][HEAP_MAX_ORDER + 1];
    uint32_t blocks;                  // all free blocks, by mfn
    uint32_t dirty;                   // free frames that need scrubbing
    uint64_t claimed_total;           // sum of all claims of all domains
    uint64_t claimed[HEAP_MAX_NODES]; // the part of it that is bound to the node
};

struct heap_request {
    unsigned order;
    uint32_t node;  // HEAP_NO_NODE: none requested
    bool exact;     // only `node`; without meaning when there is none
    bool no_scrub;  // take dirty blocks as they come, in one pass (2.4, 4.22)
    bool uncounted; // the pages will not count in the domain's total: no credit for its claims
    unsigned address_bits; // 0: any
};

// What an allocation did, for the counters.
struct heap_piece {
    uint64_t mfn;
    uint32_t node;
    uint64_t scrubbed; // dirty frames among it
};

// Sets up an empty heap with these regions, ascending, and the nodes of `online`. `dma_bits` is the
// address width held back, 0 for none, HEAP_DMA_AUTO for Xen's own rule.
#define HEAP_DMA_AUTO UINT32_MAX
void heap_init(struct model *m, const struct heap_region *regions, unsigned nr, uint64_t online,
               unsigned dma_bits);

// Hands the frames [first, end) to the allocator the way boot does.
void heap_boot_range(struct model *m, uint64_t first, uint64_t end);

// Boots all regions in Xen's order: the first one on `cpu0_node`, then the others from the top.
void heap_boot(struct model *m, uint32_t cpu0_node);

// Allocates 2^order frames for `d` (may be NULL), with claims checked and, in the releases that do
// it here, redeemed. Returns false when there is none.
bool heap_alloc(struct model *m, struct domain *d, const struct heap_request *req,
                struct heap_piece *ret);

// Takes the frames [first, end), all free, out of the allocator, for what is in use since boot.
void heap_reserve(struct model *m, uint64_t first, uint64_t end);

// Frees one block; `mfn` is aligned to the order. Equals freeing its frames one by one, ascending.
void heap_free_block(struct model *m, uint64_t mfn, unsigned order, bool dirty);

// Frees the frames [first, first + nr) in ascending order.
void heap_free(struct model *m, uint64_t first, uint64_t nr, bool dirty);

// Lets the idle loop of `node` scrub up to `frames` frames. Returns how many it did.
uint64_t heap_idle_scrub(struct model *m, uint32_t node, uint64_t frames);
void heap_idle_scrub_all(struct model *m);

// Frames from the node's first to its last, holes and other nodes' ranges included; 0 without
// memory. The first MiB counts as part of the node that begins behind it: firmware says so.
uint64_t heap_node_span(const struct heap *heap, uint32_t node, uint64_t *ret_first);

uint32_t heap_node_of(const struct heap *heap, uint64_t mfn);
unsigned heap_zone_of(uint64_t mfn);
uint64_t heap_node_free(const struct heap *heap, uint32_t node);

// Checks the invariants of 9.7. Returns NULL, or a description of the first one that is broken.
const char *heap_check(struct model *m);

// --- shared by the allocator's parts -----------------------------------------------------------

void heap_block_insert(struct model *m, uint64_t mfn, unsigned order, uint32_t first_dirty);
void heap_block_remove(struct model *m, uint32_t index);
struct cell_list *heap_list(struct heap *heap, uint64_t mfn, unsigned order);

#endif
