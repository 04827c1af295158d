// Where a guest's memory lies in its physical address space.
#ifndef MEMORY_LAYOUT_H
#define MEMORY_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/util/error.h"
#include "lib/util/range.h"

#define LAYOUT_HOLE_DEFAULT 0x10000000ULL // bytes below 4 GiB for devices: 0xf0000000 upwards
#define LAYOUT_MAX_E820 128               // entries that xc_domain_set_memory_map takes

struct layout_request {
    uint64_t max_mib;    // memory that the guest may ever have
    uint64_t start_mib;  // memory that it starts with; less than max_mib: populate on demand
    uint64_t hole_bytes; // MMIO hole below 4 GiB
};

// All addresses and sizes in bytes unless the name says pages.
struct layout {
    uint64_t lowmem_end;  // RAM is [0, lowmem_end)
    uint64_t highmem_end; // and [4 GiB, highmem_end), empty if equal
    uint64_t mmio_start;
    uint64_t mmio_size;
    uint64_t max_pages;
    uint64_t target_pages; // populated at start; < max_pages: populate on demand
    struct e820entry e820[LAYOUT_MAX_E820];
    uint32_t nr_e820;
};

// Computes the layout of an HVM guest. -EINVAL: sizes that cannot be laid out, or start above max.
int layout_make(const struct layout_request *request, struct layout *ret, struct error *err);

// Adds to `ranges` the frames to populate, in ascending order. Of a guest with a device model the
// VGA hole [0xa0000, 0xc0000) is left out: the device model maps its own memory there.
// -ENOMEM: `ranges` could not grow.
int layout_ram_ranges(const struct layout *layout, bool vga_hole, struct ranges *ranges);

#endif
