// The leaves that sockets of several cores show, for both kinds of CPU.

#include <string.h>

#include "lib/guest/topology.h"
#include "tests/unit/unit.h"

#define NONE XEN_CPUID_NO_SUBLEAF
#define INTEL_EBX 0x756e6547
#define AMD_EBX 0x68747541
#define HYGON_EBX 0x6f677948

enum { LEAF_0, LEAF_1, CACHE_0, CACHE_1, CACHE_END, LEAF_7, EXT_1, EXT_8, NR_LEAVES };

static void fill(xen_cpuid_leaf_t leaves[NR_LEAVES], uint32_t vendor) {
    const xen_cpuid_leaf_t all[NR_LEAVES] = {
        [LEAF_0] = {0, NONE, 0xd, vendor, 1, 2},
        [LEAF_1] = {1, NONE, 0x306f2, 0x02200833, 0xf7fa3203, 0x0fcbfbff},
        [CACHE_0] = {4, 0, 0x1c004121, 0x01c0003f, 0x3f, 0},
        [CACHE_1] = {4, 1, 0x3c03c163, 0x04c0003f, 0x6fff, 6},
        [CACHE_END] = {4, 2, 0, 0, 0, 0},
        [LEAF_7] = {7, 0, 2, 0x7ab, 0, 0},
        [EXT_1] = {0x80000001, NONE, 0, 0, 0x21, 0x2c100800},
        [EXT_8] = {0x80000008, NONE, 0x302e, 0, 0xabcd503f, 0},
    };

    memcpy(leaves, all, sizeof(all));
}

struct vector {
    unsigned cores;
    uint32_t logical, intel_cores, amd_cores;
};

// Twice as many APIC ids as cores; where a field is too narrow, its largest value.
static const struct vector vectors[] = {
    {1, 2, 1, 1},     {2, 4, 3, 3},       {4, 8, 7, 7},       {16, 32, 31, 31},
    {32, 64, 63, 63}, {64, 128, 63, 127}, {96, 192, 63, 191}, {128, 255, 63, 255},
};

static void check_leaf_1(const xen_cpuid_leaf_t *leaf, uint32_t logical) {
    ck_assert_uint_eq(leaf->b, (0x02200833 & ~0xff0000U) | logical << 16);
    ck_assert_uint_eq(leaf->d, 0x1fcbfbff);
    ck_assert_uint_eq(leaf->a, 0x306f2);
    ck_assert_uint_eq(leaf->c, 0xf7fa3203);
}

START_TEST(test_intel) {
    const struct vector *v = &vectors[_i];
    xen_cpuid_leaf_t leaves[NR_LEAVES], before[NR_LEAVES];

    fill(leaves, INTEL_EBX);
    fill(before, INTEL_EBX);
    topology_edit(leaves, NR_LEAVES, v->cores);
    check_leaf_1(&leaves[LEAF_1], v->logical);
    ck_assert_uint_eq(leaves[CACHE_0].a, v->intel_cores << 26 | 0x121);
    ck_assert_uint_eq(leaves[CACHE_1].a, v->intel_cores << 26 | 0x163);
    ck_assert_uint_eq(leaves[CACHE_1].b, before[CACHE_1].b);
    ck_assert_mem_eq(&leaves[CACHE_END], &before[CACHE_END], 3 * sizeof(leaves[0]));
    ck_assert_mem_eq(&leaves[EXT_8], &before[EXT_8], sizeof(leaves[0]));
}
END_TEST

static void check_amd(uint32_t vendor, const struct vector *v) {
    xen_cpuid_leaf_t leaves[NR_LEAVES], before[NR_LEAVES];

    fill(leaves, vendor);
    fill(before, vendor);
    topology_edit(leaves, NR_LEAVES, v->cores);
    check_leaf_1(&leaves[LEAF_1], v->logical);
    ck_assert_mem_eq(&leaves[CACHE_0], &before[CACHE_0], 4 * sizeof(leaves[0]));
    ck_assert_uint_eq(leaves[EXT_1].c, 0x23);
    ck_assert_uint_eq(leaves[EXT_8].c, 0xabcd0000 | v->amd_cores);
    ck_assert_uint_eq(leaves[EXT_8].a, before[EXT_8].a);
}

START_TEST(test_amd) {
    check_amd(AMD_EBX, &vectors[_i]);
    check_amd(HYGON_EBX, &vectors[_i]);
}
END_TEST

START_TEST(test_other_vendor) {
    xen_cpuid_leaf_t leaves[NR_LEAVES], before[NR_LEAVES];

    fill(leaves, 0x746e6543);
    fill(before, 0x746e6543);
    topology_edit(leaves, NR_LEAVES, 4);
    check_leaf_1(&leaves[LEAF_1], 8);
    ck_assert_mem_eq(&leaves[CACHE_0], &before[CACHE_0], 6 * sizeof(leaves[0]));
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("topology");

    tcase_add_loop_test(tcase, test_intel, 0, ARRAY_SIZE(vectors));
    tcase_add_loop_test(tcase, test_amd, 0, ARRAY_SIZE(vectors));
    tcase_add_test(tcase, test_other_vendor);
    return unit_run("topology", tcase);
}
