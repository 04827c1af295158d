// ACPI's tables for a PVH guest, which has no firmware that would make them.
#ifndef GUEST_ACPI_H
#define GUEST_ACPI_H

#include <stdint.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "lib/guest/platform.h"
#include "lib/memory/layout.h"
#include "lib/numa/host.h"
#include "lib/numa/vnodes.h"
#include "lib/util/error.h"

#define ACPI_PAGE 4096UL

// Where the guest finds them: LAYOUT_RSDP, LAYOUT_ACPI_INFO and LAYOUT_ACPI_TABLES. Bytes that
// belong to no table are zero.
struct acpi {
    uint8_t rsdp[LAYOUT_RSDP_BYTES]; // where the root tables are
    uint8_t info[ACPI_PAGE];         // what the DSDT's methods read
    uint8_t tables[LAYOUT_MAX_ACPI_PAGES * ACPI_PAGE];
    unsigned nr_table_pages; // that have something in them
};

// Makes FACS, DSDT, FADT (a form for each of the root tables), MADT if the guest has an APIC or
// more than one vCPU, XSDT, RSDT and RSDP for a guest with these vCPUs; SRAT and SLIT too, if it
// sees vnodes (NULL: none), with the distances that the host has. Returns 0 and sets *ret, to be
// released with free; -ENOMEM.
int acpi_make(const struct platform *platform, const struct vnodes *vnodes, const struct host *host,
              struct acpi **ret, struct error *err);

// Hands them to the image, which refers to *acpi until it is released.
void acpi_attach(struct acpi *acpi, struct xc_dom_image *dom);

#endif
