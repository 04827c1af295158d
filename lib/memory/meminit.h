// Our memory initialisation in place of libxenguest's.
//
// libxenguest populates a guest through the `meminit` member of the image's architecture hooks.
// meminit_install puts ours there, for this image only.
#ifndef MEMORY_MEMINIT_H
#define MEMORY_MEMINIT_H

#include <xenctrl.h>
#include <xenguest.h>

#include "lib/memory/layout.h"
#include "lib/util/error.h"

struct meminit {
    struct xc_dom_arch hooks; // the image's own hooks with our meminit; the image points here
    const struct layout *layout;
    // Populates the domain; 0, or a negative errno with its error set. `machine_frames`: of a PV
    // guest, for what populate_job calls so; else NULL.
    int (*populate)(void *context, xen_pfn_t *machine_frames, struct error *err);
    void *context;      // of `populate`
    struct error error; // out: why it failed, to be released with error_done
};

// To be called between xc_dom_mem_init, which chooses the image's hooks, and
// xc_dom_boot_mem_init, which calls them. `meminit` must outlive the image; all of its members that
// are not output must be set.
void meminit_install(struct meminit *meminit, struct xc_dom_image *dom);

#endif
