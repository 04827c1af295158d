// What the settings in Xenstore make of a guest, on the model: the whole trees of real guests, then
// single keys. Expectations are what hvmloader, xenopsd and guests rely on.

#include <stdio.h>
#include <stdlib.h>
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

// --- whole trees ---

struct guest {
    const char *tree, *option;
    uint64_t viridian;
    int64_t time_offset;
    uint32_t nr_vcpus, online_map;
    uint64_t cores;             // per socket
    uint32_t weight, hard_cpus; // 0: all
    bool apic;
};

static const struct guest guests[] = {
    {"windows-11-uefi", NULL, 0x11ed, 0, 2, 0x3, 2, 256, 0, true},
    {"windows-10-bios", NULL, 0x100d, -25200, 4, 0x3, 4, 256, 0x3, true},
    {"windows-10-bios", "-vgpu", 0x118d, -25200, 4, 0x3, 4, 256, 0x3, true},
    {"ubuntu-uefi", NULL, 0, 0, 2, 0x3, 2, 256, 0, true},
    {"ubuntu-bios", NULL, 0, 0, 2, 0x3, 2, 256, 0, true},
};

static void check_params(const struct guest *g) {
    const struct {
        unsigned index;
        uint64_t value;
    } params[] = {
        {HVM_PARAM_VIRIDIAN, g->viridian},    {HVM_PARAM_HPET_ENABLED, 1},
        {HVM_PARAM_TRIPLE_FAULT_REASON, 3},   {HVM_PARAM_X87_FIP_WIDTH, 0},
        {HVM_PARAM_STORE_PFN, 0xfeffc},       {HVM_PARAM_STORE_EVTCHN, 1},
        {HVM_PARAM_CONSOLE_PFN, 0xfefff},     {HVM_PARAM_CONSOLE_EVTCHN, 2},
        {HVM_PARAM_IDENT_PT, 0xfeffe000},     {HVM_PARAM_IOREQ_SERVER_PFN, 0xfeff0},
        {HVM_PARAM_NR_IOREQ_SERVER_PAGES, 8},
    };

    for (size_t i = 0; i < ARRAY_SIZE(params); i++)
        ck_assert_msg(m.domain->hvm_param[params[i].index] == params[i].value,
                      "%s: parameter %u is %#llx", g->tree, params[i].index,
                      (unsigned long long)m.domain->hvm_param[params[i].index]);
}

static void check_hvm_info(const struct guest *g) {
    uint8_t table[48], sum = 0;
    uint32_t words[12];

    machine_read(&m, 0x9f800, table, sizeof(table));
    for (size_t i = 0; i < sizeof(table); i++)
        sum = (uint8_t)(sum + table[i]);
    memcpy(words, table, sizeof(words));
    ck_assert_uint_eq(sum, 0);
    ck_assert_uint_eq(table[13], g->apic);
    ck_assert_uint_eq(words[4], g->nr_vcpus);
    ck_assert_uint_eq(words[5], g->option ? 0xe0000 : 0xf0000);
    ck_assert_uint_eq(words[7], g->option ? 0x120000 : 0x110000);
    ck_assert_uint_eq(words[8], g->online_map);
    ck_assert_uint_eq(words[9] | words[10] | words[11], 0);
}

static void check_vcpus(const struct guest *g) {
    for (unsigned vcpu = 0; vcpu < g->nr_vcpus; vcpu++) {
        uint64_t hard = m.domain->vcpu[vcpu].hard.word[0];

        ck_assert_uint_eq(hard, g->hard_cpus ? g->hard_cpus : UINT64_MAX);
    }
    ck_assert_uint_eq(m.domain->sched_weight, g->weight);
    ck_assert_uint_eq(m.domain->sched_cap, 0);
}

// The model's CPU is an Intel one.
static void check_leaves(const struct guest *g) {
    const xen_cpuid_leaf_t basic = machine_leaf(&m, 1, LEAF_NONE);
    const xen_cpuid_leaf_t cache = machine_leaf(&m, 4, 0);

    ck_assert_uint_eq(basic.b >> 16 & 0xff, 2 * g->cores);
    ck_assert(basic.d & 1U << 28);
    ck_assert(basic.d & PAE);
    ck_assert_uint_eq(cache.a >> 26, 2 * g->cores - 1);
    ck_assert_uint_eq(cache.a >> 14 & 0xfff, 0);
    ck_assert(machine_leaf(&m, 0x80000001, LEAF_NONE).d & NX);
    ck_assert_uint_eq(machine_leaf(&m, 0x80000007, LEAF_NONE).d & ITSC, 0);
}

