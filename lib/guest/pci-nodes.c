// sysfs has a file numa_node as well, but dom0's kernel does not know the host's nodes: under Xen
// it says -1.

#include "lib/guest/pci-nodes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

int pci_nodes_read(xc_interface *xch, const struct pci_address *list, size_t nr,
                   unsigned ret[HOST_MAX_NODES], struct error *err) {
    CLEANUP(cleanup_free) physdev_pci_device_t *devices = calloc(nr + 1, sizeof(*devices));
    CLEANUP(cleanup_free) uint32_t *nodes = calloc(nr + 1, sizeof(*nodes));

    memset(ret, 0, HOST_MAX_NODES * sizeof(*ret));
    if (!devices || !nodes)
        return error_set(err, ENOMEM, "no memory for a list of PCI devices");
    for (size_t i = 0; i < nr; i++) {
        devices[i].seg = list[i].segment;
        devices[i].bus = list[i].bus;
        devices[i].devfn = (uint8_t)(list[i].device << 3 | list[i].function);
    }
    errno = 0;
    if (nr && xc_pcitopoinfo(xch, (unsigned)nr, devices, nodes))
        return xen_error(err, xch, "asking for the nodes of PCI devices");
    // What is no node is far beyond the highest.
    for (size_t i = 0; i < nr; i++)
        if (nodes[i] < HOST_MAX_NODES)
            ret[nodes[i]]++;
    return 0;
}
