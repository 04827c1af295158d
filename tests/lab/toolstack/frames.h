// Machine frames that a filler domain holds.
#ifndef LAB_FRAMES_H
#define LAB_FRAMES_H

#include "tests/lab/toolstack/toolstack.h"

#include <stdint.h>

#define FRAMES_BATCH 510 // what libxencall does from its cache of buffers

// Extents of a PV domain.
struct frames {
    uint32_t domid;
    unsigned int order;
    uint64_t nr;
    xen_pfn_t *first; // first machine frame of each
};

// Gives the extents from `index` on back to Xen.
int frames_give_back(struct toolstack *ts, const struct frames *frames, uint64_t index,
                     struct error *err);

// Keeps the extents in a file for frames_release.
int frames_save(const struct frames *frames, struct error *err);

// Gives back the extents that were saved for the domain, if any were.
int frames_release(struct toolstack *ts, uint32_t domid, struct error *err);

#endif