static void check_map(const struct guest *g) {
    uint32_t ram = 0;

    for (uint32_t i = 0; i < m.domain->nr_e820; i++)
        ram += m.domain->e820[i].type == E820_RAM ? (uint32_t)(m.domain->e820[i].bytes >> 20) : 0;
    ck_assert_uint_eq(ram, 4095);
    ck_assert_uint_eq(m.domain->nr_e820, g->option ? 3 : 2);
    ck_assert_str_eq(machine_key(&m, "vm-data/mmio-hole-size"),
                     g->option ? "536870912" : "268435456");
    ck_assert_pstr_eq(machine_key(&m, "vm-data/vram-reserved-addr"), g->option ? "fb000000" : NULL);
    ck_assert_pstr_eq(machine_key(&m, "vm-data/vram-reserved-size"), g->option ? "16777216" : NULL);
}

START_TEST(test_guest) {
    const struct guest *g = &guests[_i];

    boot(g->tree);
    machine_build(&m, (const char *const[]){g->option, NULL});
    machine_expect_built(&m);
    check_params(g);
    check_hvm_info(g);
    check_vcpus(g);
    check_leaves(g);
    check_map(g);
    ck_assert_uint_eq(m.domain->tsc_mode, 0);
    ck_assert_int_eq(m.domain->time_offset, g->time_offset);
    ck_assert_str_eq(machine_key(&m, "platform/acpi"), "1");
    // Memory, less the VGA hole, and the special pages.
    ck_assert_uint_eq(m.domain->tot_pages, 4096 * 256 - 32 + 16);
}
END_TEST

// --- keys that stop a build, with a text that names key and value ---

struct refusal {
    const char *name, *key, *value, *text;
};

static const struct refusal refusals[] = {
    {"vcpu_number_missing", "platform/vcpu/number", NULL, "platform/vcpu/number is missing"},
    {"vcpu_number_0", "platform/vcpu/number", "0", "platform/vcpu/number is missing or 0"},
    {"vcpu_number_huge", "platform/vcpu/number", "129", "platform/vcpu/number: 129"},
    {"vcpu_current_missing", "platform/vcpu/current", NULL, "platform/vcpu/current is missing"},
    {"vcpu_current_above_number", "platform/vcpu/current", "3", "platform/vcpu/current: 3"},
    {"vcpu_current_beyond_hvm_info", "platform/vcpu/current", "4096", "platform/vcpu/current"},
    {"weight_is_not_cut_to_16_bits", "platform/vcpu/weight", "70000", "weight: 70000"},
    {"cap_is_not_cut_to_16_bits", "platform/vcpu/cap", "65536", "cap: 65536"},
    {"number_with_text_behind", "platform/hpet", "2abc", "platform/hpet: \"2abc\""},
    {"garbage_is_not_0", "platform/viridian", "on", "platform/viridian: \"on\""},
    {"negative_number", "platform/vcpu/weight", "-1", "weight: \"-1\""},
    {"cores_do_not_divide_vcpus", "platform/cores-per-socket", "3", "cores-per-socket"},
    {"cores_above_vcpus", "platform/cores-per-socket", "4", "cores-per-socket"},
    {"time_offset_is_not_cut_to_32_bits", "platform/timeoffset", "2147483648", "2147483648"},
    {"time_offset_garbage", "platform/timeoffset", "garbage", "timeoffset: \"garbage\""},
    {"tsc_mode_unknown", "platform/tsc_mode", "4", "platform/tsc_mode: 4"},
    {"x87_width_unknown", "platform/x87-fip-width", "2", "x87-fip-width: 2"},
    {"affinity_all_zero", "platform/vcpu/0/affinity", "0000", "names no CPU"},
    {"affinity_beyond_host", "platform/vcpu/1/affinity", "00001", "vcpu/1/affinity"},
    {"featureset_empty", "platform/featureset", "", "featureset is empty"},
    {"featureset_bad_word", "platform/featureset", "1-x", "word 1"},
    {"featureset_of_a_newer_host", "platform/featureset",
     "1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1", "has only"},
    {"mmio_hole_unaligned", "platform/mmio_hole_size", "0x10001000", "MMIO hole"},
    {"mmio_hole_unbounded", "platform/mmio_hole_size", "0xf8000000", "MMIO hole"},
    {"firmware_unknown", "hvmloader/bios", "rombios", "\"rombios\""},
    {"numa_policy_unknown", "platform/numa-policy", "best", "numa-policy"},
};

