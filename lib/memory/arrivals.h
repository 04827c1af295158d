// The frames of a guest that arrive one by one, and the extents that they are populated in.
//
// An extent is populated when the first of its frames arrives. What of it never does is extra: the
// guest does not have it.
//
// Frames may arrive behind all that are known: a guest that had given memory back when it was saved
// has frames up to the most that it ever had. Those are RAM like any other.
#ifndef MEMORY_ARRIVALS_H
#define MEMORY_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/memory/extents.h"
#include "lib/numa/assign.h"
#include "lib/numa/host.h"
#include "lib/util/error.h"
#include "lib/util/range.h"

#define ARRIVALS_NO_NODE (-1) // from wherever Xen takes it
#define ARRIVALS_UNKNOWN (-2) // not among the frames planned
#define ARRIVALS_REST (-3)    // RAM that no piece has: arrivals_settle says from where

// 2 MiB of the guest.
struct arrival_block {
    int8_t planned; // if it is whole: node of all its frames, ARRIVALS_NO_NODE or ARRIVALS_REST
    int8_t from;    // node that the extent came from
    bool whole;     // it is planned as a whole
    bool filled;    // all of it is populated
    bool giant;     // as part of an extent of 1 GiB
};

// Zero-initialise; arrivals_done releases it.
struct arrivals {
    const struct pieces *pieces;
    struct range hole; // has no RAM
    struct arrival_block *block;
    uint64_t *arrived; // a bit for each frame
    uint64_t nr_blocks, max_blocks;
    uint64_t extra_pages; // populated, and not arrived
    // What is populated, by the node that it came from, the last: from wherever. Frames that are
    // not planned are not counted.
    struct extent_counts counts[HOST_MAX_NODES + 1];
};

// The guest has the frames of `pieces`, each planned on the piece's node, and may have those of
// `ranges` that are in no piece, and any behind them that are not in `hole`. `pieces` must stay.
// -ENOMEM.
int arrivals_init(struct arrivals *arrivals, const struct pieces *pieces,
                  const struct ranges *ranges, struct range hole, struct error *err);

void arrivals_done(struct arrivals *arrivals);

// A frame is about to arrive: makes it known, unless it is so far off that no guest has it.
// -ENOMEM.
int arrivals_extend(struct arrivals *arrivals, uint64_t gfn);

// All of ARRIVALS_REST in the aligned run of so many pages that has the frame is planned on `node`,
// or ARRIVALS_NO_NODE, from now on.
void arrivals_settle(struct arrivals *arrivals, uint64_t gfn, uint64_t pages, int node);

// The node that the frame is planned on, ARRIVALS_NO_NODE, ARRIVALS_REST or ARRIVALS_UNKNOWN.
int arrivals_planned(const struct arrivals *arrivals, uint64_t gfn);

// Whether the frame is populated, as part of an extent or by itself.
bool arrivals_populated(const struct arrivals *arrivals, uint64_t gfn);

// Whether the extent of that size which has the frame can be populated as one: all of it is planned
// on one node, and nothing of it is populated. Pages of 4 KiB always can.
bool arrivals_fits(const struct arrivals *arrivals, uint64_t gfn, enum extent_size size);

// An extent, which fits, or a page, was populated from that node or ARRIVALS_NO_NODE. A page
// has arrived thereby.
void arrivals_fill(struct arrivals *arrivals, uint64_t gfn, enum extent_size size, int node);

// A frame that is populated arrives, again perhaps.
void arrivals_arrive(struct arrivals *arrivals, uint64_t gfn);

// The extra frames of one block, in ascending order.
struct arrival_extra {
    uint64_t block;
    int8_t node; // that they came from
    unsigned nr;
    uint64_t gfn[ASSIGN_SUPERPAGE_PAGES];
};

// Finds the first block from `block` on that has extra frames, but for those in which frames of
// `but` are. False: there is none.
bool arrivals_find_extra(const struct arrivals *arrivals, const struct range *but, uint64_t block,
                         struct arrival_extra *ret);

// The first `nr` of them are given back, and no longer populated. The others stay the guest's: they
// have arrived.
void arrivals_give_back(struct arrivals *arrivals, const struct arrival_extra *extra, unsigned nr);

#endif
