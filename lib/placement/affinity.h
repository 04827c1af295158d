// A domain's node affinity: the nodes from which Xen takes memory for it where nobody names one.
#ifndef PLACEMENT_AFFINITY_H
#define PLACEMENT_AFFINITY_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/numa/nodeset.h"
#include "lib/util/error.h"

// Reads it. As long as nobody has set one, Xen derives it from the affinity of the vCPUs.
int affinity_read_nodes(xc_interface *xch, uint32_t domid, nodeset *ret, struct error *err);

// The same, but empty if it is what Xen has derived from the affinity of the vCPUs (`derived`):
// that says nothing that they do not say themselves.
int affinity_read_given(xc_interface *xch, uint32_t domid, nodeset derived, nodeset *ret,
                        struct error *err);

// Sets it, which later allocations (ballooning, grants) prefer.
int affinity_set_nodes(xc_interface *xch, uint32_t domid, nodeset nodes, struct error *err);

#endif
