// Asked twice: for their number, then for all of them.

#include "lib/util/xen-cpus.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/util/xen.h"

int xen_cpus_read(xc_interface *xch, struct xen_cpus *ret, struct error *err) {
    unsigned nr = 0;

    errno = 0;
    if (xc_cputopoinfo(xch, &nr, NULL))
        return xen_error(err, xch, "asking for the number of CPUs");
    ret->topo = calloc(nr + 1UL, sizeof(*ret->topo));
    if (!ret->topo)
        return error_set(err, ENOMEM, "no memory for the description of %u CPUs", nr);
    errno = 0;
    if (nr && xc_cputopoinfo(xch, &nr, ret->topo)) {
        xen_cpus_done(ret);
        return xen_error(err, xch, "reading the CPUs");
    }
    ret->nr = nr;
    return 0;
}

void xen_cpus_done(struct xen_cpus *cpus) {
    free(cpus->topo);
    *cpus = (struct xen_cpus){0};
}
