// Dividing a guest's frames among nodes whose shares are already decided in their order.
#ifndef NUMA_ASSIGN_H
#define NUMA_ASSIGN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/numa/nodeset.h"
#include "lib/util/error.h"
#include "lib/util/range.h"

#define ASSIGN_NO_NODE (-1)           // from wherever Xen takes it
#define ASSIGN_SUPERPAGE_PAGES 512ULL // 2 MiB
#define ASSIGN_GIB_PAGES (512 * ASSIGN_SUPERPAGE_PAGES)

// Guest frames that one node supplies: nr_runs runs of run_pages frames each, the first at gfn,
// each stride_pages behind the one before. A contiguous piece is one run.
struct piece {
    int node; // or ASSIGN_NO_NODE
    uint64_t gfn;
    uint64_t run_pages;
    uint64_t nr_runs;
    uint64_t stride_pages; // >= run_pages; 0 if there is one run only
};

// Zero-initialise before use; pieces_done releases it.
struct pieces {
    struct piece *list;
    size_t nr;
    size_t capacity;
};

void pieces_done(struct pieces *pieces);

// Someone who can give memory. The frames go to the suppliers in the order of the list.
struct supplier {
    uint64_t pages;
    int node;      // may be listed more than once; ASSIGN_NO_NODE
    unsigned tier; // neighbours in the list with the same tier are equally good
};

#define ASSIGN_MAX_SUPPLIERS (6 * HOST_MAX_NODES + 1)

struct assign_request {
    const struct range *ranges; // ascending, with holes between them
    size_t nr_ranges;
    const struct supplier *suppliers; // together they have at least the pages of all ranges
    unsigned nr_suppliers;            // at most ASSIGN_MAX_SUPPLIERS
    unsigned nr_interleaved;          // the first so many take turns, the others follow behind them
};

// Appends pieces that cover every frame of the ranges once, none of a supplier beyond its pages.
//
// Contiguous: the lowest frames go to the first supplier, as many as it has; where two suppliers
// meet, the border is moved down to a multiple of 2 MiB (at most 511 pages), and between suppliers
// of one tier to a multiple of 1 GiB, if the later ones have room for that (those of the same tier,
// for 1 GiB). Interleaved: runs of 2 MiB, each from the supplier that has given least so far, of
// equals the first in the list; when one has less than 2 MiB left it drops out. What is then left
// over is used exactly, to the page, only when nothing else would do.
//
// Returns 0, or -ENOMEM if the list could not grow (and *pieces holds only part).
int assign_pieces(const struct assign_request *request, struct pieces *pieces, struct error *err);

#endif
