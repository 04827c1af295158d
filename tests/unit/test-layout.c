// Memory layout and e820 arithmetic. The vectors are those of the memory layout that xenopsd, QEMU
// and hvmloader rely on, with the hole already at its final size.

#include <errno.h>
#include <string.h>

#include "lib/memory/layout.h"
#include "tests/unit/unit.h"

struct vector {
    const char *name;
    uint64_t max_mib, hole;
    uint64_t lowmem_end, highmem_end;
    struct {
        uint64_t start, size;
    } e820[2]; // size 0: no entry
};

static const struct vector vectors[] = {
    {"512 MiB", 512, 0x10000000, 0x20000000, 0x100000000, {{0x100000, 0x1ff00000}}},
    {"exactly up to the hole", 3840, 0x10000000, 0xf0000000, 0x100000000, {{0x100000, 0xeff00000}}},
    {"4 GiB",
     4096,
     0x10000000,
     0xf0000000,
     0x110000000,
     {{0x100000, 0xeff00000}, {0x100000000, 0x10000000}}},
    {"one MiB beyond",
     3841,
     0x10000000,
     0xf0000000,
     0x100100000,
     {{0x100000, 0xeff00000}, {0x100000000, 0x100000}}},
    {"8 GiB, hole 512 MiB",
     8192,
     0x20000000,
     0xe0000000,
     0x220000000,
     {{0x100000, 0xdff00000}, {0x100000000, 0x120000000}}},
    {"8 GiB, hole 2 GiB",
     8192,
     0x80000000,
     0x80000000,
     0x280000000,
     {{0x100000, 0x7ff00000}, {0x100000000, 0x180000000}}},
    {"4 GiB, hole 1 GiB",
     4096,
     0x40000000,
     0xc0000000,
     0x140000000,
     {{0x100000, 0xbff00000}, {0x100000000, 0x40000000}}},
    {"smallest", 2, 0x10000000, 0x200000, 0x100000000, {{0x100000, 0x100000}}},
};

START_TEST(test_vectors) {
    const struct vector *v = &vectors[_i];
    const struct layout_request request = {v->max_mib, v->max_mib, v->hole};
    struct layout layout;
    struct error err = {0};
    uint32_t nr = v->e820[1].size ? 2 : 1;

    ck_assert_int_eq(layout_make(&request, &layout, &err), 0);
    ck_assert_msg(layout.lowmem_end == v->lowmem_end, "%s", v->name);
    ck_assert_msg(layout.highmem_end == v->highmem_end, "%s", v->name);
    ck_assert_uint_eq(layout.mmio_size, v->hole);
    ck_assert_uint_eq(layout.mmio_start + layout.mmio_size, 1ULL << 32);
    ck_assert_uint_eq(layout.max_pages, v->max_mib * 256);
    ck_assert_uint_eq(layout.nr_e820, nr);
    for (uint32_t i = 0; i < nr; i++) {
        ck_assert_uint_eq(layout.e820[i].addr, v->e820[i].start);
        ck_assert_uint_eq(layout.e820[i].size, v->e820[i].size);
        ck_assert_uint_eq(layout.e820[i].type, E820_RAM);
    }
}
END_TEST

struct refusal {
    struct layout_request request;
    const char *text;
};

static const struct refusal refusals[] = {
    {{1, 1, LAYOUT_HOLE_DEFAULT}, "below 2 MiB"},
    {{512, 513, LAYOUT_HOLE_DEFAULT}, "exceeds the maximum"},
    {{512, 512, 0x0ff00000}, "MMIO hole"},
    {{512, 512, 0x100000000}, "MMIO hole"},
    {{512, 512, 0x180000000}, "MMIO hole"},
    {{512, 512, 0x10000800}, "MMIO hole"},
};

START_TEST(test_refusals) {
    struct layout layout = {.max_pages = 77};
    struct error err = {0};

    ck_assert_int_eq(layout_make(&refusals[_i].request, &layout, &err), -EINVAL);
    ck_assert_msg(strstr(err.text, refusals[_i].text) != NULL, "%s", err.text);
    ck_assert_uint_eq(layout.max_pages, 77);
    error_done(&err);
}
END_TEST

// A guest of 16 TiB - 1 MiB must not wrap anywhere.
START_TEST(test_largest) {
    const struct layout_request request = {0xffffff, 0xffffff, LAYOUT_HOLE_DEFAULT};
    struct layout layout;
    struct error err = {0};
    struct ranges ranges = {0};

    ck_assert_int_eq(layout_make(&request, &layout, &err), 0);
    ck_assert_uint_eq(layout.highmem_end, (0xffffffULL << 20) + LAYOUT_HOLE_DEFAULT);
    ck_assert_int_eq(layout_ram_ranges(&layout, false, &ranges), 0);
    ck_assert_uint_eq(ranges_pages(&ranges), UINT64_C(0xffffff) * 256);
    ranges_done(&ranges);
}
END_TEST

START_TEST(test_ranges_around_holes) {
    const struct layout_request request = {5120, 5120, LAYOUT_HOLE_DEFAULT};
    const struct range expected[] = {
        {0, 0xa0}, {0xc0, 0xf0000 - 0xc0}, {0x100000, 0x150000 - 0x100000}};
    struct layout layout;
    struct error err = {0};
    struct ranges ranges = {0};

    ck_assert_int_eq(layout_make(&request, &layout, &err), 0);
    ck_assert_int_eq(layout_ram_ranges(&layout, true, &ranges), 0);
    ck_assert_uint_eq(ranges.nr, ARRAY_SIZE(expected));
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        ck_assert_uint_eq(ranges.list[i].gfn, expected[i].gfn);
        ck_assert_uint_eq(ranges.list[i].nr_pages, expected[i].nr_pages);
    }
    ck_assert_uint_eq(ranges_pages(&ranges), 5120 * 256 - 0x20);
    ranges_done(&ranges);
}
END_TEST

START_TEST(test_pod_target) {
    const struct layout_request request = {1024, 256, LAYOUT_HOLE_DEFAULT};
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
    tcase_add_test(tcase, test_largest);
    tcase_add_test(tcase, test_ranges_around_holes);
    tcase_add_test(tcase, test_pod_target);
    return unit_run("layout", tcase);
}
