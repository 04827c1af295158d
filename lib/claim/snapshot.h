// The NUMA host as Xen describes it now.
#ifndef CLAIM_SNAPSHOT_H
#define CLAIM_SNAPSHOT_H

#include <xenctrl.h>

#include "lib/numa/host.h"
#include "lib/util/error.h"

// Reads nodes, memory, CPUs and distances from Xen. Returns 0 and fills *ret, to be normalised by
// host_normalise. Where Xen tells what is claimed on each node (XenServer 9, XCP-ng 9, and
// libraries that know it), the nodes have that; all other claimed pages are host->claimed_pages.
int snapshot_read(xc_interface *xch, struct host *ret, struct error *err);

#endif
