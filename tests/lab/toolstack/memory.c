// The commands that show where memory is: host and placement.

#include "lib/util/cleanup.h"
#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/numadump.h"
#include "tests/lab/toolstack/ring.h"
#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// What Xen reports as sizes of a node that is not there.
#define OFFLINE 0xFFFFFFFFU

static int nodes_print(struct toolstack *ts, struct error *err) {
    CLEANUP(cleanup_free) xc_meminfo_t *nodes = NULL;
    unsigned int nr = 0;

    if (xc_numainfo(ts->xch, &nr, NULL, NULL) < 0)
        return error_set(err, errno, "xc_numainfo: %s", strerror(errno));
    nodes = calloc(nr, sizeof(*nodes));
    if (!nodes)
        return error_set(err, ENOMEM, "out of memory");
    if (xc_numainfo(ts->xch, &nr, nodes, NULL) < 0)
        return error_set(err, errno, "xc_numainfo: %s", strerror(errno));
    for (unsigned int i = 0; i < nr; i++) {
        if (nodes[i].memsize == OFFLINE && nodes[i].memfree == OFFLINE)
            continue;
        printf("node%u_size_mib=%" PRIu64 "\nnode%u_free_pages=%" PRIu64 "\n", i,
               (uint64_t)nodes[i].memsize >> 20, i, (uint64_t)nodes[i].memfree >> XC_PAGE_SHIFT);
    }
    return 0;
}

int command_host(struct toolstack *ts, int argc, char **argv, struct error *err) {
    xc_physinfo_t info = {0};
    int rc = argument_end(argc, argv, 1, err);

    if (rc < 0)
        return rc;
    if (xc_physinfo(ts->xch, &info) < 0)
        return error_set(err, errno, "xc_physinfo: %s", strerror(errno));
    printf("total_pages=%" PRIu64 "\nfree_pages=%" PRIu64 "\noutstanding_pages=%" PRIu64 "\n",
           (uint64_t)info.total_pages, (uint64_t)info.free_pages, (uint64_t)info.outstanding_pages);
    return nodes_print(ts, err);
}

int command_placement(struct toolstack *ts, int argc, char **argv, struct error *err) {
    CLEANUP(cleanup_free) char *text = NULL;
    struct numa_dump dump;
    uint32_t domid = 0;
    int rc = argument_domid(argc, argv, 1, &domid, err);

    if (rc == 0)
        rc = argument_end(argc, argv, 2, err);
    if (rc == 0)
        rc = ring_debug_keys(ts, "u", &text, err);
    if (rc < 0)
        return rc;
    rc = numa_dump_parse(text, domid, &dump);
    if (rc < 0)
        return error_set(err, -rc, "Xen's dump of node use does not name domain %u", domid);
    printf("total=%" PRIu64 "\n", dump.total);
    for (unsigned int node = 0; node < NUMA_DUMP_NODES; node++) {
        if (dump.online >> node & 1)
            printf("node%u=%" PRIu64 "\n", node, dump.pages[node]);
    }
    return 0;
}
