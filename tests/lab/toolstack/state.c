// The command `state`: what a builder has left of a domain, as Xen and the guest's memory have it.
//
// Lines are the same on every host for the same guest, so that one expectation fits all: CPU
// features are compared with those that the domain's keys allow, not printed.

#include "lib/util/cleanup.h"
#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/domain.h"
#include "tests/lab/toolstack/leaves.h"
#include "tests/lab/toolstack/store.h"
#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/hvm/hvm_info_table.h>
#include <xen/hvm/params.h>
#include <xenforeignmemory.h>

static int failed(const char *what, struct error *err) {
    return error_set(err, errno, "%s: %s", what, strerror(errno));
}

// --- HVM parameters ---

static const struct {
    uint32_t index;
    const char *name;
} params[] = {
    {HVM_PARAM_STORE_PFN, "store_pfn"},
    {HVM_PARAM_STORE_EVTCHN, "store_evtchn"},
    {HVM_PARAM_IOREQ_PFN, "ioreq_pfn"},
    {HVM_PARAM_BUFIOREQ_PFN, "bufioreq_pfn"},
    {HVM_PARAM_VIRIDIAN, "viridian"},
    {HVM_PARAM_HPET_ENABLED, "hpet_enabled"},
    {HVM_PARAM_IDENT_PT, "ident_pt"},
    {HVM_PARAM_CONSOLE_PFN, "console_pfn"},
    {HVM_PARAM_CONSOLE_EVTCHN, "console_evtchn"},
    {HVM_PARAM_PAGING_RING_PFN, "paging_ring_pfn"},
    {HVM_PARAM_MONITOR_RING_PFN, "monitor_ring_pfn"},
    {HVM_PARAM_SHARING_RING_PFN, "sharing_ring_pfn"},
    {HVM_PARAM_TRIPLE_FAULT_REASON, "triple_fault_reason"},
    {HVM_PARAM_IOREQ_SERVER_PFN, "ioreq_server_pfn"},
    {HVM_PARAM_NR_IOREQ_SERVER_PAGES, "nr_ioreq_server_pages"},
    {HVM_PARAM_X87_FIP_WIDTH, "x87_fip_width"},
};

static int params_print(struct toolstack *ts, uint32_t domid, struct error *err) {
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        uint64_t value = 0;

        if (xc_hvm_param_get(ts->xch, domid, params[i].index, &value) < 0)
            return failed(params[i].name, err);
        printf("param.%s=%#" PRIx64 "\n", params[i].name, value);
    }
    return 0;
}

// --- the hvm_info table ---

static void table_print(const struct hvm_info_table *table) {
    const uint8_t *bytes = (const uint8_t *)table;
    uint8_t sum = 0;

    for (size_t i = 0; i < sizeof(*table); i++)
        sum = (uint8_t)(sum + bytes[i]);
    printf("hvm_info.signature=%.8s\nhvm_info.sum=%u\n", table->signature, sum);
    printf("hvm_info.apic_mode=%u\nhvm_info.nr_vcpus=%u\n", table->apic_mode, table->nr_vcpus);
    printf("hvm_info.low_mem_pgend=%#x\nhvm_info.high_mem_pgend=%#x\n", table->low_mem_pgend,
           table->high_mem_pgend);
    printf("hvm_info.reserved_mem_pgstart=%#x\nhvm_info.vcpu_online=", table->reserved_mem_pgstart);
    for (size_t i = 0; i < sizeof(table->vcpu_online); i++)
        printf("%02x", table->vcpu_online[i]);
    putchar('\n');
}

static int hvm_info_print(uint32_t domid, struct error *err) {
    const xen_pfn_t gfn = HVM_INFO_PFN;
    struct hvm_info_table table;
    xenforeignmemory_handle *memory = xenforeignmemory_open(NULL, 0);
    void *page;

    if (!memory)
        return failed("xenforeignmemory_open", err);
    page = xenforeignmemory_map(memory, domid, PROT_READ, 1, &gfn, NULL);
    if (!page) {
        xenforeignmemory_close(memory);
        return failed("mapping the hvm_info table", err);
    }
    memcpy(&table, (const char *)page + HVM_INFO_OFFSET, sizeof(table));
    xenforeignmemory_unmap(memory, page, 1);
    xenforeignmemory_close(memory);
    table_print(&table);
    return 0;
}

// --- vCPUs ---

// A set of CPUs as ranges; "all" if it has all of the host's.
static void cpus_print(const uint8_t *map, unsigned nr_cpus) {
    const char *separator = "";
    unsigned last;

    for (unsigned cpu = 0; cpu < nr_cpus; cpu = last + 1) {
        last = cpu;
        if (!(map[cpu / 8] >> cpu % 8 & 1))
            continue;
        while (last + 1 < nr_cpus && map[(last + 1) / 8] >> (last + 1) % 8 & 1)
            last++;
        if (cpu == 0 && last + 1 == nr_cpus)
            printf("all");
        else if (cpu == last)
            printf("%s%u", separator, cpu);
        else
            printf("%s%u-%u", separator, cpu, last);
        separator = ",";
    }
    putchar('\n');
}

static int vcpus_print(struct toolstack *ts, uint32_t domid, unsigned nr_vcpus, struct error *err) {
    CLEANUP(cleanup_free) uint8_t *hard = xc_cpumap_alloc(ts->xch);
    xc_physinfo_t host = {0};

    if (!hard)
        return error_set(err, ENOMEM, "out of memory");
    if (xc_physinfo(ts->xch, &host) < 0)
        return failed("xc_physinfo", err);
    for (unsigned vcpu = 0; vcpu < nr_vcpus; vcpu++) {
        if (xc_vcpu_getaffinity(ts->xch, domid, (int)vcpu, hard, NULL, XEN_VCPUAFFINITY_HARD) < 0)
            return failed("xc_vcpu_getaffinity", err);
        printf("vcpu.%u.hard=", vcpu);
        cpus_print(hard, host.max_cpu_id + 1);
    }
    return 0;
}

