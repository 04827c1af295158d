// The host's logical processors as Xen numbers them.
#ifndef UTIL_XEN_CPUS_H
#define UTIL_XEN_CPUS_H

#include <xenctrl.h>

#include "lib/util/error.h"

// Zero-initialise before use; xen_cpus_done releases it. Ids of a CPU that is not there are ~0.
struct xen_cpus {
    xc_cputopo_t *topo; // by CPU: core, socket and node
    unsigned nr;
};

int xen_cpus_read(xc_interface *xch, struct xen_cpus *ret, struct error *err);

void xen_cpus_done(struct xen_cpus *cpus);

#endif
