// ask meminfo NODES                NODES: how many entries there is room for; `-`: no array
// ask claim-node DOMID NODE NR
// ask node-pages DOMID NODES         NODES: how many there is room for

#include "tests/model/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/numa-api/numa-api.h"

#define MAX_ENTRIES 128

static int meminfo(xc_interface *xch, char **argv) {
    xen_sysctl_node_meminfo_t info[MAX_ENTRIES] = {0};
    unsigned nr = (unsigned)strtoul(argv[0], NULL, 0);
    bool count = !strcmp(argv[0], "-");
    int r = xc_numa_meminfo(xch, &nr, count ? NULL : info);

    printf("nodes %u\n", nr);
    for (unsigned node = 0; r == 0 && !count && node < nr; node++)
        printf("node %u %#lx %#lx %#lx\n", node, info[node].size, info[node].free,
               info[node].claimed);
    return r;
}

static int claim_node(xc_interface *xch, char **argv) {
    return xc_domain_claim_pages_node(xch, (uint32_t)strtoul(argv[0], NULL, 0),
                                      (unsigned)strtoul(argv[1], NULL, 0),
                                      strtoul(argv[2], NULL, 0));
}

static int node_pages(xc_interface *xch, char **argv) {
    uint64_t pages[MAX_ENTRIES] = {0};
    uint32_t nr = (uint32_t)strtoul(argv[1], NULL, 0);
    int r = xc_domain_numa_get_node_pages(xch, (uint32_t)strtoul(argv[0], NULL, 0), &nr, pages);

    printf("nodes %u\n", nr);
    for (uint32_t node = 0; r == 0 && node < nr; node++)
        printf("node %u %llu\n", node, (unsigned long long)pages[node]);
    return r;
}

const struct ask_command ask_commands[] = {
    {"meminfo", 1, meminfo},
    {"claim-node", 3, claim_node},
    {"node-pages", 2, node_pages},
    {NULL, 0, NULL},
};