// Each scheduler refuses to be asked for another's parameters.
static int share_print(struct toolstack *ts, uint32_t domid, struct error *err) {
    struct xen_domctl_sched_credit credit = {0};
    struct xen_domctl_sched_credit2 credit2 = {0};

    if (xc_sched_credit2_domain_get(ts->xch, domid, &credit2) == 0)
        printf("weight=%u\ncap=%u\n", credit2.weight, credit2.cap);
    else if (xc_sched_credit_domain_get(ts->xch, domid, &credit) == 0)
        printf("weight=%u\ncap=%u\n", credit.weight, credit.cap);
    else
        return failed("the scheduler's parameters", err);
    return 0;
}

static int tsc_print(struct toolstack *ts, uint32_t domid, struct error *err) {
    uint32_t mode = 0;
    uint32_t khz = 0;
    uint32_t incarnation = 0;
    uint64_t elapsed = 0;

    if (xc_domain_get_tsc_info(ts->xch, domid, &mode, &elapsed, &khz, &incarnation) < 0)
        return failed("xc_domain_get_tsc_info", err);
    printf("tsc_mode=%u\n", mode);
    return 0;
}

// --- the CPU policy ---

// Feature bits that are not what a featureset says of them.
#define HTT (UINT32_C(1) << 28)       // word 0: topology
#define CMP_LEGACY (UINT32_C(1) << 1) // word 3: topology
#define OSXSAVE (UINT32_C(1) << 27)   // word 1: what the guest has switched on
#define AMD_COPIES 0x0183f3ffU        // word 2: AMD's copies of bits in word 0

static const struct {
    const char *name;
    unsigned word;
    unsigned bit;
} features[] = {
    {"pae", 0, 6},
    {"htt", 0, 28},
    {"nx", 2, 20},
    {"itsc", 7, 8},
};

// Features of the policy that the featureset does not have, "none" if all is well.
static void excess_print(const struct leaves *leaves, const char *featureset) {
    const uint32_t ignored[LEAVES_NR_WORDS] = {HTT, OSXSAVE, AMD_COPIES, CMP_LEGACY};
    bool any = false;

    printf("cpuid.beyond_featureset=");
    for (unsigned word = 0; word < LEAVES_NR_WORDS; word++) {
        char *end = NULL;
        unsigned long allowed = featureset ? strtoul(featureset, &end, 16) : UINT32_MAX;
        uint32_t excess = leaves_word(leaves, word) & ~((uint32_t)allowed | ignored[word]);

        if (excess)
            printf("%s%u:%08x", any ? " " : "", word, excess);
        any = any || excess;
        if (featureset)
            featureset = *end ? end + 1 : end;
    }
    puts(any ? "" : "none");
}

static int cpuid_print(struct toolstack *ts, uint32_t domid, struct error *err) {
    CLEANUP(cleanup_free) char *featureset = NULL;
    struct cpu_view view;
    struct leaves leaves;
    int rc = lab_store_read(ts, domid, "platform/featureset", &featureset, err);

    if (rc == 0)
        rc = leaves_read(ts, domid, &leaves, err);
    if (rc < 0)
        return rc;
    view = leaves_view(&leaves);
    printf("cpuid.logical_per_package=%u\ncpuid.cores_per_package=%u\n", view.logical, view.cores);
    printf("cpuid.cores_have_threads=%d\n", view.cores_have_threads);
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
        printf("cpuid.%s=%u\n", features[i].name,
               leaves_word(&leaves, features[i].word) >> features[i].bit & 1);
    excess_print(&leaves, featureset);
    free(leaves.list);
    return 0;
}

// --- keys that a builder writes ---

static int keys_print(struct toolstack *ts, uint32_t domid, struct error *err) {
    static const char *const keys[] = {
        "platform/acpi",          "platform/acpi_s3",           "platform/acpi_s4",
        "vm-data/mmio-hole-size", "vm-data/vram-reserved-addr", "vm-data/vram-reserved-size",
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        CLEANUP(cleanup_free) char *value = NULL;
        int rc = lab_store_read(ts, domid, keys[i], &value, err);

        if (rc < 0)
            return rc;
        printf("%s=%s\n", keys[i], value ? value : "absent");
    }
    return 0;
}

int command_state(struct toolstack *ts, int argc, char **argv, struct error *err) {
    xc_domaininfo_t info = {0};
    uint32_t domid = 0;
    int rc = argument_domid(argc, argv, 1, &domid, err);

    if (rc == 0)
        rc = argument_end(argc, argv, 2, err);
    if (rc == 0)
        rc = lab_domain_info(ts, domid, &info, err);
    if (rc == -ESRCH)
        return error_set(err, ESRCH, "there is no domain %u", domid);
    if (rc < 0)
        return rc;
    printf("tot_pages=%" PRIu64 "\n", (uint64_t)info.tot_pages);
    rc = params_print(ts, domid, err);
    if (rc == 0)
        rc = hvm_info_print(domid, err);
    if (rc == 0)
        rc = vcpus_print(ts, domid, info.max_vcpu_id + 1, err);
    if (rc == 0)
        rc = share_print(ts, domid, err);
    if (rc == 0)
        rc = tsc_print(ts, domid, err);
    if (rc == 0)
        rc = cpuid_print(ts, domid, err);
    return rc < 0 ? rc : keys_print(ts, domid, err);
}
