// Asked twice: for their number, then for all of them.

#include "lib/util/xen-cpus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/xen.h"

#define INVALID_ID UINT32_MAX

int xen_cpus_read(xc_interface *xch, struct xen_cpus *ret, struct error *err) {
    unsigned nr = 0;
    int map_bytes;

    errno = 0;
    map_bytes = xc_get_cpumap_size(xch);
    if (map_bytes <= 0)
        return xen_error(err, xch, "asking for the size of a CPU map");
    errno = 0;
    if (xc_cputopoinfo(xch, &nr, NULL))
        return xen_error(err, xch, "asking for the number of CPUs");
    ret->topo = calloc(nr + 1UL, sizeof(*ret->topo));
    if (!ret->topo)
        return error_set(err, ENOMEM, "no memory for the description of %u CPUs", nr);
    errno = 0;
    if (nr && xc_cputopoinfo(xch, &nr, ret->topo)) {
        xen_cpus_done(ret);
        return xen_error(err, xch, "reading the CPUs");
    }
    ret->nr = nr;
    ret->map_bytes = (size_t)map_bytes;
    return 0;
}

void xen_cpus_done(struct xen_cpus *cpus) {
    free(cpus->topo);
    *cpus = (struct xen_cpus){0};
}

bool xen_cpus_online(const struct xen_cpus *cpus, unsigned cpu) {
    return cpu < cpus->nr && cpu / 8 < cpus->map_bytes && cpus->topo[cpu].node != INVALID_ID &&
           cpus->topo[cpu].core != INVALID_ID;
}

// A core is known by its id within a socket. CPUs are looked up among those before them: hosts have
// few thousand, and this runs once.
bool xen_cpus_first_of_core(const struct xen_cpus *cpus, unsigned cpu, const uint8_t *map) {
    const xc_cputopo_t *topo = cpus->topo;

    for (unsigned i = 0; i < cpu; i++) {
        if (topo[i].core == topo[cpu].core && topo[i].socket == topo[cpu].socket &&
            topo[i].node == topo[cpu].node && (!map || xen_cpumap_has(map, i)))
            return false;
    }
    return true;
}

uint8_t *xen_cpumap_new(const struct xen_cpus *cpus) {
    return calloc(cpus->map_bytes + 1, 1);
}

void xen_cpumap_narrow(const struct xen_cpus *cpus, uint8_t *map, const uint8_t *within) {
    bool any = false;

    for (size_t i = 0; i < cpus->map_bytes; i++) {
        map[i] &= within[i];
        any |= map[i] != 0;
    }
    if (!any)
        memcpy(map, within, cpus->map_bytes);
}

unsigned xen_cpumap_count(const struct xen_cpus *cpus, const uint8_t *map, unsigned *ret_by_node,
                          unsigned nr_nodes) {
    unsigned nr = 0;

    memset(ret_by_node, 0, nr_nodes * sizeof(*ret_by_node));
    for (unsigned cpu = 0; cpu < cpus->nr; cpu++) {
        if (!xen_cpumap_has(map, cpu) || cpus->topo[cpu].node >= nr_nodes)
            continue;
        ret_by_node[cpus->topo[cpu].node]++;
        nr++;
    }
    return nr;
}

void xen_cpus_of_pool(xc_interface *xch, const struct xen_cpus *cpus, uint32_t pool, uint8_t *map) {
    xc_cpupoolinfo_t *info = xc_cpupool_getinfo(xch, pool);
    bool known = info && info->cpupool_id == pool;

    for (unsigned cpu = 0; cpu < cpus->nr; cpu++) {
        if (xen_cpus_online(cpus, cpu) && (!known || xen_cpumap_has(info->cpumap, cpu)))
            xen_cpumap_add(map, cpu);
    }
    if (info)
        xc_cpupool_infofree(xch, info);
    xc_clear_last_error(xch);
}
