// Asks about the host and its domains' vCPUs with libxenctrl as installed.
//
// ask pools                        all cpupools, as their users walk them
// ask devices SBDF...              nodes of devices, SBDF a number: segment << 16 | bus << 8 |
// devfn ask available MIN MAX NODE       bytes free within address widths ask command-line ask
// topology                     CPUs and nodes ask domain DOMID                 what the list of
// domains says of it ask vcpu DOMID VCPU              what Xen says of one vCPU, masks as it gives
// them ask hard|soft DOMID VCPU CPUS    sets a mask, CPUS a number with a bit for each; what takes
// effect

#include "tests/model/ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ENTRIES 128

static uint64_t first_word(xc_interface *xch, xc_cpumap_t map) {
    uint64_t word = 0;
    int size = xc_get_cpumap_size(xch);

    for (int i = 0; map && i < size && i < 8; i++)
        word |= (uint64_t)map[i] << (8 * i);
    return word;
}

static int pools(xc_interface *xch, char **argv) {
    uint32_t next = 0;

    (void)argv;
    for (;;) {
        xc_cpupoolinfo_t *info = xc_cpupool_getinfo(xch, next);

        if (!info)
            return -1;
        printf("pool %u cpus %#" PRIx64 " domains %u\n", info->cpupool_id,
               first_word(xch, info->cpumap), info->n_dom);
        next = info->cpupool_id + 1;
        xc_cpupool_infofree(xch, info);
    }
}

static int devices(xc_interface *xch, char **argv) {
    physdev_pci_device_t devs[MAX_ENTRIES];
    uint32_t nodes[MAX_ENTRIES];
    unsigned nr = 0;
    int r;

    for (; argv[nr]; nr++) {
        unsigned long sbdf = strtoul(argv[nr], NULL, 0);

        devs[nr] = (physdev_pci_device_t){
            .seg = (uint16_t)(sbdf >> 16), .bus = (uint8_t)(sbdf >> 8), .devfn = (uint8_t)sbdf};
    }
    r = xc_pcitopoinfo(xch, nr, devs, nodes);
    for (unsigned i = 0; r == 0 && i < nr; i++)
        printf("%#x\n", nodes[i]);
    return r;
}

static int available(xc_interface *xch, char **argv) {
    uint64_t bytes = 0;
    int r = xc_availheap(xch, (int)strtol(argv[0], NULL, 0), (int)strtol(argv[1], NULL, 0),
                         (int)strtol(argv[2], NULL, 0), &bytes);

    if (r == 0)
        printf("bytes %#" PRIx64 "\n", bytes);
    return r;
}

static int command_line(xc_interface *xch, char **argv) {
    xen_commandline_t text = "";
    int r = xc_version(xch, XENVER_commandline, &text);

    (void)argv;
    printf("%s\n", text);
    return r;
}

static int topology(xc_interface *xch, char **argv) {
    xc_cputopo_t cpus[MAX_ENTRIES];
    xc_meminfo_t memory[MAX_ENTRIES];
    xc_physinfo_t info = {0};
    unsigned nr_cpus = MAX_ENTRIES, nr_nodes = MAX_ENTRIES;
    int r = xc_physinfo(xch, &info);

    (void)argv;
    if (r == 0)
        r = xc_cputopoinfo(xch, &nr_cpus, cpus);
    if (r == 0)
        r = xc_numainfo(xch, &nr_nodes, memory, NULL);
    if (r)
        return r;
    printf("threads %u cores %u cpus", info.threads_per_core, info.cores_per_socket);
    for (unsigned i = 0; i < nr_cpus; i++)
        printf(" %u.%u@%u", cpus[i].socket, cpus[i].core, cpus[i].node);
    printf("\nmib");
    for (unsigned i = 0; i < nr_nodes; i++)
        printf(" %" PRIu64, memory[i].memsize >> 20);
    printf("\n");
    return 0;
}

static int domain(xc_interface *xch, char **argv) {
    xc_domaininfo_t info = {0};
    uint32_t domid = (uint32_t)strtoul(argv[0], NULL, 0);
    int r = xc_domain_getinfolist(xch, domid, 1, &info);

    printf("domain %u pool %u vcpus %u online %u %s %s\n", info.domain, info.cpupool,
           info.max_vcpu_id + 1, info.nr_online_vcpus,
           info.flags & XEN_DOMINF_running ? "running" : "-",
           info.flags & XEN_DOMINF_paused ? "paused" : "-");
    return r < 0 ? r : 0;
}

static int vcpu(xc_interface *xch, char **argv) {
    uint32_t domid = (uint32_t)strtoul(argv[0], NULL, 0),
             index = (uint32_t)strtoul(argv[1], NULL, 0);
    xc_cpumap_t hard = xc_cpumap_alloc(xch), soft = xc_cpumap_alloc(xch);
    xc_vcpuinfo_t info = {0};
    int r = xc_vcpu_getinfo(xch, domid, index, &info);

    if (r == 0)
        r = xc_vcpu_getaffinity(xch, domid, (int)index, hard, soft,
                                XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT);
    if (r == 0)
        printf("online %u running %u cpu %u hard %#" PRIx64 " soft %#" PRIx64 "\n", info.online,
               info.running, info.cpu, first_word(xch, hard), first_word(xch, soft));
    free(hard);
    free(soft);
    return r;
}

static int mask_set(xc_interface *xch, char **argv, uint32_t flags) {
    uint64_t cpus = strtoull(argv[2], NULL, 0);
    xc_cpumap_t map = xc_cpumap_alloc(xch);
    bool hard = flags == XEN_VCPUAFFINITY_HARD;
    int size = xc_get_cpumap_size(xch);
    int r;

    for (int i = 0; i < size && i < 8; i++)
        map[i] = (uint8_t)(cpus >> (8 * i));
    r = xc_vcpu_setaffinity(xch, (uint32_t)strtoul(argv[0], NULL, 0), (int)strtol(argv[1], NULL, 0),
                            hard ? map : NULL, hard ? NULL : map, flags);
    if (r == 0)
        printf("effective %#" PRIx64 "\n", first_word(xch, map));
    free(map);
    return r;
}

static int hard_set(xc_interface *xch, char **argv) {
    return mask_set(xch, argv, XEN_VCPUAFFINITY_HARD);
}

static int soft_set(xc_interface *xch, char **argv) {
    return mask_set(xch, argv, XEN_VCPUAFFINITY_SOFT);
}

const struct ask_command ask_commands[] = {
    {"pools", 0, pools},         {"devices", 1, devices},
    {"available", 3, available}, {"command-line", 0, command_line},
    {"topology", 0, topology},   {"domain", 1, domain},
    {"vcpu", 2, vcpu},           {"hard", 3, hard_set},
    {"soft", 3, soft_set},       {NULL, 0, NULL},
};
