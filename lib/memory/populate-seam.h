// Populating in place of libxenguest when it restores a guest.
//
// libxenguest asks for the frames that a stream names through libxenctrl's
// xc_domain_populate_physmap_exact. The program has a function of that name, which passes the
// frames of one domain to whoever has put a seam there, and does as the library's for all others.
#ifndef MEMORY_POPULATE_SEAM_H
#define MEMORY_POPULATE_SEAM_H

#include <stdint.h>

#include <xenctrl.h>

#include "lib/util/error.h"

struct populate_seam {
    uint32_t domid;
    // Populates these frames, each of which the guest needs; 0, or a negative errno with its error
    // set.
    int (*populate)(void *context, const xen_pfn_t *gfns, unsigned long nr, struct error *err);
    void *context;
    uint64_t nr_calls;  // out
    struct error error; // out: why it failed, to be released with error_done
};

// From now on the frames of seam->domid, an HVM domain, go to `seam`, until NULL is put there. One
// at a time in a process; `seam` must stay as long.
void populate_seam_put(struct populate_seam *seam);

#endif
