// A PVH guest has the RAM of an HVM guest without devices. The map is all that it gets, so it
// begins at 0 and has the ACPI tables in it. The frame of the RSDP is left to libxenguest, which
// gives each page of ACPI tables memory of its own: what was there before would be lost to the
// guest.
//
// The map is the stock program's, but for that frame, which is RAM there as well. libxl's differs
// in two things, neither of which a guest misses:
// - It has the special pages (0xfeff8000, 8 pages) as reserved. Here they are in no entry, like the
//   local APICs, and so no RAM. Linux looks for addresses that are free, for other guests' pages,
//   but takes 128 MiB in one piece: around the special pages there are none, as the tables are in
//   the same 128 MiB.
// - Newer ones call the tables "ACPI NVS", as the DSDT's methods read some of them later. "ACPI
//   data" is memory that a kernel may use once it has read the tables; Linux does not.

#include "lib/memory/layout.h"

#include <errno.h>

#define GIB4 (1ULL << 32)
#define PAGE_SHIFT 12
#define PAGE_BYTES (1ULL << PAGE_SHIFT)
#define RSDP_PAGE (LAYOUT_RSDP & ~(PAGE_BYTES - 1))

static void add(struct layout *layout, uint64_t start, uint64_t end, uint32_t type) {
    if (start < end)
        layout->e820[layout->nr_e820++] =
            (struct e820entry){.addr = start, .size = end - start, .type = type};
}

int layout_make_pvh(const struct layout_request *request, struct layout *ret, struct error *err) {
    const struct layout_request sizes = {
        .max_mib = request->max_mib,
        .start_mib = request->start_mib,
    };
    struct layout layout;
    int rc;

    rc = layout_make(&sizes, &layout, err);
    if (rc)
        return rc;
    layout.left_out = (struct range){RSDP_PAGE >> PAGE_SHIFT, 1};
    layout.nr_e820 = 0;
    *ret = layout;
    return 0;
}

int layout_map_pvh(struct layout *layout, unsigned acpi_pages, struct error *err) {
    if (acpi_pages > LAYOUT_MAX_ACPI_PAGES)
        return error_set(err, ENOSPC, "%u pages of ACPI tables are more than %d", acpi_pages,
                         LAYOUT_MAX_ACPI_PAGES);
    layout->nr_e820 = 0;
    add(layout, 0, RSDP_PAGE, E820_RAM);
    add(layout, RSDP_PAGE, RSDP_PAGE + PAGE_BYTES, E820_ACPI);
    add(layout, RSDP_PAGE + PAGE_BYTES, layout->lowmem_end, E820_RAM);
    add(layout, LAYOUT_ACPI_INFO, LAYOUT_ACPI_INFO + PAGE_BYTES, E820_ACPI);
    add(layout, LAYOUT_ACPI_TABLES, LAYOUT_ACPI_TABLES + acpi_pages * PAGE_BYTES, E820_ACPI);
    add(layout, GIB4, layout->highmem_end, E820_RAM);
    return 0;
}
