// Giving a domain its memory, in extents of one size from one node at a time.
#ifndef MEMORY_POPULATE_H
#define MEMORY_POPULATE_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/claim/ledger-account.h"
#include "lib/memory/extents.h"
#include "lib/util/error.h"
#include "lib/util/range.h"

#define POPULATE_ANY_NODE (-1)

struct populate_job {
    xc_interface *xch;
    uint32_t domid;
    struct ledger_account *account; // of this builder; told of each call
    bool on_demand; // only mark the frames; Xen fills them from the populate-on-demand cache
    // Of a PV guest: out, the machine frame of each of its frames. NULL: Xen keeps that to itself.
    xen_pfn_t *machine_frames;
    // Called after each hypercall with the pages done so far and wanted; NULL: not called. Anything
    // but 0, a negative errno with its error set, ends the job with it.
    int (*progress)(void *context, uint64_t done_pages, uint64_t nr_pages, struct error *err);
    void *progress_context;
    uint64_t nr_pages;   // wanted in all, for progress
    uint64_t done_pages; // out: populated so far
};

// Populates what it can of `todo` in extents of one size, aligned to their size and at most
// `max_extents` of them, from `node` and no other (or POPULATE_ANY_NODE). For the account they were
// planned on node `planned` (or LEDGER_ACCOUNT_NODELESS). Appends to `left` what it
// cannot: parts that hold no whole extent, and everything from the first extent on for which there
// is no memory. Adds to *counts what it did. `left` is in ascending order if it was empty.
//
// Returns 0, also if nothing could be populated; an error only if a call could not be made at all,
// or -ENOMEM if `left` could not grow. What was populated stays with the domain in either case.
int populate_pass(struct populate_job *job, int node, int planned, enum extent_size size,
                  uint64_t max_extents, const struct ranges *todo, struct ranges *left,
                  struct extent_counts *counts, struct error *err);

// Xen had less than it was asked for, and the domain is known to have *known_pages: -ENOSPC if it
// has more, since its paging pool is exhausted. Else *known_pages is what it has.
int populate_check_mapped(const struct populate_job *job, uint64_t *known_pages, struct error *err);

#endif
