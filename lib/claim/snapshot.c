// Three calls, each with its own marker for "not there": a node that is offline has all-ones of 32
// bits for its sizes (in a 64-bit field), a CPU that is offline has all-ones for its ids, and a
// distance that firmware did not give is all-ones as well.
//
// A fourth call, xc_numa_meminfo, exists only where claims are counted by node.
//
// Xen reports as a node's size the span of its addresses, which includes the hole for devices below
// 4 GiB; sizes here are therefore an upper bound, while free memory is exact.

#include "lib/claim/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/claim/low-memory.h"
#include "lib/util/cleanup.h"
#include "lib/util/xen-cpus.h"
#include "lib/util/xen.h"
#include "probe.h"

#define PAGE_SHIFT 12
#define OFFLINE_BYTES UINT32_MAX

struct arrays {
    xc_meminfo_t *meminfo;
    uint32_t *distance; // a row for each node, nr_nodes long
    unsigned nr_nodes;
    struct xen_cpus cpus;
};

static void arrays_done(struct arrays *arrays) {
    free(arrays->meminfo);
    free(arrays->distance);
    xen_cpus_done(&arrays->cpus);
}

static int read_nodes(xc_interface *xch, struct arrays *arrays, struct error *err) {
    unsigned nr = 0;

    errno = 0;
    if (xc_numainfo(xch, &nr, NULL, NULL))
        return xen_error(err, xch, "asking for the number of NUMA nodes");
    if (nr == 0 || nr > HOST_MAX_NODES)
        return error_set(err, ERANGE, "Xen reports %u NUMA nodes, not 1..%d", nr, HOST_MAX_NODES);
    arrays->meminfo = calloc(nr, sizeof(*arrays->meminfo));
    arrays->distance = calloc((size_t)nr * nr, sizeof(*arrays->distance));
    if (!arrays->meminfo || !arrays->distance)
        return error_set(err, ENOMEM, "no memory for the description of %u NUMA nodes", nr);
    arrays->nr_nodes = nr;
    errno = 0;
    if (xc_numainfo(xch, &nr, arrays->meminfo, arrays->distance))
        return xen_error(err, xch, "reading the NUMA nodes");
    if (nr != arrays->nr_nodes)
        return error_set(err, EAGAIN, "the number of NUMA nodes changed from %u to %u",
                         arrays->nr_nodes, nr);
    return 0;
}

static void set_nodes(const struct arrays *arrays, struct host *host) {
    unsigned nr = arrays->nr_nodes;

    host->nr_nodes = nr;
    for (unsigned node = 0; node < nr; node++) {
        const xc_meminfo_t *info = &arrays->meminfo[node];

        if (info->memsize == OFFLINE_BYTES && info->memfree == OFFLINE_BYTES)
            continue;
        host->node[node].online = true;
        host->node[node].size_pages = info->memsize >> PAGE_SHIFT;
        host->node[node].free_pages = info->memfree >> PAGE_SHIFT;
        for (unsigned to = 0; to < nr; to++) {
            uint32_t distance = arrays->distance[node * nr + to];

            host->distance[node][to] =
                distance < HOST_DISTANCE_UNKNOWN ? (uint8_t)distance : HOST_DISTANCE_UNKNOWN;
        }
    }
}

static void count_cpus(const struct arrays *arrays, struct host *host) {
    for (unsigned cpu = 0; cpu < arrays->cpus.nr; cpu++) {
        uint32_t node = arrays->cpus.topo[cpu].node;

        if (!xen_cpus_online(&arrays->cpus, cpu) || node >= HOST_MAX_NODES)
            continue;
        host->node[node].nr_cpus++;
        host->node[node].nr_cores += xen_cpus_first_of_core(&arrays->cpus, cpu, NULL);
    }
}

#if HAVE_NUMA_MEMINFO
// Moves claims from the host's sum to the nodes that they are on. A Xen that does not know the
// call, or a dom0 that may not make it, leaves all of them in the sum.
static void set_claims(xc_interface *xch, struct host *host) {
    xen_sysctl_node_meminfo_t meminfo[HOST_MAX_NODES];
    unsigned nr = HOST_MAX_NODES;

    if (xc_numa_meminfo(xch, &nr, meminfo))
        return;
    host->claims_by_node = true;
    for (unsigned node = 0; node < nr && node < host->nr_nodes; node++) {
        uint64_t claimed = meminfo[node].claimed >> PAGE_SHIFT;

        if (!host->node[node].online)
            continue;
        host->node[node].size_pages = meminfo[node].size >> PAGE_SHIFT;
        host->node[node].claimed_pages = claimed;
        host->claimed_pages -= claimed < host->claimed_pages ? claimed : host->claimed_pages;
    }
}
#else
static void set_claims(xc_interface *xch, struct host *host) {
    (void)xch;
    (void)host;
}
#endif

int snapshot_read(xc_interface *xch, struct host *ret, struct error *err) {
    CLEANUP(arrays_done) struct arrays arrays = {0};
    xc_physinfo_t physinfo = {0};
    int rc;

    rc = read_nodes(xch, &arrays, err);
    if (rc)
        return rc;
    rc = xen_cpus_read(xch, &arrays.cpus, err);
    if (rc)
        return rc;
    errno = 0;
    if (xc_physinfo(xch, &physinfo))
        return xen_error(err, xch, "reading the host's memory");
    *ret = (struct host){.claimed_pages = physinfo.outstanding_pages};
    set_nodes(&arrays, ret);
    set_claims(xch, ret);
    count_cpus(&arrays, ret);
    low_memory_read(xch, ret);
    return 0;
}
