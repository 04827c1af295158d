// Asks what the installed libxenctrl has no function for, as the program will where there is one:
// built with tests/model/numa-api, or with tests/model/claim-api in one of its drafts.
//
//   ask meminfo NODES              NODES: how many entries there is room for; `-`: no array
//   ask claim-node DOMID NODE NR
//
// Prints what the call wrote, then its result: `0` or `-1 ERRNO`.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>

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

static const struct {
    const char *name;
    int nr;
    int (*run)(xc_interface *xch, char **argv);
} commands[] = {
    {"meminfo", 1, meminfo},
    {"claim-node", 3, claim_node},
};

int main(int argc, char **argv) {
    xc_interface *xch = xc_interface_open(NULL, NULL, 0);
    int r;

    if (!xch)
        return 1;
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++) {
        if (strcmp(argv[1], commands[i].name) != 0 || argc != 2 + commands[i].nr)
            continue;
        r = commands[i].run(xch, argv + 2);
        printf(r ? "%d %s\n" : "%d\n", r, strerrorname_np(errno));
        xc_interface_close(xch);
        return 0;
    }
    return 2;
}
