// Memory layout and e820 arithmetic. The vectors are the layouts that xenopsd, QEMU and hvmloader
// rely on; those that end in an error, or differ in the hole, are ones that no device model could
// follow.

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/memory/layout.h"
#include "tests/unit/unit.h"

#define RAM E820_RAM
#define RES E820_RESERVED
#define MIB16 0x1000000ULL
#define MIB 0x100000ULL
#define GIB 0x40000000ULL

struct e820_vector {
    uint64_t start, size;
    uint32_t type;
};

struct vector {
    const char *name;
    uint64_t max_mib, key, bars;
    bool vgpu, mxgpu;
    struct range reserved[3]; // frames; none: the end
    uint64_t hole, lowmem_end, highmem_end;
    struct e820_vector e820[5]; // size 0: the end
};

static const struct vector vectors[] = {
    {.name = "512 MiB",
     .max_mib = 512,
     .hole = 0x10000000,
     .lowmem_end = 0x20000000,
     .highmem_end = 0x100000000,
     .e820 = {{0x100000, 0x1ff00000, RAM}}},
    {.name = "exactly up to the hole",
     .max_mib = 3840,
     .hole = 0x10000000,
     .lowmem_end = 0xf0000000,
     .highmem_end = 0x100000000,
     .e820 = {{0x100000, 0xeff00000, RAM}}},
    {.name = "one MiB beyond",
     .max_mib = 3841,
     .hole = 0x10000000,
     .lowmem_end = 0xf0000000,
     .highmem_end = 0x100100000,
     .e820 = {{0x100000, 0xeff00000, RAM}, {0x100000000, 0x100000, RAM}}},
    {.name = "4 GiB",
     .max_mib = 4096,
     .hole = 0x10000000,
     .lowmem_end = 0xf0000000,
     .highmem_end = 0x110000000,
     .e820 = {{0x100000, 0xeff00000, RAM}, {0x100000000, 0x10000000, RAM}}},
    {.name = "smallest",
     .max_mib = 2,
     .hole = 0x10000000,
     .lowmem_end = 0x200000,
     .highmem_end = 0x100000000,
     .e820 = {{0x100000, 0x100000, RAM}}},
    {.name = "BAR of 16 MiB",
     .max_mib = 8192,
     .bars = MIB16,
     .hole = 0x20000000,
     .lowmem_end = 0xe0000000,
     .highmem_end = 0x220000000,
     .e820 = {{0x100000, 0xdff00000, RAM}, {0x100000000, 0x120000000, RAM}}},
    {.name = "BARs of 1 GiB and 32 MiB",
     .max_mib = 8192,
     .bars = GIB + 32 * MIB,
     .hole = 0x80000000,
     .lowmem_end = 0x80000000,
     .highmem_end = 0x280000000,
     .e820 = {{0x100000, 0x7ff00000, RAM}, {0x100000000, 0x180000000, RAM}}},
    {.name = "BAR of 16 GiB",
     .max_mib = 8192,
     .bars = 16 * GIB,
     .hole = 0x80000000,
     .lowmem_end = 0x80000000,
     .highmem_end = 0x280000000,
     .e820 = {{0x100000, 0x7ff00000, RAM}, {0x100000000, 0x180000000, RAM}}},
    {.name = "MxGPU",
     .max_mib = 8192,
     .bars = 258 * MIB,
     .mxgpu = true,
     .hole = 0x80000000,
     .lowmem_end = 0x80000000,
     .highmem_end = 0x280000000,
     .e820 = {{0x100000, 0x7ff00000, RAM}, {0x100000000, 0x180000000, RAM}}},
    {.name = "vGPU",
     .max_mib = 4096,
     .vgpu = true,
     .hole = 0x20000000,
     .lowmem_end = 0xe0000000,
     .highmem_end = 0x120000000,
     .e820 = {{0x100000, 0xdff00000, RAM},
              {0xfb000000, 0x1000000, RES},
              {0x100000000, 0x20000000, RAM}}},
    {.name = "key of 1 GiB",
     .max_mib = 4096,
     .key = 0x40000000,
     .hole = 0x40000000,
     .lowmem_end = 0xc0000000,
     .highmem_end = 0x140000000,
     .e820 = {{0x100000, 0xbff00000, RAM}, {0x100000000, 0x40000000, RAM}}},
    {.name = "key below the default",
     .max_mib = 4096,
     .key = 0x08000000,
     .hole = 0x10000000,
     .lowmem_end = 0xf0000000,
     .highmem_end = 0x110000000,
     .e820 = {{0x100000, 0xeff00000, RAM}, {0x100000000, 0x10000000, RAM}}},
    {.name = "vGPU and a key of 768 MiB",
     .max_mib = 4096,
     .vgpu = true,
     .key = 0x30000000,
     .hole = 0x30000000,
     .lowmem_end = 0xd0000000,
     .highmem_end = 0x130000000,
     .e820 = {{0x100000, 0xcff00000, RAM},
              {0xfb000000, 0x1000000, RES},
              {0x100000000, 0x30000000, RAM}}},
    {.name = "RMRR",
     .max_mib = 8192,
     .bars = MIB16,
     .reserved = {{0x7b800, 0x400}},
     .hole = 0x84800000,
     .lowmem_end = 0x7b800000,
     .highmem_end = 0x284800000,
     .e820 = {{0x100000, 0x7b700000, RAM},
              {0x7b800000, 0x400000, RES},
              {0x100000000, 0x184800000, RAM}}},
    {.name = "two RMRRs",
     .max_mib = 8192,
     .bars = MIB16,
     .reserved = {{0x7b800, 0x400}, {0x7a000, 1}},
     .hole = 0x86000000,
     .lowmem_end = 0x7a000000,
     .highmem_end = 0x286000000,
     .e820 = {{0x100000, 0x79f00000, RAM},
              {0x7a000000, 0x1000, RES},
              {0x7b800000, 0x400000, RES},
              {0x100000000, 0x186000000, RAM}}},
    {.name = "vGPU and an RMRR where its memory would be",
     .max_mib = 4096,
     .vgpu = true,
     .reserved = {{0xfa800, 0x1800}},
     .hole = 0x20000000,
     .lowmem_end = 0xe0000000,
     .highmem_end = 0x120000000,
     .e820 = {{0x100000, 0xdff00000, RAM},
              {0xf9000000, 0x1000000, RES},
              {0xfa800000, 0x1800000, RES},
              {0x100000000, 0x20000000, RAM}}},
    {.name = "key of 768 MiB and BARs of 1.5 GiB",
     .max_mib = 8192,
     .key = 0x30000000,
     .bars = 3 * GIB / 2,
     .hole = 0xc0000000,
     .lowmem_end = 0x40000000,
     .highmem_end = 0x2c0000000,
     .e820 = {{0x100000, 0x3ff00000, RAM}, {0x100000000, 0x1c0000000, RAM}}},
    // RAM of a small guest did not reach the hole. The device model takes it to go up to the hole,
    // so the hole must start where RAM now ends: 0x84800000, not 0x24800000.
    {.name = "small guest and an RMRR: hole and RAM agree",
     .max_mib = 2048,
     .bars = MIB16,
     .reserved = {{0x7b800, 0x400}},
     .hole = 0x84800000,
     .lowmem_end = 0x7b800000,
     .highmem_end = 0x104800000,
     .e820 = {{0x100000, 0x7b700000, RAM},
              {0x7b800000, 0x400000, RES},
              {0x100000000, 0x4800000, RAM}}},
    {.name = "RMRR shared by devices, in two parts that overlap",
     .max_mib = 512,
     .bars = MIB16,
     .reserved = {{0x7b800, 0x400}, {0x7b800, 0x400}, {0x7ba00, 0x400}},
     .hole = 0x20000000,
     .lowmem_end = 0x20000000,
     .highmem_end = 0x100000000,
     .e820 = {{0x100000, 0x1ff00000, RAM}, {0x7b800000, 0x600000, RES}}},
    {.name = "RMRR above memory",
     .max_mib = 4096,
     .bars = MIB16,
     .reserved = {{0x200000, 1}},
     .hole = 0x20000000,
     .lowmem_end = 0xe0000000,
     .highmem_end = 0x120000000,
     .e820 = {{0x100000, 0xdff00000, RAM},
              {0x100000000, 0x20000000, RAM},
              {0x200000000, 0x1000, RES}}},
};

