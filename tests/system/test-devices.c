// Guests with PCI devices, vGPUs and memory on demand, on the model: the layouts that come out of
// sysfs, of Xen's reserved memory and of the settings together, and what is refused.

#include <stdio.h>
#include <string.h>

#include "tests/model/p2m.h"
#include "tests/system/machine.h"
#include "tests/unit/unit.h"

#define ADDRESS "0000:05:00.0"
#define OTHER "0000:05:00.1"
#define PASSTHROUGH(list) ((const char *const[]){"-pci_passthrough", list, NULL})
#define BAR_16M "0x00000000fd000000 0x00000000fdffffff 0x0000000000040200\n"
#define BAR_258M                                                                                   \
    "0x00000000e0000000 0x00000000efffffff 0x000000000014220c\n"                                   \
    "0x00000000f0000000 0x00000000f01fffff 0x000000000014220c\n"
#define BAR_16G "0x0000380000000000 0x00003803ffffffff 0x000000000014220c\n"

static struct machine m;

static void teardown(void) {
    machine_done(&m);
}

static void boot(const char *const options[]) {
    machine_boot(&m, "ubuntu-bios", options);
}

static void install_device(const char *address, const char *vendor, const char *device,
                           const char *resource) {
    char path[128];

    snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/vendor", address);
    machine_file(path, vendor, strlen(vendor));
    snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/device", address);
    machine_file(path, device, strlen(device));
    snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/resource", address);
    machine_file(path, resource, strlen(resource));
}

static void setup(void) {
    install_device(ADDRESS, "0x10de\n", "0x1db4\n", BAR_16M);
    install_device(OTHER, "0x10de\n", "0x10f1\n", BAR_16M);
}

// --- layouts ---

struct vector {
    const char *name;
    const char *options[3]; // of the host
    const char *devices, *vendor, *device, *resource, *hole_key;
    bool vgpu;
    unsigned mib;
    const char *hole; // as in vm-data
    struct e820_range map[5];
};

#define NVIDIA .vendor = "0x10de\n", .device = "0x1db4\n"

static const struct vector vectors[] = {
    {.name = "BAR of 16 MiB",
     .devices = ADDRESS,
     NVIDIA,
     .resource = BAR_16M,
     .mib = 8192,
     .hole = "536870912",
     .map = {{0x100000, 0xdff00000, 1}, {0x100000000, 0x120000000, 1}}},
    {.name = "BAR of 16 GiB",
     .devices = ADDRESS,
     NVIDIA,
     .resource = BAR_16G,
     .mib = 8192,
     .hole = "2147483648",
     .map = {{0x100000, 0x7ff00000, 1}, {0x100000000, 0x180000000, 1}}},
    {.name = "MxGPU",
     .devices = ADDRESS,
     .vendor = "0x1002\n",
     .device = "0x692f\n",
     .resource = BAR_258M,
     .mib = 8192,
     .hole = "2147483648",
     .map = {{0x100000, 0x7ff00000, 1}, {0x100000000, 0x180000000, 1}}},
    {.name = "RMRR",
     .options = {"rmrr=0x0528,0x1,1", "rmrr=0x0500,0x7b800,0x400"},
     .devices = ADDRESS,
     NVIDIA,
     .resource = BAR_16M,
     .mib = 8192,
     .hole = "2222981120",
     .map = {{0x100000, 0x7b700000, 1}, {0x7b800000, 0x400000, 2}, {0x100000000, 0x184800000, 1}}},
    {.name = "RMRR shared by two functions",
     .options = {"rmrr=0x0500,0x7b800,0x400", "rmrr=0x0501,0x7b800,0x400"},
     .devices = ADDRESS "," OTHER,
     NVIDIA,
     .resource = BAR_16M,
     .mib = 8192,
     .hole = "2222981120",
     .map = {{0x100000, 0x7b700000, 1}, {0x7b800000, 0x400000, 2}, {0x100000000, 0x184800000, 1}}},
    {.name = "small guest and an RMRR",
     .options = {"rmrr=0x0500,0x7b800,0x400"},
     .devices = ADDRESS,
     NVIDIA,
     .resource = BAR_16M,
     .mib = 2048,
     .hole = "2222981120",
     .map = {{0x100000, 0x7b700000, 1}, {0x7b800000, 0x400000, 2}, {0x100000000, 0x4800000, 1}}},
    {.name = "vGPU",
     .vgpu = true,
     .mib = 4096,
     .hole = "536870912",
     .map = {{0x100000, 0xdff00000, 1}, {0xfb000000, 0x1000000, 2}, {0x100000000, 0x20000000, 1}}},
    {.name = "vGPU and a key",
     .vgpu = true,
     .hole_key = "0x30000000",
     .mib = 4096,
     .hole = "805306368",
     .map = {{0x100000, 0xcff00000, 1}, {0xfb000000, 0x1000000, 2}, {0x100000000, 0x30000000, 1}}},
    {.name = "key in decimal",
     .hole_key = "1073741824",
     .mib = 4096,
     .hole = "1073741824",
     .map = {{0x100000, 0xbff00000, 1}, {0x100000000, 0x40000000, 1}}},
};

