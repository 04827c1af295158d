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
// Where a PVH guest finds its ACPI tables: the RSDP at the end of the first megabyte, where kernels
// look for it; two more areas in the hole.
#define LAYOUT_RSDP_BYTES 64
#define LAYOUT_RSDP (0x100000 - LAYOUT_RSDP_BYTES)
#define LAYOUT_ACPI_INFO 0xfc000000ULL // one page
#define LAYOUT_ACPI_TABLES 0xfc001000ULL
#define LAYOUT_MAX_ACPI_PAGES 16
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
    uint64_t lowmem_end;  // RAM is [0, lowmem_end), of a PV guest beyond 4 GiB as well
    uint64_t highmem_end; // and [4 GiB, highmem_end), empty if equal
    uint64_t mmio_start;
    uint64_t mmio_size; // up to 4 GiB
    uint64_t max_pages;
    uint64_t target_pages; // populated at start; < max_pages: populate on demand
    uint64_t vram_start;   // of LAYOUT_VRAM_BYTES for a vGPU; 0: none
    bool bars_fit;         // the hole has room for all BARs; else some must go above RAM
    struct range left_out; // frames in RAM that are not populated: others put their own there
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

// Computes the layout of a PVH guest, which has neither devices nor firmware: only the sizes count,
// and the hole is the default one. Its map comes later. Fails as layout_make does.
int layout_make_pvh(const struct layout_request *request, struct layout *ret, struct error *err);

// Makes its map, with so many pages of ACPI tables at LAYOUT_ACPI_TABLES. -ENOSPC: that is more
// than LAYOUT_MAX_ACPI_PAGES.
int layout_map_pvh(struct layout *layout, unsigned acpi_pages, struct error *err);

// Computes the layout of a PV guest: RAM from 0 on with no hole in it, as much as it starts with,
// for it has no frames that are populated later. Fails as layout_make does.
int layout_make_pv(const struct layout_request *request, struct layout *ret, struct error *err);

// Adds to `ranges` the frames to populate, in ascending order.
// -ENOMEM: `ranges` could not grow.
int layout_ram_ranges(const struct layout *layout, struct ranges *ranges);

#endif
