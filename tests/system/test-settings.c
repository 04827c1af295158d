// What single settings in Xenstore make of a guest, on the model: those that are refused, those of
// hvmloader and Hyper-V, HVM parameters, firmware.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/machine.h"
#include "tests/unit/unit.h"

static struct machine m;

static void teardown(void) {
    machine_done(&m);
}

static void boot(const char *tree) {
    machine_boot(&m, tree, NULL);
}

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
    {"bytes_beyond_ascii", "platform/vcpu/weight", "7\xe2\x82\xac\\n8",
     "weight: \"7\\xe2\\x82\\xac 8\""},
    {"negative_number", "platform/vcpu/weight", "-1", "weight: \"-1\""},
    {"number_with_a_plus", "platform/vcpu/weight", "+5", "weight: \"+5\""},
    {"number_with_a_blank", "platform/vcpu/weight", " 5", "weight: \" 5\""},
    {"hexadecimal_without_0x", "platform/vcpu/weight", "a5", "weight: \"a5\""},
    {"0x_without_a_number", "platform/vcpu/weight", "0x", "weight: \"0x\""},
    {"0x_twice", "platform/vcpu/weight", "0x0x100", "weight: \"0x0x100\""},
    {"number_of_65_bits", "platform/mmio_hole_size", "18446744073709551616", "is above"},
    {"cores_do_not_divide_vcpus", "platform/cores-per-socket", "3", "cores-per-socket"},
    {"cores_above_vcpus", "platform/cores-per-socket", "4", "cores-per-socket"},
    {"time_offset_garbage", "platform/timeoffset", "garbage", "timeoffset: \"garbage\""},
    {"time_offset_with_text_behind", "platform/timeoffset", "2540000000s", "\"2540000000s\""},
    {"tsc_mode_unknown", "platform/tsc_mode", "4", "platform/tsc_mode: 4"},
    {"x87_width_unknown", "platform/x87-fip-width", "2", "x87-fip-width: 2"},
    {"affinity_all_zero", "platform/vcpu/0/affinity", "0000", "names no CPU"},
    {"affinity_beyond_host", "platform/vcpu/1/affinity", "00001", "vcpu/1/affinity"},
    {"featureset_empty", "platform/featureset", "", "featureset is empty"},
    {"featureset_bad_word", "platform/featureset", "1-x", "word 1"},
    {"featureset_of_a_newer_host", "platform/featureset",
     "1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1", "has only"},
    {"mmio_hole_unaligned", "platform/mmio_hole_size", "0x10001000",
     "platform/mmio_hole_size: 0x10001000"},
    {"mmio_hole_unbounded", "platform/mmio_hole_size", "0xf8000000",
     "platform/mmio_hole_size: 0xf8000000"},
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