static void check_map(const struct vector *v) {
    uint32_t nr = 0;

    while (v->map[nr].bytes)
        nr++;
    ck_assert_msg(m.domain->nr_e820 == nr, "%s: %u entries", v->name, m.domain->nr_e820);
    for (uint32_t i = 0; i < nr; i++) {
        const struct e820_range *got = &m.domain->e820[i];

        ck_assert_msg(got->first == v->map[i].first && got->bytes == v->map[i].bytes &&
                          got->type == v->map[i].type,
                      "%s: entry %u is %#llx, %#llx, %u", v->name, i,
                      (unsigned long long)got->first, (unsigned long long)got->bytes, got->type);
    }
}

START_TEST(test_layout) {
    const struct vector *v = &vectors[_i];
    const char *options[4] = {0};
    size_t nr = 0;

    if (v->resource)
        install_device(ADDRESS, v->vendor, v->device, v->resource);
    boot(v->options);
    machine_set(&m, "platform/mmio_hole_size", v->hole_key);
    m.mib = v->mib;
    if (v->devices) {
        options[nr++] = "-pci_passthrough";
        options[nr++] = v->devices;
    }
    if (v->vgpu)
        options[nr++] = "-vgpu";
    machine_build(&m, options);
    machine_expect_built(&m);
    check_map(v);
    ck_assert_str_eq(machine_key(&m, "vm-data/mmio-hole-size"), v->hole);
    ck_assert_uint_eq(m.domain->tot_pages, v->mib * 256 - 32 + 16);
}
END_TEST

START_TEST(test_vram_keys_move_with_reserved_memory) {
    boot((const char *const[]){"rmrr=0x0500,0xfa800,0x1800", NULL});
    machine_build(&m, (const char *const[]){"-vgpu", "-pci_passthrough", ADDRESS, NULL});
    machine_expect_built(&m);
    ck_assert_str_eq(machine_key(&m, "vm-data/vram-reserved-addr"), "f9000000");
    ck_assert_str_eq(machine_key(&m, "vm-data/vram-reserved-size"), "16777216");
}
END_TEST

START_TEST(test_bars_that_do_not_fit_are_told) {
    install_device(ADDRESS, "0x10de\n", "0x1db4\n", BAR_16G);
    boot(NULL);
    machine_build(&m, PASSTHROUGH(ADDRESS));
    machine_expect_built(&m);
    machine_expect_warning(&m, "do not all fit below 4 GiB");
}
END_TEST

// hvmloader goes by the key, so the two differ.
START_TEST(test_a_hole_larger_than_its_key_is_told) {
    boot(NULL);
    machine_set(&m, "platform/mmio_hole_size", "0x10000000");
    machine_build(&m, PASSTHROUGH(ADDRESS));
    machine_expect_built(&m);
    machine_expect_warning(&m, "MMIO hole enlarged to 0x20000000");
}
END_TEST

START_TEST(test_an_unknown_vendor_does_not_stop_the_build) {
    install_device(ADDRESS, "", "", BAR_16M);
    boot(NULL);
    machine_build(&m, PASSTHROUGH(ADDRESS));
    machine_expect_built(&m);
    machine_expect_warning(&m, "PCI device " ADDRESS ": sysfs does not tell what it is");
}
END_TEST

// --- refusals, all before memory is populated ---

// Asked how much there is, asked what, and never told enough.
static const char *const rdm_faults[] = {
    "hypercall.memory_op.reserved_device_memory_map:1:EPERM",
    "hypercall.memory_op.reserved_device_memory_map:2:EPERM",
    "hypercall.memory_op.reserved_device_memory_map:1+:ENOBUFS",
};

START_TEST(test_unknown_reserved_memory_is_fatal) {
    boot((const char *const[]){"rmrr=0x0500,0x7b800,0x400", NULL});
    m.faults = rdm_faults[_i];
    machine_build(&m, PASSTHROUGH(ADDRESS));
    machine_expect_error(&m, "memory reserved for PCI device " ADDRESS);
    ck_assert_uint_eq(m.domain->tot_pages, 0);
}
END_TEST

