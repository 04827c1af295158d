// Where and how much vCPUs may run, and what their CPUID shows, on the model.

#include <stdio.h>
#include <string.h>

#include "tests/system/machine.h"
#include "tests/unit/unit.h"

#define LEAF_NONE XEN_CPUID_NO_SUBLEAF
#define NX (1U << 20)  // leaf 0x80000001 EDX
#define PAE (1U << 6)  // leaf 1 EDX
#define VMX (1U << 5)  // leaf 1 ECX
#define ITSC (1U << 8) // leaf 0x80000007 EDX

static struct machine m;

static void teardown(void) {
    machine_done(&m);
}

static void boot(const char *tree) {
    machine_boot(&m, tree, NULL);
}

// --- vCPUs ---

static const struct {
    const char *name, *option;
} schedulers[] = {{"credit", "scheduler=5"}, {"credit2", "scheduler=6"}};

START_TEST(test_weight_and_cap) {
    machine_boot(&m, "ubuntu-bios", (const char *const[]){schedulers[_i].option, NULL});
    machine_set(&m, "platform/vcpu/weight", "512");
    machine_set(&m, "platform/vcpu/cap", "150");
    machine_build(&m, NULL);
    machine_expect_built(&m);
    ck_assert_msg(m.domain->sched_weight == 512, "%s", schedulers[_i].name);
    ck_assert_msg(m.domain->sched_cap == 150, "%s", schedulers[_i].name);
}
END_TEST

// The toolstack may have set them before.
static const struct {
    const char *weight, *cap;
    unsigned expected_weight, expected_cap;
} shares[] = {
    {"0", "50", 512, 50},  {"1024", "0", 1024, 150},  {"0", "0", 512, 150},
    {NULL, "50", 512, 50}, {"1024", NULL, 1024, 150}, {NULL, NULL, 512, 150},
};

START_TEST(test_a_weight_or_cap_of_0_changes_nothing) {
    boot("ubuntu-bios");
    machine_set(&m, "platform/vcpu/weight", shares[_i].weight);
    machine_set(&m, "platform/vcpu/cap", shares[_i].cap);
    machine_domain(&m);
    m.domain->sched_weight = 512;
    m.domain->sched_cap = 150;
    machine_build(&m, NULL);
    machine_expect_built(&m);
    ck_assert_uint_eq(m.domain->sched_weight, shares[_i].expected_weight);
    ck_assert_uint_eq(m.domain->sched_cap, shares[_i].expected_cap);
}
END_TEST

START_TEST(test_a_leading_zero_is_not_octal) {
    boot("ubuntu-bios");
    machine_set(&m, "platform/vcpu/weight", "0512");
    machine_set(&m, "platform/vcpu/cap", "0x32");
    machine_build(&m, NULL);
    machine_expect_built(&m);
    ck_assert_uint_eq(m.domain->sched_weight, 512);
    ck_assert_uint_eq(m.domain->sched_cap, 50);
}
END_TEST

START_TEST(test_a_scheduler_without_weights_is_told) {
    machine_boot(&m, "ubuntu-bios", (const char *const[]){"scheduler=9", NULL});
    machine_build(&m, NULL);
    machine_expect_built(&m);
    machine_expect_warning(&m, "neither credit nor credit2");
}
END_TEST

START_TEST(test_affinity_keys_decide_where_memory_comes_from) {
    boot("ubuntu-bios");
    machine_set(&m, "platform/vcpu/0/affinity", "0011");
    machine_set(&m, "platform/vcpu/1/affinity", "0011");
    machine_build(&m, NULL);
    machine_expect_built(&m);
    ck_assert_uint_eq(m.domain->vcpu[0].hard.word[0], 0xc);
    ck_assert_uint_eq(m.domain->vcpu[1].hard.word[0], 0xc);
    ck_assert_ptr_nonnull(strstr(machine_key(&m, "xenguest/placement"), "\"node\":1,"));
    ck_assert_ptr_null(strstr(machine_key(&m, "xenguest/placement"), "\"node\":0,"));
}
END_TEST

