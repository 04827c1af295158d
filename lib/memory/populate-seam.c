// libxenguest calls the function through its procedure linkage table, and the dynamic linker looks
// for a name in the executable first. The linker exports a function of the executable as soon as a
// library that it links needs the name, and one without a version satisfies a reference with any.
// So nothing of the library is changed, and nothing has to be preloaded. tests/build/seam.sh looks
// at each build whether both halves are as they have to be; nr_calls tells while running.
//
// A library calls with nothing but the domain, so here is the one variable that the whole process
// shares.
//
// An HVM domain's frames keep their numbers, so there is nothing to hand back to the library.

#include "lib/memory/populate-seam.h"

#include <errno.h>
#include <stdlib.h>

static struct populate_seam *current;

void populate_seam_put(struct populate_seam *seam) {
    current = seam;
}

// Whoever asks for larger extents names all of their frames.
static int pass_extents(struct populate_seam *seam, const xen_pfn_t *extents, unsigned long nr,
                        unsigned order) {
    unsigned long pages = 1UL << order;
    xen_pfn_t *gfns = calloc(pages, sizeof(*gfns));
    int rc = 0;

    if (!gfns)
        return error_set(&seam->error, ENOMEM, "no memory for the list of guest memory ranges");
    for (unsigned long i = 0; i < nr && !rc; i++) {
        for (unsigned long page = 0; page < pages; page++)
            gfns[page] = extents[i] + page;
        rc = seam->populate(seam->context, gfns, pages, &seam->error);
    }
    free(gfns);
    return rc;
}

// As the library's: all of the extents, or EBUSY.
static int populate_all(xc_interface *xch, uint32_t domid, unsigned long nr, unsigned order,
                        unsigned memflags, xen_pfn_t *extents) {
    int done = xc_domain_populate_physmap(xch, domid, nr, order, memflags, extents);

    if (done < 0 || (unsigned long)done == nr)
        return done < 0 ? done : 0;
    errno = EBUSY;
    return -1;
}

int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                     unsigned int extent_order, unsigned int mem_flags,
                                     xen_pfn_t *extent_start) {
    struct populate_seam *seam = current;
    int rc;

    if (!seam || seam->domid != domid)
        return populate_all(xch, domid, nr_extents, extent_order, mem_flags, extent_start);
    seam->nr_calls++;
    if (extent_order)
        rc = pass_extents(seam, extent_start, nr_extents, extent_order);
    else
        rc = seam->populate(seam->context, extent_start, nr_extents, &seam->error);
    // Some libraries try large extents first, and go on without them.
    if (!rc) {
        error_done(&seam->error);
        return 0;
    }
    errno = -rc;
    return -1;
}