// Segment, bus, device and function all count.
START_TEST(test_reserved_memory_of_any_device_is_found) {
    const char *device = "0001:05:03.2";

    install_device(device, "0x10de\n", "0x1db4\n", BAR_16M);
    boot((const char *const[]){"rmrr=0x1051a,0x7b800,0x400", "rmrr=0x051a,0x6b800,0x400", NULL});
    machine_build(&m, PASSTHROUGH(device));
    machine_expect_built(&m);
    ck_assert_uint_eq(m.domain->nr_e820, 3);
    ck_assert_uint_eq(m.domain->e820[1].first, 0x7b800000);
    ck_assert_uint_eq(m.domain->e820[1].bytes, 0x400000);
    ck_assert_uint_eq(m.domain->e820[1].type, E820_RESERVED);
}
END_TEST

static const struct {
    const char *fault, *key;
} vram_faults[] = {
    {"store.write:1:EIO", "vram-reserved-addr"},
    {"store.write:2:EIO", "vram-reserved-size"},
};

START_TEST(test_lost_vram_keys_are_fatal) {
    boot(NULL);
    m.faults = vram_faults[_i].fault;
    machine_build(&m, (const char *const[]){"-vgpu", NULL});
    machine_expect_error(&m, vram_faults[_i].key);
}
END_TEST

struct refusal {
    const char *name, *rmrr, *devices, *hole_key, *text;
};

static const struct refusal refusals[] = {
    {"address_not_understood", NULL, ADDRESS ",05:00", NULL, "\"05:00\" is not a PCI address"},
    {"device_not_there", NULL, "0000:07:00.0", NULL, "0000:07:00.0"},
    {"rmrr_below_1_mib", "rmrr=0x0500,0xe8,8", ADDRESS, NULL,
     "PCI device " ADDRESS ": its reserved memory 0xe8000..0xeffff is in the first megabyte, where "
     "the guest's firmware is (-force overrides)"},
    {"rmrr_that_leaves_no_low_memory", "rmrr=0x0500,0x1000,1", ADDRESS, NULL, "256 MiB"},
    {"rmrr_among_special_pages", "rmrr=0x0500,0xfeff0,1", ADDRESS, NULL, "special pages"},
    {"rmrr_in_high_memory", "rmrr=0x0500,0x100000,1", ADDRESS, NULL, "above 4 GiB"},
    {"hole_that_underflows", NULL, ADDRESS, "0x30000000", "power of two"},
};

START_TEST(test_refused) {
    const struct refusal *r = &refusals[_i];

    if (r->hole_key)
        install_device(ADDRESS, "0x10de\n", "0x1db4\n", BAR_16G);
    boot((const char *const[]){r->rmrr, NULL});
    machine_set(&m, "platform/mmio_hole_size", r->hole_key);
    machine_build(&m, PASSTHROUGH(r->devices));
    machine_expect_error(&m, r->text);
    ck_assert_msg(m.domain->tot_pages == 0, "%s", r->name);
    ck_assert_msg(machine_key(&m, "vm-data/mmio-hole-size") == NULL, "%s", r->name);
}
END_TEST

// --- safety checks ---

struct check {
    const char *name, *nested, *devices;
    unsigned start_mib;
    bool refused;
    bool hap; // or shadow page tables
};

static const struct check checks[] = {
    {"on demand and nested", "true", NULL, 2048, true, true},
    {"on demand and devices", NULL, ADDRESS, 2048, true, true},
    {"on demand and an empty list", NULL, "", 2048, true, true},
    {"on demand", NULL, NULL, 2048, false, true},
    {"nested and devices", "true", ADDRESS, 4096, false, true},
    {"nested on shadow page tables", "true", NULL, 4096, true, false},
    {"shadow page tables", NULL, NULL, 4096, false, false},
};

static void build_check(const struct check *c, const char *force) {
    const char *options[4] = {0};
    size_t nr = 0;

    boot(NULL);
    machine_set(&m, "platform/nested-virt", c->nested);
    m.start_mib = c->start_mib;
    machine_domain(&m);
    m.domain->hap = c->hap;
    if (force)
        options[nr++] = force;
    if (c->devices) {
        options[nr++] = "-pci_passthrough";
        options[nr++] = c->devices;
    }
    machine_build(&m, options);
}

