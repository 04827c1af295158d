// Hyper-V's interfaces of guests of any size, from a Xenstore that is a table. Masks are written as
// Xen's public header hvm/params.h has the bits: 0x1 base, 0x10 remote TLB flush, 0x200 IPI, 0x400
// extended processor masks, 0x800 no limit of vCPUs, 0x1000 CPU hotplug.

#include <errno.h>
#include <string.h>

#include "lib/guest/viridian.h"
#include "tests/unit/unit.h"

#define EX_MASKS 0x400U
#define NO_LIMIT 0x800U

enum key { MISSING, EMPTY, OFF, ON, GARBAGE };

// The keys that are there: names below platform/.
struct store {
    struct {
        const char *name;
        enum key value;
    } key[16];
    size_t nr;
};

// What viridian_read reads with, in place of the real one.
int store_read_bool(struct store *store, const char *key, bool if_missing, bool if_empty, bool *ret,
                    struct error *err) {
    enum key value = MISSING;

    for (size_t i = 0; i < store->nr; i++) {
        if (!strncmp(key, "platform/", 9) && !strcmp(key + 9, store->key[i].name))
            value = store->key[i].value;
    }
    if (value == GARBAGE)
        return error_set(err, EINVAL, "%s", key);
    *ret = value == MISSING ? if_missing : value == EMPTY ? if_empty : value == ON;
    return 0;
}

static void set(struct store *store, const char *name, enum key value) {
    ck_assert_uint_lt(store->nr, ARRAY_SIZE(store->key));
    store->key[store->nr].name = name;
    store->key[store->nr++].value = value;
}

static uint64_t read_mask(struct store *store, unsigned nr_vcpus) {
    const struct viridian_guest guest = {.nr_vcpus = nr_vcpus};
    struct error err = {0};
    uint64_t mask = UINT64_MAX;

    ck_assert_int_eq(viridian_read(store, &guest, &mask, &err), 0);
    return mask;
}

// Without the keys of the two features.
static const struct {
    unsigned nr_vcpus;
    enum key tlb_flush, ipi;
    uint64_t mask;
} guests[] = {
    {1, MISSING, MISSING, 0x1001}, {1, ON, MISSING, 0x1011},       {1, MISSING, ON, 0x1201},
    {1, ON, ON, 0x1211},           {64, MISSING, MISSING, 0x1001}, {64, ON, MISSING, 0x1011},
    {64, MISSING, ON, 0x1201},     {64, ON, ON, 0x1211},           {65, MISSING, MISSING, 0x1801},
    {65, ON, MISSING, 0x1c11},     {65, MISSING, ON, 0x1e01},      {65, ON, ON, 0x1e11},
    {65, OFF, OFF, 0x1801},        {65, OFF, ON, 0x1e01},          {128, MISSING, MISSING, 0x1801},
    {128, ON, MISSING, 0x1c11},    {128, MISSING, ON, 0x1e01},     {128, ON, ON, 0x1e11},
};

static const enum key values[] = {MISSING, EMPTY, OFF, ON};

static uint64_t changed(uint64_t mask, enum key value, uint64_t bit) {
    return value == MISSING ? mask : value == ON ? mask | bit : mask & ~bit;
}

START_TEST(test_more_than_64_vcpus) {
    for (size_t ex = 0; ex < ARRAY_SIZE(values); ex++) {
        for (size_t limit = 0; limit < ARRAY_SIZE(values); limit++) {
            struct store store = {0};
            uint64_t mask;

            set(&store, "viridian", ON);
            set(&store, "viridian_hcall_remote_tlb_flush", guests[_i].tlb_flush);
            set(&store, "viridian_hcall_ipi", guests[_i].ipi);
            set(&store, "viridian_ex_processor_masks", values[ex]);
            set(&store, "viridian_no_vp_limit", values[limit]);
            mask = changed(guests[_i].mask, values[ex], EX_MASKS);
            ck_assert_uint_eq(read_mask(&store, guests[_i].nr_vcpus),
                              changed(mask, values[limit], NO_LIMIT));
        }
    }
}
END_TEST

START_TEST(test_off_is_off_with_any_number_of_vcpus) {
    struct store store = {0};

    set(&store, "viridian_hcall_ipi", ON);
    ck_assert_uint_eq(read_mask(&store, guests[_i].nr_vcpus), 0);
}
END_TEST

static const char *const names[] = {
    "viridian",
    "viridian_time_ref_count",
    "viridian_reference_tsc",
    "viridian_hcall_remote_tlb_flush",
    "viridian_hcall_ipi",
    "viridian_apic_assist",
    "viridian_crash_ctl",
    "viridian_stimer",
    "viridian_ex_processor_masks",
    "viridian_no_vp_limit",
};

START_TEST(test_garbage_is_an_error_also_where_it_has_no_effect) {
    const struct viridian_guest guest = {.nr_vcpus = 1};
    struct store store = {0};
    struct error err = {0};
    uint64_t mask = 7;

    set(&store, names[_i], GARBAGE);
    ck_assert_int_eq(viridian_read(&store, &guest, &mask, &err), -EINVAL);
    ck_assert_str_eq(err.text + strlen("platform/"), names[_i]);
    ck_assert_uint_eq(mask, 7);
    error_done(&err);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("viridian");

    tcase_add_loop_test(tcase, test_more_than_64_vcpus, 0, ARRAY_SIZE(guests));
    tcase_add_loop_test(tcase, test_off_is_off_with_any_number_of_vcpus, 0, ARRAY_SIZE(guests));
    tcase_add_loop_test(tcase, test_garbage_is_an_error_also_where_it_has_no_effect, 0,
                        ARRAY_SIZE(names));
    return unit_run("viridian", tcase);
}
