// The NUMA nodes of PCI devices.
#ifndef GUEST_PCI_NODES_H
#define GUEST_PCI_NODES_H

#include <stddef.h>

#include <xenctrl.h>

#include "lib/guest/pci-address.h"
#include "lib/numa/host.h"
#include "lib/util/error.h"

// Asks Xen on which node each of `nr` devices is, and counts them by node in *ret. A device that
// Xen does not know, or knows no node of, counts nowhere. Fails as Xen, or a filter in front of it,
// does; then nothing is counted.
int pci_nodes_read(xc_interface *xch, const struct pci_address *list, size_t nr,
                   unsigned ret[HOST_MAX_NODES], struct error *err);

#endif