START_TEST(test_safety) {
    const struct check *c = &checks[_i];

    build_check(c, NULL);
    if (c->refused) {
        machine_expect_error(&m, "-force overrides");
        ck_assert_uint_eq(m.domain->tot_pages, 0);
    } else {
        machine_expect_built(&m);
    }
}
END_TEST

START_TEST(test_force) {
    build_check(&checks[_i], "--force");
    machine_expect_built(&m);
    ck_assert_ptr_nonnull(strstr(m.log, "the safety checks are skipped"));
}
END_TEST

START_TEST(test_force_does_not_excuse_cores_per_socket) {
    boot(NULL);
    machine_set(&m, "platform/cores-per-socket", "3");
    machine_build(&m, (const char *const[]){"--force", NULL});
    machine_expect_error(&m, "cores-per-socket");
}
END_TEST

// A SAS controller (LSI SAS2008) in a server whose firmware lists a page of the first megabyte for
// it. There the guest has RAM, and its firmware: a map that took it away would be one that no guest
// boots with. Xen assigns the device all the same (relaxed), as the page is in use.
#define HBA "0000:08:00.0"
#define HBA_RESOURCE                                                                               \
    "0x000000000000e000 0x000000000000e0ff 0x0000000000040101\n"                                   \
    "0x00000000fb140000 0x00000000fb143fff 0x0000000000140204\n"                                   \
    "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"                                   \
    "0x00000000fb100000 0x00000000fb13ffff 0x0000000000140204\n"                                   \
    "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"                                   \
    "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"                                   \
    "0x00000000fb000000 0x00000000fb0fffff 0x0000000000046200\n"

static void boot_hba(const char *rmrr) {
    install_device(HBA, "0x1000\n", "0x0072\n", HBA_RESOURCE);
    boot((const char *const[]){rmrr, "rmrr=0x0800,0x7b800,0x400", NULL});
    m.mib = 8192;
}

START_TEST(test_hba_with_reserved_memory_below_1_mib) {
    boot_hba("rmrr=0x0800,0xe8,1");
    machine_build(&m, PASSTHROUGH(HBA));
    machine_expect_error(&m, "PCI device " HBA ": its reserved memory 0xe8000..0xe8fff is in the "
                             "first megabyte, where the guest's firmware is (-force overrides)");
    ck_assert_uint_eq(m.domain->tot_pages, 0);
    ck_assert_uint_eq(m.domain->nr_e820, 0);
}
END_TEST

// The last one begins below 1 MiB and ends above it: RAM as well, where the map begins.
static const char *const low_rmrrs[] = {"rmrr=0x0800,0xe8,1", "rmrr=0x0800,0,1",
                                        "rmrr=0x0800,0xf0,0x20"};

START_TEST(test_force_keeps_the_first_mib_as_ram) {
    static const struct vector expected = {.name = "HBA",
                                           .map = {{0x100000, 0x7b700000, 1},
                                                   {0x7b800000, 0x400000, 2},
                                                   {0x100000000, 0x184800000, 1}}};
    const unsigned frames[] = {0, 0x9f, 0xc0, 0xe8, 0xff, 0x100, 0x10f};
    struct p2m_entry entry;

    boot_hba(low_rmrrs[_i]);
    machine_build(&m, (const char *const[]){"-pci_passthrough", HBA, "-force", NULL});
    machine_expect_built(&m);
    machine_expect_warning(&m, "-force: PCI device " HBA ": its reserved memory 0");
    machine_expect_warning(&m, " is in the first megabyte and stays the guest's");
    // As without it; the other reserved memory is kept free.
    check_map(&expected);
    ck_assert_uint_eq(m.domain->tot_pages, 8192 * 256 - 32 + 16);
    for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
        ck_assert_msg(p2m_lookup(m.model, m.domain, frames[i], &entry), "%x", frames[i]);
}
END_TEST

// What -force does not excuse: memory that no guest could do without.
START_TEST(test_force_does_not_excuse_other_reserved_memory) {
    boot_hba("rmrr=0x0800,0x100,1");
    machine_build(&m, (const char *const[]){"-pci_passthrough", HBA, "-force", NULL});
    machine_expect_error(&m, "256 MiB");
    ck_assert_uint_eq(m.domain->tot_pages, 0);
}
END_TEST

