// Whole trees of real guests, and of odd ones, on the model: everything that the program leaves
// behind. Expectations are what hvmloader, xenopsd and guests rely on.

#include <string.h>

#include "tests/system/machine.h"
#include "tests/unit/unit.h"

#define LEAF_NONE XEN_CPUID_NO_SUBLEAF
#define NX (1U << 20)  // leaf 0x80000001 EDX
#define PAE (1U << 6)  // leaf 1 EDX
#define ITSC (1U << 8) // leaf 0x80000007 EDX

static struct machine m;

static void teardown(void) {
    machine_done(&m);
}

static void boot(const char *tree) {
    machine_boot(&m, tree, NULL);
}

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

// Trees with hvmloader/bios = "ovmf" need an image.
static void setup(void) {
    machine_file("firmware/OVMF.fd", "OVMF", 4);
}

int main(void) {
    TCase *tcase = tcase_create("guests");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_guest, 0, ARRAY_SIZE(guests));
    tcase_add_loop_test(tcase, test_odd_tree_refused, 0, ARRAY_SIZE(odd));
    return unit_run("guests", tcase);
}
