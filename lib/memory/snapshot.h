// The NUMA host as Xen describes it now.
#ifndef MEMORY_SNAPSHOT_H
#define MEMORY_SNAPSHOT_H

#include <xenctrl.h>

#include "lib/numa/host.h"
#include "lib/util/error.h"

// Reads nodes, memory, CPUs and distances from Xen. Returns 0 and fills *ret, to be normalised by
// host_normalise. Claimed pages are those of the whole host (host->claimed_pages); on which node
// they are only a hypervisor with claims by node could tell.
int snapshot_read(xc_interface *xch, struct host *ret, struct error *err);

#endif