// Each range is another device's, 05.0 to 05.2; the first without pages ends the list.
static size_t list_reserved(const struct range ranges[3], struct layout_reserved ret[3]) {
    size_t nr = 0;

    while (nr < 3 && ranges[nr].nr_pages) {
        ret[nr].range = ranges[nr];
        snprintf(ret[nr].device, sizeof(ret[nr].device), "0000:00:05.%zu", nr);
        nr++;
    }
    return nr;
}

static void check_e820(const struct layout *layout, const struct vector *v) {
    uint32_t nr = 0;

    while (nr < ARRAY_SIZE(v->e820) && v->e820[nr].size) {
        ck_assert_msg(layout->e820[nr].addr == v->e820[nr].start, "%s", v->name);
        ck_assert_msg(layout->e820[nr].size == v->e820[nr].size, "%s", v->name);
        ck_assert_msg(layout->e820[nr].type == v->e820[nr].type, "%s", v->name);
        nr++;
    }
    ck_assert_msg(layout->nr_e820 == nr, "%s: %u entries", v->name, layout->nr_e820);
}

START_TEST(test_vectors) {
    const struct vector *v = &vectors[_i];
    struct layout_reserved reserved[3];
    const struct layout_request request = {
        .max_mib = v->max_mib,
        .start_mib = v->max_mib,
        .hole_bytes = v->key,
        .bar_bytes = v->bars,
        .vgpu = v->vgpu,
        .mxgpu = v->mxgpu,
        .reserved = reserved,
        .nr_reserved = list_reserved(v->reserved, reserved),
    };
    struct layout layout;
    struct error err = {0};

    ck_assert_msg(layout_make(&request, &layout, &err) == 0, "%s: %s", v->name, err.text);
    ck_assert_msg(layout.mmio_size == v->hole, "%s", v->name);
    ck_assert_msg(layout.lowmem_end == v->lowmem_end, "%s", v->name);
    ck_assert_msg(layout.highmem_end == v->highmem_end, "%s", v->name);
    ck_assert_uint_eq(layout.mmio_start + layout.mmio_size, 1ULL << 32);
    ck_assert_uint_eq(layout.max_pages, v->max_mib * 256);
    ck_assert_msg((layout.lowmem_end + layout.highmem_end - (1ULL << 32)) >> 12 == layout.max_pages,
                  "%s", v->name);
    // What the device model derives from the size of the hole.
    ck_assert_msg(layout.lowmem_end ==
                      (v->max_mib * MIB < layout.mmio_start ? v->max_mib * MIB : layout.mmio_start),
                  "%s", v->name);
    check_e820(&layout, v);
}
END_TEST