// Ten or more: each vCPU's number is in its own key's name.
START_TEST(test_each_vcpu_has_an_affinity_key_of_its_own) {
    const unsigned nr_vcpus = 12;

    boot("ubuntu-bios");
    machine_set(&m, "platform/cores-per-socket", NULL);
    machine_set(&m, "platform/vcpu/number", "12");
    for (unsigned vcpu = 0; vcpu < nr_vcpus; vcpu++) {
        char key[40], value[] = "0000";

        snprintf(key, sizeof(key), "platform/vcpu/%u/affinity", vcpu);
        value[vcpu % 4] = '1';
        machine_set(&m, key, value);
    }
    machine_build(&m, NULL);
    machine_expect_built(&m);
    for (unsigned vcpu = 0; vcpu < nr_vcpus; vcpu++)
        ck_assert_uint_eq(m.domain->vcpu[vcpu].hard.word[0], 1U << vcpu % 4);
}
END_TEST

START_TEST(test_a_short_affinity_string_is_told) {
    boot("ubuntu-bios");
    machine_set(&m, "platform/vcpu/0/affinity", "01");
    machine_build(&m, NULL);
    machine_expect_built(&m);
    machine_expect_warning(&m, "platform/vcpu/0/affinity: \"01\"");
    ck_assert_uint_eq(m.domain->vcpu[0].hard.word[0], 0x2);
}
END_TEST

START_TEST(test_no_cores_per_socket) {
    xen_cpuid_leaf_t with, without;

    boot("ubuntu-bios");
    machine_set(&m, "platform/cores-per-socket", NULL);
    machine_build(&m, NULL);
    machine_expect_built(&m);
    without = machine_leaf(&m, 1, LEAF_NONE);
    machine_done(&m);
    boot("ubuntu-bios");
    machine_build(&m, NULL);
    with = machine_leaf(&m, 1, LEAF_NONE);
    // What the library makes of the host's 32 logical CPUs to a package, doubled.
    ck_assert_uint_eq(without.b >> 16 & 0xff, 64);
    ck_assert_uint_eq(with.b >> 16 & 0xff, 4);
    // Nothing else differs.
    ck_assert_uint_eq(without.a, with.a);
    ck_assert_uint_eq(without.c, with.c);
    ck_assert_uint_eq(without.d, with.d);
}
END_TEST

START_TEST(test_128_vcpus_all_online) {
    uint32_t words[12];

    boot("ubuntu-bios");
    machine_set(&m, "platform/cores-per-socket", NULL);
    machine_set(&m, "platform/vcpu/number", "128");
    machine_set(&m, "platform/vcpu/current", "128");
    machine_build(&m, NULL);
    machine_expect_built(&m);
    machine_read(&m, 0x9f800, words, sizeof(words));
    for (int i = 8; i < 12; i++)
        ck_assert_uint_eq(words[i], UINT32_MAX);
    machine_read(&m, 0x9f830, words, 4);
    ck_assert_uint_eq(words[0], 0);
}
END_TEST

static const struct {
    unsigned number, current;
    uint32_t online[4]; // of hvm_info
    unsigned logical;   // processors in the package: two ids for a vCPU, as far as 8 bits go
} large[] = {
    {64, 64, {UINT32_MAX, UINT32_MAX}, 128},
    {65, 1, {1}, 130},
    {65, 65, {UINT32_MAX, UINT32_MAX, 1}, 130},
    {127, 127, {UINT32_MAX, UINT32_MAX, UINT32_MAX, INT32_MAX}, 254},
    {128, 66, {UINT32_MAX, UINT32_MAX, 3}, 255},
    {128, 128, {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}, 255},
};

// Hyper-V's masks have 64 bits; of a guest that can have more vCPUs, all must be told about. The
// last vCPU has an affinity of its own.
START_TEST(test_windows_with_more_than_64_vcpus) {
    const unsigned number = large[_i].number;
    char text[16], key[40];
    uint32_t online[4];
    uint8_t apic_mode;

    boot("windows-10-bios");
    snprintf(text, sizeof(text), "%u", number);
    machine_set(&m, "platform/vcpu/number", text);
    machine_set(&m, "platform/cores-per-socket", text);
    snprintf(text, sizeof(text), "%u", large[_i].current);
    machine_set(&m, "platform/vcpu/current", text);
    snprintf(key, sizeof(key), "platform/vcpu/%u/affinity", number - 1);
    machine_set(&m, key, "0100");
    machine_set(&m, "platform/viridian_hcall_ipi", "true");
    machine_build(&m, NULL);
    machine_expect_built(&m);
    // Extended masks and no limit of vCPUs: bits 10 and 11.
    ck_assert_uint_eq(m.domain->hvm_param[HVM_PARAM_VIRIDIAN] & 0xe00, number > 64 ? 0xe00 : 0x200);
    machine_read(&m, 0x9f800 + 13, &apic_mode, 1);
    ck_assert_uint_eq(apic_mode, 1);
    machine_read(&m, 0x9f800 + 16, online, 4);
    ck_assert_uint_eq(online[0], number);
    machine_read(&m, 0x9f800 + 32, online, sizeof(online));
    ck_assert_mem_eq(online, large[_i].online, sizeof(online));
    ck_assert_uint_eq(m.domain->vcpu[number - 1].hard.word[0], 0x2);
    ck_assert_uint_eq(m.domain->vcpu[number - 2].hard.word[0], UINT64_MAX);
    ck_assert_uint_eq(machine_leaf(&m, 1, LEAF_NONE).b >> 16 & 0xff, large[_i].logical);
}
END_TEST

