// The frames of a guest that arrive one by one, and the extents that they are populated in.
//
// An extent is populated when the first of its frames arrives. What of it never does is extra: the
// guest does not have it.
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

// 2 MiB of the guest.
struct arrival_block {
    int8_t planned; // node of all its frames, or ARRIVALS_NO_NODE, if it is whole
    int8_t from;    // node that the extent came from
    bool whole;     // it is planned as a whole
    bool filled;    // all of it is populated
    bool giant;     // as part of an extent of 1 GiB
};

// Zero-initialise; arrivals_done releases it.
struct arrivals {
    const struct pieces *pieces;
    struct arrival_block *block;
    uint64_t *arrived; // a bit for each frame
    uint64_t nr_blocks;
    uint64_t extra_pages; // populated, and not arrived
    // What is populated, by the node that it came from, the last: from wherever. Frames that are
    // not planned are not counted.
    struct extent_counts counts[HOST_MAX_NODES + 1];
};

// The guest has the frames of `pieces`, each planned on the piece's node, and may have those of
// `ranges` that are in no piece, for which rest_node is as good as any. `pieces` must stay.
// -ENOMEM.
int arrivals_init(struct arrivals *arrivals, const struct pieces *pieces,
                  const struct ranges *ranges, int rest_node, struct error *err);

void arrivals_done(struct arrivals *arrivals);

// The node that the frame is planned on, ARRIVALS_NO_NODE, or ARRIVALS_UNKNOWN.
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

// Appends the extra frames to `ret`, but for those of the blocks in which the frames of `but` are,
// which are to be given back, and counts them as no longer populated. Returns 0 or -ENOMEM.
int arrivals_take_extra(struct arrivals *arrivals, const struct range *but, struct ranges *ret);

#endif
