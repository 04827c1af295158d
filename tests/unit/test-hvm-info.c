// The hvm_info table, byte for byte.

#include <errno.h>
#include <string.h>

#include "lib/guest/hvm-info.h"
#include "tests/unit/unit.h"

struct vector {
    const char *name;
    struct platform platform;
    uint64_t lowmem_end, highmem_end;
    uint8_t checksum, online;
};

// Checksums as a table of 48 bytes that sums up to zero must have them.
static const struct vector vectors[] = {
    {"two vCPUs",
     {.nr_vcpus = 2, .nr_vcpus_online = 2, .apic = true},
     0xf0000000,
     0x110000000,
     0x85,
     0x03},
    {"one of four",
     {.nr_vcpus = 4, .nr_vcpus_online = 1, .apic = true},
     0x20000000,
     0x100000000,
     0x93,
     0x01},
    {"no APIC",
     {.nr_vcpus = 8, .nr_vcpus_online = 8, .apic = false},
     0xe0000000,
     0x220000000,
     0x74,
     0xff},
};

static void put_u32(uint8_t *p, uint64_t value) {
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

// The table as the domain builder leaves it.
static void make_page(uint8_t page[4096], const struct vector *v) {
    uint8_t *table = page + HVM_INFO_PAGE_OFFSET;

    memset(page, 0xee, 4096);
    memset(table, 0, 48);
    memcpy(table, "HVM INFO", 8);
    put_u32(table + 8, 48);
    table[12] = 0x5a;
    table[13] = 1;
    put_u32(table + 16, 1);
    put_u32(table + 20, v->lowmem_end >> 12);
    put_u32(table + 24, 0xfeff0);
    put_u32(table + 28, v->highmem_end >> 12);
    memset(table + 32, 0xff, 16);
}

START_TEST(test_vectors) {
    const struct vector *v = &vectors[_i];
    uint8_t page[4096], expected[4096];
    uint8_t *table = expected + HVM_INFO_PAGE_OFFSET;
    struct error err = {0};

    make_page(page, v);
    make_page(expected, v);
    table[12] = v->checksum;
    table[13] = v->platform.apic;
    put_u32(table + 16, v->platform.nr_vcpus);
    memset(table + 32, 0, 16);
    table[32] = v->online;
    ck_assert_int_eq(hvm_info_update(page, &v->platform, &err), 0);
    ck_assert_msg(!memcmp(page, expected, sizeof(page)), "%s: checksum %02x", v->name,
                  page[HVM_INFO_PAGE_OFFSET + 12]);
}
END_TEST

START_TEST(test_all_vcpus) {
    const struct platform platform = {.nr_vcpus = 128, .nr_vcpus_online = 128};
    uint8_t page[4096];
    struct error err = {0};

    make_page(page, &vectors[0]);
    ck_assert_int_eq(hvm_info_update(page, &platform, &err), 0);
    for (int i = 32; i < 48; i++)
        ck_assert_uint_eq(page[HVM_INFO_PAGE_OFFSET + i], 0xff);
    ck_assert_uint_eq(page[HVM_INFO_PAGE_OFFSET + 48], 0xee);
}
END_TEST

START_TEST(test_no_table) {
    const struct platform platform = {.nr_vcpus = 1, .nr_vcpus_online = 1};
    uint8_t page[4096] = {0};
    struct error err = {0};

    ck_assert_int_eq(hvm_info_update(page, &platform, &err), -EILSEQ);
    make_page(page, &vectors[0]);
    page[HVM_INFO_PAGE_OFFSET + 8] = 52;
    ck_assert_int_eq(hvm_info_update(page, &platform, &err), -EILSEQ);
    error_done(&err);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("hvm-info");

    tcase_add_loop_test(tcase, test_vectors, 0, ARRAY_SIZE(vectors));
    tcase_add_test(tcase, test_all_vcpus);
    tcase_add_test(tcase, test_no_table);
    return unit_run("hvm-info", tcase);
}