START_TEST(test_refused) {
    const struct refusal *r = &refusals[_i];

    boot("ubuntu-bios");
    machine_set(&m, r->key, r->value);
    machine_build(&m, NULL);
    machine_expect_error(&m, r->text);
    // Nothing has been populated yet.
    ck_assert_msg(m.domain->tot_pages == 0, "%s", r->name);
}
END_TEST

// The odd trees whose guests cannot be built.
static const struct {
    const char *tree, *text;
} odd[] = {
    {"odd-cores-per-socket-3", "cores-per-socket"},
    {"odd-featureset-bad-word", "featureset"},
    {"odd-featureset-empty", "featureset is empty"},
    {"odd-ovmf-override-outside", "ovmf-override: \"../x\""},
    {"odd-timeoffset-garbage", "timeoffset"},
    {"odd-vcpu-number-missing", "platform/vcpu/number"},
    {"odd-weight-70000", "weight"},
};

START_TEST(test_odd_tree_refused) {
    boot(odd[_i].tree);
    machine_build(&m, NULL);
    machine_expect_error(&m, odd[_i].text);
    ck_assert_uint_eq(m.domain->tot_pages, 0);
}
END_TEST

// --- hvmloader's flags ---

static const struct {
    const char *before, *after;
} flags[] = {
    {"1", "1"}, {"0", "0"},    {"true", "1"}, {"TRUE", "1"}, {"false", "0"},
    {"2", "1"}, {"0x10", "1"}, {"", "0"},     {"yes", "0"},  {NULL, "0"},
};

START_TEST(test_hvmloader_flags) {
    static const char *const keys[] = {"platform/acpi", "platform/acpi_s3", "platform/acpi_s4"};

    boot("ubuntu-bios");
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        machine_set(&m, keys[i], flags[_i].before);
    machine_build(&m, NULL);
    machine_expect_built(&m);
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        ck_assert_str_eq(machine_key(&m, keys[i]), flags[_i].after);
}
END_TEST

START_TEST(test_a_missing_acpi_key_is_told) {
    boot("odd-acpi-missing");
    machine_build(&m, NULL);
    machine_expect_built(&m);
    machine_expect_warning(&m, "platform/acpi is missing");
    ck_assert_str_eq(machine_key(&m, "platform/acpi"), "0");
}
END_TEST

// --- Hyper-V's interfaces ---

struct viridian {
    const char *name, *keys[4], *option;
    uint64_t mask;
};

static const struct viridian viridians[] = {
    {"plain", {"viridian"}, NULL, 0x1001},
    {"off", {"viridian_time_ref_count", "viridian_stimer"}, NULL, 0},
    {"hcall_ipi_is_read", {"viridian", "viridian_hcall_ipi"}, NULL, 0x1201},
    {"tlb flush", {"viridian", "viridian_hcall_remote_tlb_flush"}, NULL, 0x1011},
    {"apic assist", {"viridian", "viridian_apic_assist"}, NULL, 0x1021},
    {"crash", {"viridian", "viridian_crash_ctl"}, NULL, 0x1041},
    {"stimer", {"viridian", "viridian_stimer"}, NULL, 0x1181},
    {"vGPU without a clock", {"viridian"}, "-vgpu", 0x1001},
    {"vGPU with time_ref_count", {"viridian", "viridian_time_ref_count"}, "-vgpu", 0x1185},
    {"vGPU with reference_tsc", {"viridian", "viridian_reference_tsc"}, "-vgpu", 0x1189},
};

START_TEST(test_viridian) {
    const struct viridian *v = &viridians[_i];

    boot("ubuntu-bios");
    machine_set(&m, "platform/viridian", NULL);
    for (size_t i = 0; i < ARRAY_SIZE(v->keys) && v->keys[i]; i++) {
        char key[64];

        snprintf(key, sizeof(key), "platform/%s", v->keys[i]);
        machine_set(&m, key, "true");
    }
    machine_build(&m, (const char *const[]){v->option, NULL});
    machine_expect_built(&m);
    ck_assert_msg(m.domain->hvm_param[HVM_PARAM_VIRIDIAN] == v->mask, "%s: %#llx", v->name,
                  (unsigned long long)m.domain->hvm_param[HVM_PARAM_VIRIDIAN]);
}
END_TEST

