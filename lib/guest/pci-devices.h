// What the PCI devices that a guest will get need of its physical address space.
#ifndef GUEST_PCI_DEVICES_H
#define GUEST_PCI_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/guest/pci-address.h"
#include "lib/util/error.h"
#include "lib/util/range.h"
#include "lib/util/warnings.h"

// Memory at which a device works without being told.
struct pci_reserved {
    struct pci_address device;
    struct range range;
};

// All devices together. Zero-initialise; pci_devices_done releases it.
struct pci_devices {
    uint64_t bar_bytes;            // of their memory BARs and ROMs
    bool mxgpu;                    // one is a virtual function of an AMD S7150x2
    struct pci_reserved *reserved; // may overlap: devices can share it
    size_t nr_reserved;
};

// Asks sysfs, mounted at `sysfs`, and Xen about `nr` devices. What is not known of one is an error
// that names it, except for its ids: a warning.
int pci_devices_read(xc_interface *xch, const char *sysfs, const struct pci_address *list,
                     size_t nr, struct pci_devices *ret, struct warnings *warnings,
                     struct error *err);

void pci_devices_done(struct pci_devices *devices);

// The parts that need no Xen: adds what sysfs says of one device. On failure *devices is as before.
int pci_devices_add_sysfs(struct pci_devices *devices, const char *sysfs,
                          struct pci_address address, struct warnings *warnings, struct error *err);

#endif