// 16 TiB less the hole is what hvm_info can tell of. Both limits are told before anything is done.
static const struct {
    const char *max, *start, *text;
} too_large[] = {
    {"16776960", "16776960", "option -mem_max_mib: 16776960 is not within 1..16776959 MiB"},
    {"16776960", "512", "option -mem_max_mib: 16776960 is not within 1..16776959 MiB"},
    // Its BAR makes the hole 512 MiB.
    {"16776704", "16776704", "-mem_max_mib: 16776704 MiB is above 16776703 MiB, the most"},
    {"16776704", "512", "-mem_max_mib: 16776704 MiB is above 16776703 MiB, the most"},
    {"512", "16776960", "option -mem_start_mib: 16776960 is not within 1..16776959 MiB"},
    {"4294967808", "512", "option -mem_max_mib: 4294967808 is not within"}, // 2^32 + 512
};

START_TEST(test_more_memory_than_a_guest_can_have) {
    boot(NULL);
    machine_build(&m, (const char *const[]){"-force", "-pci_passthrough", ADDRESS, "-mem_max_mib",
                                            too_large[_i].max, "-mem_start_mib",
                                            too_large[_i].start, NULL});
    machine_expect_error(&m, too_large[_i].text);
    ck_assert_uint_eq(m.domain->tot_pages, 0);
    ck_assert_uint_eq(m.domain->pod_entries, 0);
    ck_assert_uint_eq(m.domain->nr_e820, 0);
    ck_assert_ptr_null(machine_key(&m, "vm-data/mmio-hole-size"));
    ck_assert_ptr_null(machine_key(&m, "xenguest/placement"));
}
END_TEST

// The most: hvmloader finds the end of memory in hvm_info, not cut.
START_TEST(test_as_much_memory_as_a_guest_can_have) {
    uint32_t high_mem_pgend;

    boot(NULL);
    machine_build(&m, (const char *const[]){"-force", "-pci_passthrough", ADDRESS, "-mem_max_mib",
                                            "16776703", "-mem_start_mib", "512", NULL});
    machine_expect_built(&m);
    machine_read(&m, 0x9f800 + 28, &high_mem_pgend, sizeof(high_mem_pgend));
    ck_assert_uint_eq(high_mem_pgend, (16776703 + 512) * UINT64_C(256));
    ck_assert_uint_eq(m.domain->tot_pages, 512 * 256 - 32 + 16);
}
END_TEST

START_TEST(test_pod_target_leaves_out_the_vga_hole) {
    boot(NULL);
    m.start_mib = 2048;
    machine_build(&m, NULL);
    machine_expect_built(&m);
    ck_assert_uint_eq(m.domain->tot_pages, 2048 * 256 - 32 + 16);
    ck_assert_uint_gt(m.domain->pod_entries, 0);
}
END_TEST

START_TEST(test_start_above_max) {
    boot(NULL);
    m.start_mib = 8192;
    machine_build(&m, NULL);
    machine_expect_error(&m, "-mem_start_mib: 8192 MiB exceeds -mem_max_mib");
    ck_assert_uint_eq(m.domain->tot_pages, 0);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("devices");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_layout, 0, ARRAY_SIZE(vectors));
    tcase_add_test(tcase, test_vram_keys_move_with_reserved_memory);
    tcase_add_test(tcase, test_bars_that_do_not_fit_are_told);
    tcase_add_test(tcase, test_a_hole_larger_than_its_key_is_told);
    tcase_add_test(tcase, test_an_unknown_vendor_does_not_stop_the_build);
    tcase_add_loop_test(tcase, test_unknown_reserved_memory_is_fatal, 0, ARRAY_SIZE(rdm_faults));
    tcase_add_test(tcase, test_reserved_memory_of_any_device_is_found);
    tcase_add_loop_test(tcase, test_lost_vram_keys_are_fatal, 0, ARRAY_SIZE(vram_faults));
    tcase_add_loop_test(tcase, test_refused, 0, ARRAY_SIZE(refusals));
    tcase_add_loop_test(tcase, test_safety, 0, ARRAY_SIZE(checks));
    tcase_add_loop_test(tcase, test_force, 0, ARRAY_SIZE(checks));
    tcase_add_test(tcase, test_force_does_not_excuse_cores_per_socket);
    tcase_add_test(tcase, test_hba_with_reserved_memory_below_1_mib);
    tcase_add_loop_test(tcase, test_force_keeps_the_first_mib_as_ram, 0, ARRAY_SIZE(low_rmrrs));
    tcase_add_test(tcase, test_force_does_not_excuse_other_reserved_memory);
    tcase_add_loop_test(tcase, test_more_memory_than_a_guest_can_have, 0, ARRAY_SIZE(too_large));
    tcase_add_test(tcase, test_as_much_memory_as_a_guest_can_have);
    tcase_add_test(tcase, test_pod_target_leaves_out_the_vga_hole);
    tcase_add_test(tcase, test_start_above_max);
    return unit_run("devices", tcase);
}
