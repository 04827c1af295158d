// A vCPU's own hard affinity is never changed, and neither is a soft affinity that somebody has
// set. "Nobody has set any" means: every CPU that is online is in both masks of every vCPU.

#include "lib/placement/affinity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen-cpus.h"
#include "lib/util/xen.h"

struct cpus {
    struct xen_cpus xen;
    int map_bytes; // of a CPU map
};

static void cpus_done(struct cpus *cpus) {
    xen_cpus_done(&cpus->xen);
}

static int cpus_read(xc_interface *xch, struct cpus *ret, struct error *err) {
    errno = 0;
    ret->map_bytes = xc_get_cpumap_size(xch);
    if (ret->map_bytes <= 0)
        return xen_error(err, xch, "asking for the size of a CPU map");
    return xen_cpus_read(xch, &ret->xen, err);
}

static uint8_t *map_new(int bytes) {
    return calloc((size_t)bytes + 1, 1);
}

static bool cpu_on(const struct cpus *cpus, unsigned cpu, nodeset nodes) {
    uint32_t node = cpus->xen.topo[cpu].node;

    return cpu / 8 < (unsigned)cpus->map_bytes && node < HOST_MAX_NODES && nodeset_has(nodes, node);
}

static bool map_has(const uint8_t *map, unsigned cpu) {
    return map[cpu / 8] >> cpu % 8 & 1;
}

// Whether all CPUs that are there are in the map; adds the nodes of those that are to *nodes.
static bool map_is_full(const struct cpus *cpus, const uint8_t *map, nodeset *nodes) {
    bool full = true;

    for (unsigned cpu = 0; cpu < cpus->xen.nr; cpu++) {
        if (!cpu_on(cpus, cpu, ~0ULL))
            continue;
        if (map_has(map, cpu))
            *nodes |= nodeset_of(cpus->xen.topo[cpu].node);
        else
            full = false;
    }
    return full;
}

static int read_vcpus(xc_interface *xch, uint32_t domid, unsigned nr_vcpus, const struct cpus *cpus,
                      struct affinity *affinity, struct error *err) {
    CLEANUP(cleanup_free) uint8_t *hard = map_new(cpus->map_bytes);
    CLEANUP(cleanup_free) uint8_t *soft = map_new(cpus->map_bytes);

    if (!hard || !soft)
        return error_set(err, ENOMEM, "no memory for CPU maps");
    affinity->vcpus_free = true;
    for (unsigned vcpu = 0; vcpu < nr_vcpus; vcpu++) {
        nodeset soft_nodes = 0;

        errno = 0;
        if (xc_vcpu_getaffinity(xch, domid, (int)vcpu, hard, soft,
                                XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))
            return xen_error(err, xch, "reading the affinity of vCPU %u", vcpu);
        affinity->vcpus_free &= map_is_full(cpus, hard, &affinity->hard_nodes);
        affinity->vcpus_free &= map_is_full(cpus, soft, &soft_nodes);
    }
    return 0;
}

// An empty node map; libxenctrl copies as many bytes as Xen's have, 8 for 64 nodes.
static int node_map_new(xc_interface *xch, uint8_t **ret, unsigned *ret_nodes, struct error *err) {
    int bytes;

    errno = 0;
    bytes = xc_get_nodemap_size(xch);
    if (bytes <= 0)
        return xen_error(err, xch, "asking for the size of a node map");
    *ret = map_new(bytes);
    if (!*ret)
        return error_set(err, ENOMEM, "no memory for a node map");
    *ret_nodes = (unsigned)bytes < HOST_MAX_NODES / 8 ? 8 * (unsigned)bytes : HOST_MAX_NODES;
    return 0;
}

static int read_domain_nodes(xc_interface *xch, uint32_t domid, nodeset *ret, struct error *err) {
    CLEANUP(cleanup_free) uint8_t *map = NULL;
    unsigned nr_nodes = 0;
    int rc;

    rc = node_map_new(xch, &map, &nr_nodes, err);
    if (rc)
        return rc;
    errno = 0;
    if (xc_domain_node_getaffinity(xch, domid, map))
        return xen_error(err, xch, "reading the domain's node affinity");
    *ret = 0;
    for (unsigned node = 0; node < nr_nodes; node++)
        *ret |= map_has(map, node) ? nodeset_of(node) : 0;
    return 0;
}

int affinity_read(xc_interface *xch, uint32_t domid, unsigned nr_vcpus, struct affinity *ret,
                  struct error *err) {
    CLEANUP(cpus_done) struct cpus cpus = {0};
    struct affinity affinity = {0};
    int rc;

    rc = cpus_read(xch, &cpus, err);
    if (!rc)
        rc = read_vcpus(xch, domid, nr_vcpus, &cpus, &affinity, err);
    if (!rc)
        rc = read_domain_nodes(xch, domid, &affinity.domain_nodes, err);
    if (!rc)
        *ret = affinity;
    return rc;
}

int affinity_follow(xc_interface *xch, uint32_t domid, unsigned nr_vcpus, nodeset nodes,
                    struct error *err) {
    CLEANUP(cpus_done) struct cpus cpus = {0};
    CLEANUP(cleanup_free) uint8_t *map = NULL;
    CLEANUP(cleanup_free) uint8_t *copy = NULL;
    int rc;

    rc = cpus_read(xch, &cpus, err);
    if (rc)
        return rc;
    map = map_new(cpus.map_bytes);
    copy = map_new(cpus.map_bytes);
    if (!map || !copy)
        return error_set(err, ENOMEM, "no memory for CPU maps");
    for (unsigned cpu = 0; cpu < cpus.xen.nr; cpu++) {
        if (cpu_on(&cpus, cpu, nodes))
            map[cpu / 8] |= (uint8_t)(1U << cpu % 8);
    }
    for (unsigned vcpu = 0; vcpu < nr_vcpus; vcpu++) {
        // Xen writes back what became effective.
        memcpy(copy, map, (size_t)cpus.map_bytes);
        errno = 0;
        if (xc_vcpu_setaffinity(xch, domid, (int)vcpu, NULL, copy, XEN_VCPUAFFINITY_SOFT))
            return xen_error(err, xch, "setting the soft affinity of vCPU %u", vcpu);
    }
    return 0;
}

int affinity_set_nodes(xc_interface *xch, uint32_t domid, nodeset nodes, struct error *err) {
    CLEANUP(cleanup_free) uint8_t *map = NULL;
    unsigned nr_nodes = 0;
    int rc;

    rc = node_map_new(xch, &map, &nr_nodes, err);
    if (rc)
        return rc;
    for (unsigned node = 0; node < nr_nodes; node++)
        map[node / 8] |= (uint8_t)(nodeset_has(nodes, node) << node % 8);
    errno = 0;
    if (xc_domain_node_setaffinity(xch, domid, map))
        return xen_error(err, xch, "setting the domain's node affinity to %s",
                         nodeset_text(nodes).s);
    return 0;
}
