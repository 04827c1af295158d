// RAM starts at 0 and goes up to the MMIO hole that ends at 4 GiB; what does not fit below it
// continues at 4 GiB. The guest learns it from the e820 map, whose first entry starts at 1 MiB:
// hvmloader describes the first megabyte itself. lowmem_end, highmem_end and the e820 map always
// describe the same pages, max_pages of them.
//
// The device model gets one number, the size of the hole, and takes RAM to end where the hole
// starts or earlier. So when reserved memory cuts RAM short, the hole starts there as well, also
// for a guest so small that it did not reach the hole before.

#include "lib/memory/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define MIB (1ULL << 20)
#define GIB4 (1ULL << 32)
#define PAGE_SHIFT 12
#define PAGES_PER_MIB (MIB >> PAGE_SHIFT)

// The device model maps its own memory here.
#define VGA_HOLE_GFN 0xa0
#define VGA_HOLE_END_GFN 0xc0

// The first e820 entry must not be empty, so the guest has to reach beyond the first megabyte.
#define MIN_MIB 2

// hvmloader and the firmware that it starts need this much below the hole.
#define LOWMEM_MIN (256 * MIB)
#define HOLE_MAX (GIB4 - LOWMEM_MIN)
#define HOLE_MXGPU (1ULL << 31)

// From here to 4 GiB hvmloader puts ACPI tables, and stops if reserved memory is in its way; the
// pages that guest, Xen and device model share (0xfeff0000 and up) and the local APIC are here too.
#define FIRMWARE_AREA 0xfc000000ULL
#define VRAM_HIGHEST (FIRMWARE_AREA - LAYOUT_VRAM_BYTES)

// No physical address space is larger: 52 bits.
#define MAX_FRAME (1ULL << 40)

// What is above 4 GiB ends at a page that hvm_info can number. The hole, and reserved memory that
// cuts RAM short, move it up: `lowmem_end` is where RAM ends below.
static int check_end(const struct layout_request *request, uint64_t lowmem_end, struct error *err) {
    const uint64_t end = (uint64_t)UINT32_MAX << PAGE_SHIFT;
    const uint64_t max_mib = (end - (GIB4 - lowmem_end)) / MIB;

    if (request->max_mib <= max_mib)
        return 0;
    return error_set(err, EINVAL,
                     "-mem_max_mib: %" PRIu64 " MiB is above %" PRIu64
                     " MiB, the most for a guest whose memory below 4 GiB ends at %#" PRIx64,
                     request->max_mib, max_mib, lowmem_end);
}

// --- the hole ---

static int check_request(const struct layout_request *request, struct error *err) {
    if (request->max_mib < MIN_MIB)
        return error_set(err, EINVAL, "-mem_max_mib: %" PRIu64 " MiB is below %d MiB",
                         request->max_mib, MIN_MIB);
    if (request->start_mib > request->max_mib)
        return error_set(err, EINVAL,
                         "-mem_start_mib: %" PRIu64 " MiB exceeds -mem_max_mib, %" PRIu64 " MiB",
                         request->start_mib, request->max_mib);
    if (request->hole_bytes > HOLE_MAX || request->hole_bytes % MIB)
        return error_set(err, EINVAL,
                         "Xenstore key platform/mmio_hole_size: %#" PRIx64
                         " is not a multiple of 1 MiB up to %#llx",
                         request->hole_bytes, HOLE_MAX);
    return 0;
}

