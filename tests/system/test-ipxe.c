// The network boot ROM, which is installed or not, on the model: with the program as it is built by
// default, and as built where no guest may be without that file (IPXE_REQUIRED=1).

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "tests/system/machine.h"
#include "tests/unit/unit.h"

#define ROM "firmware/ipxe.rom"
#define MISSING "iPXE is not at /" // and an absolute path, which ends in
#define ROM_PATH "/system/root/firmware/ipxe.rom"
#define ROM_BYTES 5000 // the last page is not full

static struct machine m;

static const char *const programs[] = {"system/xenguest", "system/ipxe-required/xenguest"};

static void install_rom(void) {
    char rom[ROM_BYTES];

    memset(rom, 'i', sizeof(rom));
    machine_file(ROM, rom, sizeof(rom));
}

static void setup(void) {
    machine_remove_file(ROM);
}

static void teardown(void) {
    machine_done(&m);
}

static void build(const char *program) {
    machine_boot(&m, "ubuntu-bios", NULL);
    m.program = program;
    machine_build(&m, NULL);
}

// What hvmloader is told: libxenguest says where it put that.
static struct hvm_start_info start_info(void) {
    const char *name = "HVM start info : ", *line = strstr(m.log, name);
    struct hvm_start_info info;

    ck_assert_ptr_nonnull(line);
    machine_read(&m, strtoul(line + strlen(name), NULL, 16), &info, sizeof(info));
    ck_assert_uint_eq(info.magic, XEN_HVM_START_MAGIC_VALUE);
    return info;
}

START_TEST(test_present) {
    struct hvm_modlist_entry module;
    struct hvm_start_info info;
    char name[5], rom[ROM_BYTES];

    install_rom();
    build(programs[_i]);
    machine_expect_built(&m);
    ck_assert_ptr_null(strstr(m.log, "iPXE"));
    info = start_info();
    ck_assert_uint_eq(info.nr_modules, 1);
    machine_read(&m, info.modlist_paddr, &module, sizeof(module));
    machine_read(&m, module.cmdline_paddr, name, sizeof(name));
    ck_assert_mem_eq(name, "ipxe", sizeof(name));
    ck_assert_uint_eq(module.size, ROM_BYTES);
    machine_read(&m, module.paddr, rom, sizeof(rom));
    for (size_t i = 0; i < sizeof(rom); i++)
        ck_assert_int_eq(rom[i], 'i');
}
END_TEST

START_TEST(test_absent_is_told) {
    build(programs[0]);
    machine_expect_built(&m);
    machine_expect_warning(&m, MISSING);
    machine_expect_warning(&m, ROM_PATH ": the guest cannot boot from the network");
    ck_assert_uint_eq(start_info().nr_modules, 0);
}
END_TEST

START_TEST(test_absent_though_required) {
    build(programs[1]);
    machine_expect_error(&m, MISSING);
    machine_expect_error(&m, ROM_PATH "\n");
    ck_assert_uint_eq(m.domain->tot_pages, 0);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("ipxe");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_present, 0, ARRAY_SIZE(programs));
    tcase_add_test(tcase, test_absent_is_told);
    tcase_add_test(tcase, test_absent_though_required);
    return unit_run("ipxe", tcase);
}