struct refusal {
    const char *name;
    uint64_t max_mib, start_mib, key, bars;
    bool vgpu;
    struct range reserved[3];
    const char *text;
};

static const struct refusal refusals[] = {
    {.name = "empty first entry", .max_mib = 1, .start_mib = 1, .text = "-mem_max_mib: 1"},
    {.name = "start above max", .max_mib = 512, .start_mib = 513, .text = "-mem_start_mib: 513"},
    {.name = "key of 4 GiB",
     .max_mib = 512,
     .start_mib = 512,
     .key = 4 * GIB,
     .text = "mmio_hole_size: 0x100000000 "},
    {.name = "key of all ones",
     .max_mib = 512,
     .start_mib = 512,
     .key = UINT64_MAX,
     .text = "mmio_hole_size: 0xffffffffffffffff "},
    {.name = "key that leaves 255 MiB",
     .max_mib = 512,
     .start_mib = 512,
     .key = 4 * GIB - 255 * MIB,
     .text = "up to 0xf0000000"},
    {.name = "unaligned key",
     .max_mib = 512,
     .start_mib = 512,
     .key = 0x10000800,
     .text = "platform/mmio_hole_size: 0x10000800 is not a multiple of 1 MiB"},
    {.name = "doubled beyond 4 GiB",
     .max_mib = 8192,
     .start_mib = 8192,
     .key = 0x30000000,
     .bars = 15 * GIB / 4,
     .text = "power of two"},
    {.name = "doubled beyond 4 GiB by a huge BAR",
     .max_mib = 8192,
     .start_mib = 8192,
     .key = 0x30000000,
     .bars = UINT64_MAX,
     .text = "power of two"},
    {.name = "RMRR in the first MiB",
     .max_mib = 8192,
     .start_mib = 8192,
     .reserved = {{0x80000, 1}, {0xe8, 8}},
     .text = "PCI device 0000:00:05.1: its reserved memory 0xe8000..0xeffff is in the first meg"},
    {.name = "RMRR that leaves little low memory",
     .max_mib = 8192,
     .start_mib = 8192,
     .reserved = {{0xffff, 1}},
     .text = "256 MiB"},
    {.name = "RMRR among ACPI tables",
     .max_mib = 8192,
     .start_mib = 8192,
     .reserved = {{0xfc001, 1}},
     .text = "special pages"},
    {.name = "RMRR across 4 GiB",
     .max_mib = 512,
     .start_mib = 512,
     .reserved = {{0xf0000, 0x20000}},
     .text = "special pages"},
    {.name = "RMRR in high memory",
     .max_mib = 8192,
     .start_mib = 8192,
     .reserved = {{0x100000, 1}},
     .text = "above 4 GiB"},
    {.name = "RMRR in the high memory that another one makes",
     .max_mib = 8192,
     .start_mib = 8192,
     .reserved = {{0x210000, 1}, {0x7b800, 0x400}},
     .text = "0000:00:05.0: its reserved memory 0x210000000..0x210000fff is where the guest has"},
    {.name = "RMRR beyond all addresses",
     .max_mib = 512,
     .start_mib = 512,
     .reserved = {{UINT64_MAX >> 12, 2}},
     .text = "frame"},
    {.name = "RMRR of all frames",
     .max_mib = 512,
     .start_mib = 512,
     .reserved = {{0x7b800, UINT64_MAX}},
     .text = "frame"},
    {.name = "no room for a vGPU",
     .max_mib = 4096,
     .start_mib = 4096,
     .vgpu = true,
     .reserved = {{0xe0000, 0x1c000}},
     .text = "video memory"},
};

