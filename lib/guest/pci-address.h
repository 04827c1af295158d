// Addresses of PCI devices.
#ifndef GUEST_PCI_ADDRESS_H
#define GUEST_PCI_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/util/error.h"

struct pci_address {
    uint16_t segment;
    uint8_t bus;
    uint8_t device;   // 0…31
    uint8_t function; // 0…7
};

// "0000:05:00.0", as sysfs names it.
struct pci_address_text {
    char s[16];
};
struct pci_address_text pci_address_text(struct pci_address address);

// Parses a list of addresses, [SEGMENT:]BUS:DEVICE.FUNCTION in hexadecimal, separated by commas;
// empty pieces vanish, and a device that is named twice is one device. Returns 0 and sets *ret, an
// array that the caller frees (NULL if empty), and *ret_nr. -EINVAL: a piece that is no address.
int pci_address_list(const char *text, struct pci_address **ret, size_t *ret_nr, struct error *err);

#endif