static uint64_t larger(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

// What hvmloader's own devices and the guest's will take of the hole. More than the hole can ever
// be counts as that.
static uint64_t hole_needed(const struct layout_request *request) {
    uint64_t needed = LAYOUT_HOLE_DEFAULT * (request->vgpu ? 2 : 1);

    return request->bar_bytes < GIB4 ? needed + request->bar_bytes : GIB4;
}

// Doubles the hole until everything fits, but leaves a hole of a power of two at 2 GiB at most:
// then large BARs have to go above RAM.
static uint64_t size_hole(const struct layout_request *request) {
    uint64_t needed = hole_needed(request);
    uint64_t size = larger(LAYOUT_HOLE_DEFAULT, request->hole_bytes);

    if (request->vgpu)
        size = larger(size, 2 * LAYOUT_HOLE_DEFAULT);
    while (size < needed && (uint32_t)(2 * size) != 0)
        size *= 2;
    return request->mxgpu ? larger(size, HOLE_MXGPU) : size;
}

static int check_hole(const struct layout_request *request, uint64_t hole, struct error *err) {
    if (hole <= HOLE_MAX)
        return 0;
    return error_set(err, EINVAL,
                     "Xenstore key platform/mmio_hole_size: a hole of %#" PRIx64
                     " bytes, doubled for %#" PRIx64
                     " bytes of PCI devices' BARs, leaves no memory below 4 GiB; a power of two "
                     "would not",
                     request->hole_bytes, request->bar_bytes);
}

// --- reserved memory ---

struct span {
    uint64_t start, end; // bytes
};

static bool overlap(struct span a, struct span b) {
    return a.start < b.end && b.start < a.end;
}

static struct span reserved_span(const struct layout_reserved *reserved) {
    const struct range *range = &reserved->range;

    return (struct span){range->gfn << PAGE_SHIFT, (range->gfn + range->nr_pages) << PAGE_SHIFT};
}

static int refuse(const struct layout_reserved *reserved, const char *why, struct error *err) {
    const struct span span = reserved_span(reserved);

    return error_set(err, EINVAL,
                     "PCI device %s: its reserved memory %#" PRIx64 "..%#" PRIx64 " %s",
                     reserved->device, span.start, span.end - 1, why);
}

bool layout_is_in_first_mib(const struct range *reserved) {
    return reserved->gfn < MIB >> PAGE_SHIFT;
}

static int check_reserved(const struct layout_reserved *reserved, struct error *err) {
    const struct span span = reserved_span(reserved);

    if (layout_is_in_first_mib(&reserved->range))
        return refuse(reserved,
                      "is in the first megabyte, where the guest's firmware is (-force overrides)",
                      err);
    if (overlap(span, (struct span){FIRMWARE_AREA, GIB4}))
        return refuse(reserved, "is where the guest's ACPI tables and special pages are", err);
    return 0;
}

// Makes RAM below 4 GiB end before reserved memory that it reaches. The rest moves up.
static int cut_lowmem(struct layout *layout, const struct layout_reserved *reserved,
                      struct error *err) {
    const uint64_t start = reserved_span(reserved).start;

    if (start >= layout->lowmem_end)
        return 0;
    if (start < LOWMEM_MIN)
        return refuse(reserved, "leaves the guest less than 256 MiB below 4 GiB", err);
    layout->highmem_end += layout->lowmem_end - start;
    layout->lowmem_end = layout->mmio_start = start;
    layout->mmio_size = GIB4 - start;
    return 0;
}

// --- e820 ---

static struct span span_of(const struct e820entry *entry) {
    return (struct span){entry->addr, entry->addr + entry->size};
}

static int add_e820(struct layout *layout, struct span span, uint32_t type, struct error *err) {
    if (span.start >= span.end)
        return 0;
    if (layout->nr_e820 == LAYOUT_MAX_E820)
        return error_set(err, ENOSPC,
                         "the PCI devices' reserved memory is in more pieces than the %d that a "
                         "memory map can have",
                         LAYOUT_MAX_E820);
    layout->e820[layout->nr_e820++] =
        (struct e820entry){.addr = span.start, .size = span.end - span.start, .type = type};
    return 0;
}

// Devices may share reserved memory: it becomes one entry.
static int add_reserved(struct layout *layout, struct span span, struct error *err) {
    uint32_t i = 0;

    while (i < layout->nr_e820) {
        struct span other = span_of(&layout->e820[i]);

        if (!overlap(span, other)) {
            i++;
            continue;
        }
        span.start = other.start < span.start ? other.start : span.start;
        span.end = larger(other.end, span.end);
        layout->e820[i] = layout->e820[--layout->nr_e820];
        i = 0;
    }
    return add_e820(layout, span, E820_RESERVED, err);
}

static int place_range(struct layout *layout, const struct layout_reserved *reserved,
                       struct error *err) {
    int rc;

    if (reserved->range.gfn >= MAX_FRAME || reserved->range.nr_pages > MAX_FRAME)
        return error_set(err, EINVAL, "PCI device %s: its reserved memory is at frame %#" PRIx64,
                         reserved->device, reserved->range.gfn);
    rc = check_reserved(reserved, err);
    if (!rc)
        rc = cut_lowmem(layout, reserved, err);
    return rc ? rc : add_reserved(layout, reserved_span(reserved), err);
}

static int place_reserved(struct layout *layout, const struct layout_request *request,
                          struct error *err) {
    int rc = 0;

    for (size_t i = 0; i < request->nr_reserved && !rc; i++)
        rc = place_range(layout, &request->reserved[i], err);
    return rc;
}

// To be called when it is known where reserved memory has moved RAM.
static int add_ram(struct layout *layout, const struct layout_request *request, struct error *err) {
    const struct span high = {GIB4, layout->highmem_end};
    int rc;

    for (size_t i = 0; i < request->nr_reserved; i++) {
        if (overlap(high, reserved_span(&request->reserved[i])))
            return refuse(&request->reserved[i], "is where the guest has memory above 4 GiB", err);
    }
    rc = add_e820(layout, (struct span){MIB, layout->lowmem_end}, E820_RAM, err);
    return rc ? rc : add_e820(layout, high, E820_RAM, err);
}

static bool is_free(const struct layout *layout, struct span span) {
    for (uint32_t i = 0; i < layout->nr_e820; i++) {
        if (overlap(span, span_of(&layout->e820[i])))
            return false;
    }
    return true;
}

static int place_vram(struct layout *layout, struct error *err) {
    uint64_t start = VRAM_HIGHEST;

    while (start >= layout->mmio_start &&
           !is_free(layout, (struct span){start, start + LAYOUT_VRAM_BYTES}))
        start -= LAYOUT_VRAM_BYTES;
    if (start < layout->mmio_start)
        return error_set(err, EINVAL,
                         "PCI devices' reserved memory leaves no room for a vGPU's video memory");
    layout->vram_start = start;
    return add_e820(layout, (struct span){start, start + LAYOUT_VRAM_BYTES}, E820_RESERVED, err);
}

static int compare_e820(const void *a, const void *b) {
    const struct e820entry *left = a, *right = b;

    return (left->addr > right->addr) - (left->addr < right->addr);
}

static int make_e820(struct layout *layout, const struct layout_request *request,
                     struct error *err) {
    int rc;

    rc = place_reserved(layout, request, err);
    if (!rc)
        rc = check_end(request, layout->lowmem_end, err);
    if (!rc)
        rc = add_ram(layout, request, err);
    if (!rc && request->vgpu)
        rc = place_vram(layout, err);
    // hvmloader, the only reader that could care, looks entries up by address and type, never by
    // position, and sorts the map itself for the guest; systems that read it from Xen get it sorted
    // this way.
    if (!rc)
        qsort(layout->e820, layout->nr_e820, sizeof(layout->e820[0]), compare_e820);
    return rc;
}

int layout_make(const struct layout_request *request, struct layout *ret, struct error *err) {
    uint64_t hole = size_hole(request);
    struct layout layout;
    uint64_t bytes;
    int rc;

    rc = check_request(request, err);
    if (!rc)
        rc = check_hole(request, hole, err);
    if (!rc)
        rc = check_end(request, GIB4 - hole, err);
    if (rc)
        return rc;
    bytes = request->max_mib * MIB;
    layout = (struct layout){
        .lowmem_end = bytes < GIB4 - hole ? bytes : GIB4 - hole,
        .mmio_start = GIB4 - hole,
        .mmio_size = hole,
        .max_pages = request->max_mib * PAGES_PER_MIB,
        .target_pages = request->start_mib * PAGES_PER_MIB,
        .bars_fit = hole_needed(request) <= hole,
        .left_out = {VGA_HOLE_GFN, VGA_HOLE_END_GFN - VGA_HOLE_GFN},
    };
    layout.highmem_end = GIB4 + (bytes - layout.lowmem_end);
    rc = make_e820(&layout, request, err);
    if (!rc)
        *ret = layout;
    return rc;
}

int layout_ram_ranges(const struct layout *layout, struct ranges *ranges) {
    const struct range *out = &layout->left_out;
    uint64_t low_end = layout->lowmem_end >> PAGE_SHIFT;
    uint64_t high = GIB4 >> PAGE_SHIFT;
    int rc;

    rc = ranges_add(ranges, 0, out->gfn);
    if (!rc)
        rc = ranges_add(ranges, out->gfn + out->nr_pages, low_end - out->gfn - out->nr_pages);
    if (!rc)
        rc = ranges_add(ranges, high, (layout->highmem_end >> PAGE_SHIFT) - high);
    return rc;
}