START_TEST(test_refusals) {
    const struct refusal *r = &refusals[_i];
    struct layout_reserved reserved[3];
    const struct layout_request request = {
        .max_mib = r->max_mib,
        .start_mib = r->start_mib,
        .hole_bytes = r->key,
        .bar_bytes = r->bars,
        .vgpu = r->vgpu,
        .reserved = reserved,
        .nr_reserved = list_reserved(r->reserved, reserved),
    };
    struct layout layout = {.max_pages = 77};
    struct error err = {0};

    ck_assert_msg(layout_make(&request, &layout, &err) == -EINVAL, "%s", r->name);
    ck_assert_msg(strstr(err.text, r->text) != NULL, "%s: %s", r->name, err.text);
    ck_assert_uint_eq(layout.max_pages, 77);
    error_done(&err);
}
END_TEST

// Xen takes 128 entries; RAM is one of them.
START_TEST(test_reserved_ranges_beyond_the_table) {
    struct layout_reserved list[128];
    struct layout_request request = {
        .max_mib = 512, .start_mib = 512, .reserved = list, .nr_reserved = 127};
    struct layout layout;
    struct error err = {0};

    for (size_t i = 0; i < 128; i++)
        list[i] = (struct layout_reserved){.range = {0x80000 + 2 * i, 1}};
    ck_assert_int_eq(layout_make(&request, &layout, &err), 0);
    ck_assert_uint_eq(layout.nr_e820, 128);
    request.nr_reserved = 128;
    ck_assert_int_eq(layout_make(&request, &layout, &err), -ENOSPC);
    ck_assert(strstr(err.text, "128") != NULL);
    error_done(&err);
}
END_TEST