START_TEST(test_a_vgpu_guest_can_do_without_synthetic_timers) {
    boot("windows-10-bios");
    machine_set(&m, "platform/viridian_stimer", "false");
    machine_build(&m, (const char *const[]){"-vgpu", NULL});
    machine_expect_built(&m);
    ck_assert_uint_eq(m.domain->hvm_param[HVM_PARAM_VIRIDIAN], 0x100d);
}
END_TEST

// --- parameters ---

START_TEST(test_a_parameter_that_cannot_be_set_is_an_error) {
    boot("windows-11-uefi");
    machine_domain(&m);
    // Xen refuses to change it.
    m.domain->hvm_param[HVM_PARAM_VIRIDIAN] = 1;
    machine_build(&m, NULL);
    machine_expect_error(&m, "VIRIDIAN");
}
END_TEST

static const struct {
    uint64_t before;
    const char *key;
    uint64_t after;
} x87[] = {{0, "4", 4}, {0, "8", 8}, {0, "0", 0}, {0, NULL, 0}, {8, "4", 8}};

START_TEST(test_x87_width) {
    boot("ubuntu-bios");
    machine_set(&m, "platform/x87-fip-width", x87[_i].key);
    machine_domain(&m);
    m.domain->hvm_param[HVM_PARAM_X87_FIP_WIDTH] = x87[_i].before;
    machine_build(&m, NULL);
    machine_expect_built(&m);
    ck_assert_uint_eq(m.domain->hvm_param[HVM_PARAM_X87_FIP_WIDTH], x87[_i].after);
}
END_TEST

static const struct {
    const char *value;
    uint64_t hpet;
} hpets[] = {{"true", 1}, {"false", 0}, {"", 1}, {NULL, 1}, {"0", 0}};

START_TEST(test_hpet) {
    boot("ubuntu-bios");
    machine_set(&m, "platform/hpet", hpets[_i].value);
    machine_build(&m, NULL);
    machine_expect_built(&m);
    ck_assert_uint_eq(m.domain->hvm_param[HVM_PARAM_HPET_ENABLED], hpets[_i].hpet);
}
END_TEST

START_TEST(test_tsc_mode) {
    boot("ubuntu-bios");
    machine_set(&m, "platform/tsc_mode", "2");
    machine_build(&m, NULL);
    machine_expect_built(&m);
    ck_assert_uint_eq(m.domain->tsc_mode, 2);
}
END_TEST

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

// --- firmware ---

#define IMAGE_BYTES 12288

static void install_image(const char *path, char fill) {
    char image[IMAGE_BYTES];

    memset(image, fill, sizeof(image));
    machine_file(path, image, sizeof(image));
}

// Where libxenguest says it put the image, it must be.
static void expect_image(char fill) {
    const char *line = strstr(m.log, "System Firmware module : ");
    char image[IMAGE_BYTES];
    uint64_t start, end;
    char *rest;

    ck_assert_ptr_nonnull(line);
    start = strtoul(line + strlen("System Firmware module : "), &rest, 16);
    end = strtoul(rest + strlen(" -> "), NULL, 16);
    ck_assert_uint_eq(end - start, IMAGE_BYTES);
    machine_read(&m, start, image, sizeof(image));
    for (size_t i = 0; i < sizeof(image); i++)
        ck_assert_int_eq(image[i], fill);
}

static const struct {
    const char *bios, *override;
    char fill;
} firmwares[] = {
    {"ovmf", NULL, 'o'},
    {"ovmf", "OVMF-debug.fd", 'd'},
    {"seabios", NULL, 's'},
};

START_TEST(test_firmware) {
    boot("ubuntu-bios");
    machine_set(&m, "hvmloader/bios", firmwares[_i].bios);
    machine_set(&m, "platform/ovmf-override", firmwares[_i].override);
    machine_build(&m, NULL);
    machine_expect_built(&m);
    expect_image(firmwares[_i].fill);
}
END_TEST

