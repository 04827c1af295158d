// The program as built for XenServer's libxenguest, whose call for the CPU policy takes the number
// of cores per socket too: on the model, with that call replaced by one that notes its arguments.

#include <string.h>

#include "tests/system/machine.h"
#include "tests/unit/unit.h"

static struct machine m;

static void teardown(void) {
    machine_done(&m);
}

static void build(const char *cores, const char *nested) {
    machine_boot(&m, "ubuntu-bios", NULL);
    m.program = "system/patched/xenguest";
    machine_set(&m, "platform/cores-per-socket", cores);
    machine_set(&m, "platform/nested-virt", nested);
    machine_set(&m, "platform/featureset", "1-2-3-8-5");
    machine_build(&m, NULL);
    machine_expect_built(&m);
}

// The model's Xen has featuresets of 19 words; the tree gives the first five. Nested virtualisation
// adds VMX, SVM and, as it keeps the guest on its host, a constant TSC rate.
#define PLAIN "domain 1, restore 0, 19 words 1-2-3-8-5-0-0-0-0-0-0-0-0-0-0-0-0-0-0"
#define NESTED "domain 1, restore 0, 19 words 1-22-3-c-5-0-0-100-0-0-0-0-0-0-0-0-0-0-0"
#define END ", no CPUID, no MSRs\n"

static const struct {
    const char *cores, *nested, *call;
} calls[] = {
    {"2", NULL, PLAIN ", pae 0, itsc 0, nested 0, cores 2" END},
    {"1", NULL, PLAIN ", pae 0, itsc 0, nested 0, cores 1" END},
    {NULL, NULL, PLAIN ", pae 0, itsc 0, nested 0, cores 0" END},
    {"2", "true", NESTED ", pae 0, itsc 0, nested 1, cores 2" END},
    {NULL, "true", NESTED ", pae 0, itsc 0, nested 1, cores 0" END},
};

START_TEST(test_arguments_of_the_call) {
    build(calls[_i].cores, calls[_i].nested);
    ck_assert_str_eq(m.notes, calls[_i].call);
}
END_TEST

START_TEST(test_topology_is_left_to_the_library) {
    unsigned char without[DOMAIN_POLICY_BYTES];

    build(NULL, NULL);
    memcpy(without, m.domain->policy, sizeof(without));
    machine_done(&m);
    build("2", NULL);
    ck_assert_mem_eq(m.domain->policy, without, sizeof(without));
    // What upstream's library makes of the host's 32 logical CPUs to a package.
    ck_assert_uint_eq(machine_leaf(&m, 1, XEN_CPUID_NO_SUBLEAF).b >> 16 & 0xff, 64);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("patched");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, test_arguments_of_the_call, 0, ARRAY_SIZE(calls));
    tcase_add_test(tcase, test_topology_is_left_to_the_library);
    return unit_run("patched", tcase);
}