START_TEST(test_vram_region) {
    const struct layout_request request = {.max_mib = 4096, .start_mib = 4096, .vgpu = true};
    struct layout layout;
    struct error err = {0};

    ck_assert_int_eq(layout_make(&request, &layout, &err), 0);
    ck_assert_uint_eq(layout.vram_start, 0xfb000000);
    // It must stay clear of ACPI tables and the special pages.
    ck_assert_uint_le(layout.vram_start + LAYOUT_VRAM_BYTES, 0xfc000000);
}
END_TEST

START_TEST(test_bars_that_do_not_fit_are_told) {
    struct layout_request request = {.max_mib = 8192, .start_mib = 8192, .bar_bytes = 16 * GIB};
    struct layout layout;
    struct error err = {0};

    ck_assert_int_eq(layout_make(&request, &layout, &err), 0);
    ck_assert(!layout.bars_fit);
    request.bar_bytes = GIB;
    ck_assert_int_eq(layout_make(&request, &layout, &err), 0);
    ck_assert(layout.bars_fit);
}
END_TEST

// hvm_info has the number of the page at which memory ends, in 32 bits, and Xen the number of
// pages. Each row is the most that can be had: the end is below 2^32 pages, and 1 MiB more is not.
struct limit {
    const char *name;
    uint64_t key, bars;
    struct range reserved[3];
    uint64_t max_mib;
};

static const struct limit limits[] = {
    {.name = "smallest hole", .max_mib = 16777216 - 256 - 1},
    {.name = "hole of 512 MiB", .bars = MIB16, .max_mib = 16777216 - 512 - 1},
    {.name = "hole of 1 GiB", .key = GIB, .max_mib = 16777216 - 1024 - 1},
    {.name = "hole of 2 GiB", .bars = 16 * GIB, .max_mib = 16777216 - 2048 - 1},
    {.name = "largest hole", .key = 0xf0000000, .max_mib = 16777216 - 3840 - 1},
    // RAM below ends at 1976 MiB, or one page below.
    {.name = "RMRR", .reserved = {{0x7b800, 0x400}}, .max_mib = 16777216 - 2120 - 1},
    {.name = "RMRR at an odd page", .reserved = {{0x7b7ff, 1}}, .max_mib = 16777216 - 2120 - 1},
    {.name = "RMRR before an odd page", .reserved = {{0x7b801, 1}}, .max_mib = 16777216 - 2120},
};

static struct layout_request limit_request(const struct limit *l, struct layout_reserved list[3]) {
    return (struct layout_request){
        .max_mib = l->max_mib,
        .start_mib = 512,
        .hole_bytes = l->key,
        .bar_bytes = l->bars,
        .reserved = list,
        .nr_reserved = list_reserved(l->reserved, list),
    };
}

START_TEST(test_largest) {
    const struct limit *l = &limits[_i];
    struct layout_reserved list[3];
    const struct layout_request request = limit_request(l, list);
    struct ranges ranges = {0};
    struct error err = {0};
    struct layout layout;

    ck_assert_msg(layout_make(&request, &layout, &err) == 0, "%s: %s", l->name, err.text);
    ck_assert_uint_le(layout.highmem_end >> 12, UINT32_MAX);
    ck_assert_uint_gt((layout.highmem_end >> 12) + 256, UINT32_MAX);
    ck_assert_uint_eq(layout.max_pages, l->max_mib * 256);
    ck_assert_uint_eq(layout.target_pages, 512ULL * 256);
    ck_assert_int_eq(layout_ram_ranges(&layout, &ranges), 0);
    ck_assert_uint_eq(ranges_pages(&ranges), l->max_mib * 256 - 0x20);
    ranges_done(&ranges);
}
END_TEST

static const uint64_t beyond[] = {1, 256, 4096, 16777216, UINT64_C(1) << 32, UINT64_C(1) << 44};

static void check_too_large(const struct limit *l, uint64_t by) {
    struct layout_reserved list[3];
    struct layout_request request = limit_request(l, list);
    struct error err = {0};
    struct layout layout;
    char most[32];

    request.max_mib += by;
    request.start_mib = by % 2 ? request.max_mib : 512;
    ck_assert_msg(layout_make(&request, &layout, &err) == -EINVAL, "%s by %llu", l->name,
                  (unsigned long long)by);
    ck_assert_msg(strstr(err.text, "-mem_max_mib: ") == err.text, "%s", err.text);
    // Where reserved memory counts too, the limit told first may be that of the hole.
    snprintf(most, sizeof(most), " above %llu MiB", (unsigned long long)l->max_mib);
    ck_assert_msg(strstr(err.text, most) || (by > 1 && l->reserved[0].nr_pages), "%s", err.text);
    error_done(&err);
}