START_TEST(test_no_such_override) {
    boot("windows-11-uefi");
    machine_set(&m, "platform/ovmf-override", "missing.fd");
    machine_build(&m, NULL);
    machine_expect_error(&m, "missing.fd");
    ck_assert_uint_eq(m.domain->tot_pages, 0);
}
END_TEST

// --- Xenstore ---

START_TEST(test_a_store_that_fails_is_not_a_missing_key) {
    boot("ubuntu-bios");
    m.faults = "store.read:3:EACCES";
    machine_build(&m, NULL);
    machine_expect_error(&m, "Permission denied");
    ck_assert_uint_eq(m.domain->tot_pages, 0);
}
END_TEST

START_TEST(test_a_lost_mmio_hole_size_is_fatal) {
    boot("ubuntu-bios");
    m.faults = "store.write:1:EIO";
    machine_build(&m, NULL);
    machine_expect_error(&m, "vm-data/mmio-hole-size");
}
END_TEST

START_TEST(test_keys_left_over_from_an_earlier_boot) {
    boot("ubuntu-bios");
    machine_set(&m, "vm-data/mmio-hole-size", "1073741824");
    machine_set(&m, "vm-data/vram-reserved-addr", "f0000000");
    machine_build(&m, (const char *const[]){"-vgpu", NULL});
    machine_expect_built(&m);
    ck_assert_str_eq(machine_key(&m, "vm-data/mmio-hole-size"), "536870912");
    ck_assert_str_eq(machine_key(&m, "vm-data/vram-reserved-addr"), "fb000000");
}
END_TEST

static void setup(void) {
    install_image("firmware/OVMF.fd", 'o');
    install_image("firmware/OVMF-debug.fd", 'd');
    install_image("firmware/seabios.bin", 's');
}

static void add_key_tests(TCase *tcase) {
    tcase_add_loop_test(tcase, test_guest, 0, ARRAY_SIZE(guests));
    tcase_add_loop_test(tcase, test_refused, 0, ARRAY_SIZE(refusals));
    tcase_add_loop_test(tcase, test_odd_tree_refused, 0, ARRAY_SIZE(odd));
    tcase_add_loop_test(tcase, test_hvmloader_flags, 0, ARRAY_SIZE(flags));
    tcase_add_test(tcase, test_a_missing_acpi_key_is_told);
    tcase_add_loop_test(tcase, test_viridian, 0, ARRAY_SIZE(viridians));
    tcase_add_test(tcase, test_a_vgpu_guest_can_do_without_synthetic_timers);
    tcase_add_test(tcase, test_a_parameter_that_cannot_be_set_is_an_error);
    tcase_add_loop_test(tcase, test_x87_width, 0, ARRAY_SIZE(x87));
    tcase_add_loop_test(tcase, test_hpet, 0, ARRAY_SIZE(hpets));
    tcase_add_test(tcase, test_tsc_mode);
}

static void add_other_tests(TCase *tcase) {
    tcase_add_loop_test(tcase, test_weight_and_cap, 0, ARRAY_SIZE(schedulers));
    tcase_add_test(tcase, test_a_scheduler_without_weights_is_told);
    tcase_add_test(tcase, test_affinity_keys_decide_where_memory_comes_from);
    tcase_add_test(tcase, test_a_short_affinity_string_is_told);
    tcase_add_test(tcase, test_no_cores_per_socket);
    tcase_add_test(tcase, test_128_vcpus_all_online);
    tcase_add_test(tcase, test_nx_and_pae_can_be_switched_off);
    tcase_add_test(tcase, test_without_a_featureset_it_is_the_one_for_hvm_guests);
    tcase_add_loop_test(tcase, test_nested_virtualisation, 0, ARRAY_SIZE(nested));
    tcase_add_loop_test(tcase, test_firmware, 0, ARRAY_SIZE(firmwares));
    tcase_add_test(tcase, test_no_such_override);
    tcase_add_test(tcase, test_a_store_that_fails_is_not_a_missing_key);
    tcase_add_test(tcase, test_a_lost_mmio_hole_size_is_fatal);
    tcase_add_test(tcase, test_keys_left_over_from_an_earlier_boot);
}

int main(void) {
    TCase *tcase = tcase_create("settings");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    add_key_tests(tcase);
    add_other_tests(tcase);
    return unit_run("settings", tcase);
}