START_TEST(test_acpi_switched_off_by_garbage_is_told) {
    boot("ubuntu-bios");
    machine_set(&m, "platform/acpi", "yes");
    machine_build(&m, NULL);
    machine_expect_built(&m);
    machine_expect_warning(&m, "platform/acpi: \"yes\" is taken for 0");
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

static const char *const stimers_off[] = {"false", "0", ""};

START_TEST(test_a_vgpu_guest_can_do_without_synthetic_timers) {
    boot("windows-10-bios");
    machine_set(&m, "platform/viridian_stimer", stimers_off[_i]);
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

// libxenguest sets most of these, without looking whether it can.
START_TEST(test_every_parameter_is_an_error_if_it_cannot_be_set) {
    static const char *const needed[] = {
        "STORE_PFN",        "CONSOLE_PFN",           "IOREQ_PFN",        "BUFIOREQ_PFN",
        "IDENT_PT",         "NR_IOREQ_SERVER_PAGES", "IOREQ_SERVER_PFN", "VIRIDIAN",
        "HPET_ENABLED",     "TRIPLE_FAULT_REASON",   "X87_FIP_WIDTH",    "PAGING_RING_PFN",
        "MONITOR_RING_PFN", "SHARING_RING_PFN",
    };
    bool named[ARRAY_SIZE(needed)] = {false};

    for (unsigned n = 1; n <= 20; n++) {
        char fault[64];

        boot("windows-11-uefi");
        machine_set(&m, "platform/x87-fip-width", "8");
        snprintf(fault, sizeof(fault), "hypercall.hvm_op.set_param:%u:EPERM", n);
        m.faults = fault;
        machine_build(&m, NULL);
        if (m.status)
            machine_expect_error(&m, "");
        for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
            char text[64];

            snprintf(text, sizeof(text), "HVM parameter %s", needed[i]);
            named[i] |= m.status && strstr(m.answer, text);
        }
        machine_done(&m);
    }
    for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
        ck_assert_msg(named[i], "%s: no error", needed[i]);
}
END_TEST

static const struct {
    const char *fault, *text;
} others[] = {
    {"hypercall.hvm_op.get_param:1:EPERM", "STORE_PFN"},
    {"hypercall.hvm_op.get_param:11:EPERM", "X87_FIP_WIDTH"},
    {"hypercall.domctl.settscinfo:1:EPERM", "TSC mode"},
    {"hypercall.domctl.settimeoffset:1:EPERM", "time offset"},
    {"hypercall.memory_op.set_memory_map:1:EPERM", "memory map"},
    {"hypercall.domctl.set_cpu_policy:1:EPERM", "CPU policy"},
    {"hypercall.domctl.setvcpuaffinity:1:EPERM", "affinity of vCPU 0"},
};

START_TEST(test_a_setting_that_cannot_be_made_is_an_error) {
    boot("windows-10-bios");
    machine_set(&m, "platform/x87-fip-width", "8");
    m.faults = others[_i].fault;
    machine_build(&m, NULL);
    machine_expect_error(&m, others[_i].text);
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

static const struct {
    const char *value;
    uint8_t mode;
} apics[] = {{"true", 1}, {"false", 0}, {NULL, 0}, {"", 0}};

START_TEST(test_apic) {
    uint8_t mode;

    boot("ubuntu-bios");
    machine_set(&m, "platform/apic", apics[_i].value);
    machine_build(&m, NULL);
    machine_expect_built(&m);
    machine_read(&m, 0x9f800 + 13, &mode, 1);
    ck_assert_uint_eq(mode, apics[_i].mode);
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

// The third is of a guest that has set its clock to the year 2106.
static const struct {
    const char *value;
    int64_t seconds;
    bool warned;
} time_offsets[] = {
    {"-25200", -25200, false},
    {"2147483647", INT32_MAX, false},
    {"2540000000", INT32_MAX, true},
    {"2147483648", INT32_MAX, true},
    {"-2147483648", INT32_MIN, false},
    {"-2147483649", INT32_MIN, true},
    {"9223372036854775808", INT32_MAX, true},
    {"123456789012345678901234567890", INT32_MAX, true},
    {"-123456789012345678901234567890", INT32_MIN, true},
    {"", 0, false},
    {NULL, 0, false},
};

START_TEST(test_a_clock_set_beyond_32_bits_does_not_lock_the_guest_out) {
    char used[40];

    boot("ubuntu-bios");
    machine_set(&m, "platform/timeoffset", time_offsets[_i].value);
    machine_build(&m, NULL);
    machine_expect_built(&m);
    ck_assert_int_eq(m.domain->time_offset, time_offsets[_i].seconds);
    if (!time_offsets[_i].warned) {
        ck_assert_ptr_null(strstr(m.log, "platform/timeoffset"));
        return;
    }
    machine_expect_warning(&m, "platform/timeoffset");
    machine_expect_warning(&m, time_offsets[_i].value);
    snprintf(used, sizeof(used), "%lld is used", (long long)time_offsets[_i].seconds);
    machine_expect_warning(&m, used);
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

// XCP-ng calls the image in use OVMF.fd, which is a link.
START_TEST(test_an_override_may_be_a_link_beside_the_image) {
    machine_link("firmware/OVMF-link.fd", "OVMF-debug.fd");
    boot("ubuntu-bios");
    machine_set(&m, "hvmloader/bios", "ovmf");
    machine_set(&m, "platform/ovmf-override", "OVMF-link.fd");
    machine_build(&m, NULL);
    machine_expect_built(&m);
    expect_image('d');
}
END_TEST

START_TEST(test_an_override_that_leads_elsewhere_is_refused) {
    machine_link("firmware/OVMF-link.fd", "/etc/passwd");
    boot("ubuntu-bios");
    machine_set(&m, "hvmloader/bios", "ovmf");
    machine_set(&m, "platform/ovmf-override", "OVMF-link.fd");
    machine_build(&m, NULL);
    machine_expect_error(&m, "OVMF-link.fd is a link that leads out of its directory");
    ck_assert_uint_eq(m.domain->tot_pages, 0);
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

int main(void) {
    TCase *tcase = tcase_create("settings");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_refused, 0, ARRAY_SIZE(refusals));
    tcase_add_loop_test(tcase, test_hvmloader_flags, 0, ARRAY_SIZE(flags));
    tcase_add_test(tcase, test_acpi_switched_off_by_garbage_is_told);
    tcase_add_test(tcase, test_a_missing_acpi_key_is_told);
    tcase_add_loop_test(tcase, test_viridian, 0, ARRAY_SIZE(viridians));
    tcase_add_loop_test(tcase, test_a_vgpu_guest_can_do_without_synthetic_timers, 0,
                        ARRAY_SIZE(stimers_off));
    tcase_add_test(tcase, test_a_parameter_that_cannot_be_set_is_an_error);
    tcase_add_test(tcase, test_every_parameter_is_an_error_if_it_cannot_be_set);
    tcase_add_loop_test(tcase, test_a_setting_that_cannot_be_made_is_an_error, 0,
                        ARRAY_SIZE(others));
    tcase_add_loop_test(tcase, test_x87_width, 0, ARRAY_SIZE(x87));
    tcase_add_loop_test(tcase, test_hpet, 0, ARRAY_SIZE(hpets));
    tcase_add_loop_test(tcase, test_apic, 0, ARRAY_SIZE(apics));
    tcase_add_test(tcase, test_tsc_mode);
    tcase_add_loop_test(tcase, test_a_clock_set_beyond_32_bits_does_not_lock_the_guest_out, 0,
                        ARRAY_SIZE(time_offsets));
    tcase_add_loop_test(tcase, test_firmware, 0, ARRAY_SIZE(firmwares));
    tcase_add_test(tcase, test_an_override_may_be_a_link_beside_the_image);
    tcase_add_test(tcase, test_an_override_that_leads_elsewhere_is_refused);
    tcase_add_test(tcase, test_no_such_override);
    tcase_add_test(tcase, test_a_store_that_fails_is_not_a_missing_key);
    tcase_add_test(tcase, test_a_lost_mmio_hole_size_is_fatal);
    tcase_add_test(tcase, test_keys_left_over_from_an_earlier_boot);
    return unit_run("settings", tcase);
}