START_TEST(test_too_large) {
    for (size_t i = 0; i < ARRAY_SIZE(beyond); i++)
        check_too_large(&limits[_i], beyond[i]);
}
END_TEST

START_TEST(test_largest_of_all) {
    ck_assert_uint_eq(LAYOUT_MAX_MIB, limits[0].max_mib);
}
END_TEST

static void check_ranges(const struct layout *layout, const struct range *expected, size_t nr) {
    struct ranges ranges = {0};

    ck_assert_int_eq(layout_ram_ranges(layout, &ranges), 0);
    ck_assert_uint_eq(ranges.nr, nr);
    for (size_t i = 0; i < nr; i++) {
        ck_assert_uint_eq(ranges.list[i].gfn, expected[i].gfn);
        ck_assert_uint_eq(ranges.list[i].nr_pages, expected[i].nr_pages);
    }
    ranges_done(&ranges);
}

// The VGA hole and the one below 4 GiB; of a PVH guest the RSDP's frame.
START_TEST(test_ranges_around_holes) {
    const struct layout_request request = {.max_mib = 5120, .start_mib = 5120};
    const struct range hvm[] = {{0, 0xa0}, {0xc0, 0xf0000 - 0xc0}, {0x100000, 0x150000 - 0x100000}};
    const struct range pvh[] = {
        {0, 0xff}, {0x100, 0xf0000 - 0x100}, {0x100000, 0x150000 - 0x100000}};
    struct layout layout;
    struct error err = {0};

    ck_assert_int_eq(layout_make(&request, &layout, &err), 0);
    check_ranges(&layout, hvm, ARRAY_SIZE(hvm));
    ck_assert_int_eq(layout_make_pvh(&request, &layout, &err), 0);
    check_ranges(&layout, pvh, ARRAY_SIZE(pvh));
}
END_TEST

// What the stock program tells a PVH guest, but for the page of the RSDP, which there is RAM as
// well.
static const struct {
    unsigned max_mib, acpi_pages, nr;
    struct e820entry e820[6];
} pvh_maps[] = {
    {1024,
     3,
     5,
     {{0, 0xff000, E820_RAM},
      {0xff000, 0x1000, E820_ACPI},
      {0x100000, 0x3ff00000, E820_RAM},
      {0xfc000000, 0x1000, E820_ACPI},
      {0xfc001000, 0x3000, E820_ACPI}}},
    {3840,
     1,
     5,
     {{0, 0xff000, E820_RAM},
      {0xff000, 0x1000, E820_ACPI},
      {0x100000, 0xeff00000, E820_RAM},
      {0xfc000000, 0x1000, E820_ACPI},
      {0xfc001000, 0x1000, E820_ACPI}}},
    {4096,
     16,
     6,
     {{0, 0xff000, E820_RAM},
      {0xff000, 0x1000, E820_ACPI},
      {0x100000, 0xeff00000, E820_RAM},
      {0xfc000000, 0x1000, E820_ACPI},
      {0xfc001000, 0x10000, E820_ACPI},
      {0x100000000, 0x10000000, E820_RAM}}},
};

START_TEST(test_map_of_pvh_guest) {
    const struct layout_request request = {
        .max_mib = pvh_maps[_i].max_mib, .start_mib = 512, .vgpu = true, .hole_bytes = 1 << 30};
    struct layout layout;
    struct error err = {0};

    ck_assert_int_eq(layout_make_pvh(&request, &layout, &err), 0);
    ck_assert_int_eq(layout_map_pvh(&layout, pvh_maps[_i].acpi_pages, &err), 0);
    ck_assert_uint_eq(layout.mmio_start, 0xf0000000);
    ck_assert_uint_eq(layout.target_pages, 512UL * 256);
    ck_assert_uint_eq(layout.nr_e820, pvh_maps[_i].nr);
    for (unsigned i = 0; i < layout.nr_e820; i++) {
        ck_assert_uint_eq(layout.e820[i].addr, pvh_maps[_i].e820[i].addr);
        ck_assert_uint_eq(layout.e820[i].size, pvh_maps[_i].e820[i].size);
        ck_assert_uint_eq(layout.e820[i].type, pvh_maps[_i].e820[i].type);
    }
}
END_TEST

