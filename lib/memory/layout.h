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
// The hvm_info table has the end of memory as a page number of 32 bits, and no guest does without
// the hole: so much, in MiB, is the most that any guest can have.
#define LAYOUT_MAX_MIB (UINT32_MAX / 256 - (LAYOUT_HOLE_DEFAULT >> 20))
#define LAYOUT_VRAM_BYTES 0x1000000ULL // of the region that an NVIDIA vGPU needs

// Memory of its own at which a PCI device works without being told.
struct layout_reserved {
    struct range range;
    char device[16]; // the device's address, for errors
};

// Errors name the sizes by the options and the Xenstore key that they come from.
struct layout_request {
    uint64_t max_mib;    // -mem_max_mib: memory that the guest may ever have
    uint64_t start_mib;  // -mem_start_mib: what it starts with; less: populate on demand
    uint64_t hole_bytes; // platform/mmio_hole_size: MMIO hole below 4 GiB asked for; 0 or less than
                         // the default: the default
    uint64_t bar_bytes;  // of the PCI devices that the guest will get
    bool vgpu;           // it will get an NVIDIA vGPU
    bool mxgpu;          // it will get an AMD S7150x2, whose driver needs 2 GiB of hole
    const struct layout_reserved *reserved;
    size_t nr_reserved;
};

// All addresses and sizes in bytes unless the name says pages.
struct layout {
    uint64_t lowmem_end;  // RAM is [0, lowmem_end)
    uint64_t highmem_end; // and [4 GiB, highmem_end), empty if equal
    uint64_t mmio_start;
    uint64_t mmio_size; // up to 4 GiB
    uint64_t max_pages;
    uint64_t target_pages; // populated at start; < max_pages: populate on demand
    uint64_t vram_start;   // of LAYOUT_VRAM_BYTES for a vGPU; 0: none
    bool bars_fit;         // the hole has room for all BARs; else some must go above RAM
    struct e820entry e820[LAYOUT_MAX_E820]; // ascending, without overlap
    uint32_t nr_e820;
};

// Whether reserved memory is where the guest's firmware is, in the first megabyte. layout_make
// refuses it. Whoever insists on the device leaves the range out: that memory stays the guest's.
bool layout_is_in_first_mib(const struct range *reserved);

// Computes the layout of an HVM guest. Returns 0 and fills *ret; -EINVAL: sizes that cannot be laid
// out, more memory than hvm_info can tell of, start above max, a hole or reserved memory that
// leaves no room for what every guest needs; -ENOSPC: more reserved ranges than the guest can be
// told of.
int layout_make(const struct layout_request *request, struct layout *ret, struct error *err);

// Adds to `ranges` the frames to populate, in ascending order. Of a guest with a device model the
// VGA hole [0xa0000, 0xc0000) is left out: the device model maps its own memory there.
// -ENOMEM: `ranges` could not grow.
int layout_ram_ranges(const struct layout *layout, bool vga_hole, struct ranges *ranges);

#endif