// --- CPU features ---

START_TEST(test_nx_and_pae_can_be_switched_off) {
    boot("ubuntu-bios");
    machine_set(&m, "platform/nx", "false");
    machine_set(&m, "platform/pae", NULL);
    machine_build(&m, NULL);
    machine_expect_built(&m);
    ck_assert_uint_eq(machine_leaf(&m, 0x80000001, LEAF_NONE).d & NX, 0);
    ck_assert_uint_eq(machine_leaf(&m, 1, LEAF_NONE).d & PAE, 0);
}
END_TEST

START_TEST(test_without_a_featureset_it_is_the_one_for_hvm_guests) {
    boot("ubuntu-bios");
    machine_set(&m, "platform/featureset", NULL);
    machine_build(&m, NULL);
    machine_expect_built(&m);
    // RDTSCP, which the model's default for PV guests does not have.
    ck_assert(machine_leaf(&m, 0x80000001, LEAF_NONE).d & 1U << 27);
}
END_TEST

static const struct {
    const char *key, *value, *other_key, *other_value;
    bool vmx, itsc;
} nested[] = {
    {"platform/nested-virt", "true", "platform/exp-nested-hvm", NULL, true, true},
    {"platform/nested-virt", NULL, "platform/exp-nested-hvm", "1", true, true},
    {"platform/nested-virt", "false", "platform/exp-nested-hvm", "1", false, false},
    {"platform/nested-virt", "", "platform/exp-nested-hvm", "1", false, false},
    {"platform/nested-virt", NULL, "platform/exp-nested-hvm", NULL, false, false},
    {"platform/nomigrate", "true", "platform/nested-virt", NULL, false, true},
};

START_TEST(test_nested_virtualisation) {
    boot("ubuntu-bios");
    machine_set(&m, "platform/featureset", NULL);
    machine_set(&m, nested[_i].key, nested[_i].value);
    machine_set(&m, nested[_i].other_key, nested[_i].other_value);
    machine_build(&m, NULL);
    machine_expect_built(&m);
    ck_assert_int_eq((machine_leaf(&m, 1, LEAF_NONE).c & VMX) != 0, nested[_i].vmx);
    ck_assert_int_eq((machine_leaf(&m, 0x80000007, LEAF_NONE).d & ITSC) != 0, nested[_i].itsc);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("vcpus");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, test_weight_and_cap, 0, ARRAY_SIZE(schedulers));
    tcase_add_loop_test(tcase, test_a_weight_or_cap_of_0_changes_nothing, 0, ARRAY_SIZE(shares));
    tcase_add_test(tcase, test_a_leading_zero_is_not_octal);
    tcase_add_test(tcase, test_a_scheduler_without_weights_is_told);
    tcase_add_test(tcase, test_affinity_keys_decide_where_memory_comes_from);
    tcase_add_test(tcase, test_each_vcpu_has_an_affinity_key_of_its_own);
    tcase_add_test(tcase, test_a_short_affinity_string_is_told);
    tcase_add_test(tcase, test_no_cores_per_socket);
    tcase_add_test(tcase, test_128_vcpus_all_online);
    tcase_add_loop_test(tcase, test_windows_with_more_than_64_vcpus, 0, ARRAY_SIZE(large));
    tcase_add_test(tcase, test_nx_and_pae_can_be_switched_off);
    tcase_add_test(tcase, test_without_a_featureset_it_is_the_one_for_hvm_guests);
    tcase_add_loop_test(tcase, test_nested_virtualisation, 0, ARRAY_SIZE(nested));
    return unit_run("vcpus", tcase);
}
