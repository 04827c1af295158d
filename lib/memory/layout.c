// RAM starts at 0 and goes up to the MMIO hole that ends at 4 GiB; what does not fit below it
// continues at 4 GiB. The guest learns it from the e820 map, whose first entry starts at 1 MiB:
// hvmloader describes the first megabyte itself. lowmem_end, highmem_end and the e820 map always
// describe the same pages, max_pages of them.

#include "lib/memory/layout.h"

#include <errno.h>
#include <inttypes.h>

#define MIB (1ULL << 20)
#define GIB4 (1ULL << 32)
#define PAGE_SHIFT 12
#define PAGES_PER_MIB (MIB >> PAGE_SHIFT)

#define VGA_HOLE_GFN 0xa0
#define VGA_HOLE_END_GFN 0xc0

// The first e820 entry must not be empty, so the guest has to reach beyond the first megabyte.
#define MIN_MIB 2

// Bounds of the hole: the special pages at 0xfeff8000 and hvmloader's ACPI area from 0xfc000000
// lie in it, and enough low memory must remain to start firmware.
#define HOLE_MIN LAYOUT_HOLE_DEFAULT
#define HOLE_MAX (GIB4 - 256 * MIB)

static int check_request(const struct layout_request *request, struct error *err) {
    if (request->max_mib < MIN_MIB)
        return error_set(err, EINVAL, "maximum memory of %" PRIu64 " MiB is below %d MiB",
                         request->max_mib, MIN_MIB);
    if (request->start_mib > request->max_mib)
        return error_set(err, EINVAL,
                         "initial memory of %" PRIu64 " MiB exceeds the maximum of %" PRIu64 " MiB",
                         request->start_mib, request->max_mib);
    if (request->hole_bytes < HOLE_MIN || request->hole_bytes > HOLE_MAX ||
        request->hole_bytes % MIB)
        return error_set(err, EINVAL,
                         "MMIO hole of %#" PRIx64 " bytes is not a multiple of 1 MiB within "
                         "%#llx…%#llx",
                         request->hole_bytes, HOLE_MIN, HOLE_MAX);
    return 0;
}

static void add_e820(struct layout *layout, uint64_t start, uint64_t end, uint32_t type) {
    if (start < end)
        layout->e820[layout->nr_e820++] =
            (struct e820entry){.addr = start, .size = end - start, .type = type};
}

int layout_make(const struct layout_request *request, struct layout *ret, struct error *err) {
    uint64_t bytes = request->max_mib * MIB;
    uint64_t mmio_start;
    int rc;

    rc = check_request(request, err);
    if (rc)
        return rc;
    mmio_start = GIB4 - request->hole_bytes;
    *ret = (struct layout){
        .lowmem_end = bytes < mmio_start ? bytes : mmio_start,
        .highmem_end = bytes < mmio_start ? GIB4 : GIB4 + (bytes - mmio_start),
        .mmio_start = mmio_start,
        .mmio_size = request->hole_bytes,
        .max_pages = request->max_mib * PAGES_PER_MIB,
        .target_pages = request->start_mib * PAGES_PER_MIB,
    };
    add_e820(ret, MIB, ret->lowmem_end, E820_RAM);
    add_e820(ret, GIB4, ret->highmem_end, E820_RAM);
    return 0;
}

int layout_ram_ranges(const struct layout *layout, bool vga_hole, struct ranges *ranges) {
    uint64_t low_end = layout->lowmem_end >> PAGE_SHIFT;
    uint64_t high = GIB4 >> PAGE_SHIFT;
    uint64_t low = 0;
    int rc = 0;

    if (vga_hole) {
        rc = ranges_add(ranges, 0, VGA_HOLE_GFN);
        low = VGA_HOLE_END_GFN;
    }
    if (!rc)
        rc = ranges_add(ranges, low, low_end - low);
    if (!rc)
        rc = ranges_add(ranges, high, (layout->highmem_end >> PAGE_SHIFT) - high);
    return rc;
}