START_TEST(test_refusals_of_pvh_guest) {
    struct layout_request request = {.max_mib = 1024, .start_mib = 1024};
    struct layout layout = {.max_pages = 7};
    struct error err = {0};

    ck_assert_int_eq(layout_map_pvh(&layout, LAYOUT_MAX_ACPI_PAGES + 1, &err), -ENOSPC);
    request.start_mib = 1025;
    ck_assert_int_eq(layout_make_pvh(&request, &layout, &err), -EINVAL);
    ck_assert_msg(strstr(err.text, "-mem_start_mib") == err.text, "%s", err.text);
    ck_assert_uint_eq(layout.max_pages, 7);
    error_done(&err);
}
END_TEST

// A PV guest's frames are numbered without a hole, and those that it does not start with are not.
START_TEST(test_pv_guest) {
    const struct layout_request request = {
        .max_mib = 8192, .start_mib = 6144, .vgpu = true, .hole_bytes = 1 << 30};
    const struct range all[] = {{0, UINT64_C(6144) * 256}};
    struct layout layout = {.max_pages = 7};
    struct error err = {0};

    ck_assert_int_eq(layout_make_pv(&request, &layout, &err), 0);
    ck_assert_uint_eq(layout.max_pages, UINT64_C(6144) * 256);
    ck_assert_uint_eq(layout.target_pages, UINT64_C(6144) * 256);
    ck_assert_uint_eq(layout.nr_e820, 0);
    check_ranges(&layout, all, ARRAY_SIZE(all));
}
END_TEST

START_TEST(test_refusals_of_pv_guest) {
    const struct layout_request request = {.max_mib = 1024, .start_mib = 1025};
    struct layout layout = {.max_pages = 7};
    struct error err = {0};

    ck_assert_int_eq(layout_make_pv(&request, &layout, &err), -EINVAL);
    ck_assert_msg(strstr(err.text, "-mem_start_mib") == err.text, "%s", err.text);
    ck_assert_uint_eq(layout.max_pages, 7);
    error_done(&err);
}
END_TEST

START_TEST(test_pod_target) {
    const struct layout_request request = {.max_mib = 1024, .start_mib = 256};
    struct layout layout;
    struct error err = {0};

    ck_assert_int_eq(layout_make(&request, &layout, &err), 0);
    ck_assert_uint_eq(layout.max_pages, UINT64_C(1024) * 256);
    ck_assert_uint_eq(layout.target_pages, UINT64_C(256) * 256);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("layout");

    tcase_add_loop_test(tcase, test_vectors, 0, ARRAY_SIZE(vectors));
    tcase_add_loop_test(tcase, test_refusals, 0, ARRAY_SIZE(refusals));
    tcase_add_test(tcase, test_reserved_ranges_beyond_the_table);
    tcase_add_test(tcase, test_vram_region);
    tcase_add_test(tcase, test_bars_that_do_not_fit_are_told);
    tcase_add_loop_test(tcase, test_largest, 0, ARRAY_SIZE(limits));
    tcase_add_loop_test(tcase, test_too_large, 0, ARRAY_SIZE(limits));
    tcase_add_test(tcase, test_largest_of_all);
    tcase_add_test(tcase, test_ranges_around_holes);
    tcase_add_test(tcase, test_pod_target);
    tcase_add_loop_test(tcase, test_map_of_pvh_guest, 0, ARRAY_SIZE(pvh_maps));
    tcase_add_test(tcase, test_refusals_of_pvh_guest);
    tcase_add_test(tcase, test_pv_guest);
    tcase_add_test(tcase, test_refusals_of_pv_guest);
    return unit_run("layout", tcase);
}
