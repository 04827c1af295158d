// A call of about a microsecond for each vCPU of the host, and a second one where a domain has
// vCPUs that are offline.

#include "lib/claim/load.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"
#include "lib/util/error.h"
#include "lib/util/xen-cpus.h"

#define BATCH 64 // domains asked for at once

struct maps {
    struct xen_cpus cpus;
    uint8_t *online, *hard, *soft;
    bool has_pool;
    uint32_t pool; // that `online` is of
};

static void maps_done(struct maps *maps) {
    free(maps->online);
    free(maps->hard);
    free(maps->soft);
    xen_cpus_done(&maps->cpus);
}

static void add_vcpu(const struct maps *maps, const uint8_t *map, struct host *host) {
    unsigned cpus[HOST_MAX_NODES];
    unsigned nr = xen_cpumap_count(&maps->cpus, map, cpus, HOST_MAX_NODES);

    for (unsigned node = 0; node < HOST_MAX_NODES && nr; node++)
        host->node[node].load += HOST_LOAD_VCPU * cpus[node] / nr;
}

static void count_vcpu(xc_interface *xch, struct maps *maps, uint32_t domid, unsigned vcpu,
                       struct host *host) {
    if (xc_vcpu_getaffinity(xch, domid, (int)vcpu, maps->hard, maps->soft,
                            XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))
        return;
    xen_cpumap_narrow(&maps->cpus, maps->hard, maps->online);
    xen_cpumap_narrow(&maps->cpus, maps->soft, maps->hard);
    if (memcmp(maps->soft, maps->online, maps->cpus.map_bytes) != 0)
        add_vcpu(maps, maps->soft, host);
}

static void read_pool(xc_interface *xch, struct maps *maps, uint32_t pool) {
    if (maps->has_pool && maps->pool == pool)
        return;
    memset(maps->online, 0, maps->cpus.map_bytes);
    xen_cpus_of_pool(xch, &maps->cpus, pool, maps->online);
    maps->pool = pool;
    maps->has_pool = true;
}

static void count_domain(xc_interface *xch, struct maps *maps, const xc_domaininfo_t *info,
                         struct host *host) {
    // All, or none yet.
    bool alike = !info->nr_online_vcpus || info->nr_online_vcpus > info->max_vcpu_id;

    if (info->max_vcpu_id == XEN_INVALID_MAX_VCPU_ID)
        return;
    read_pool(xch, maps, info->cpupool);
    for (unsigned vcpu = 0; vcpu <= info->max_vcpu_id; vcpu++) {
        xc_vcpuinfo_t vcpuinfo = {0};

        if (!alike && (xc_vcpu_getinfo(xch, info->domain, vcpu, &vcpuinfo) || !vcpuinfo.online))
            continue;
        count_vcpu(xch, maps, info->domain, vcpu, host);
    }
}

void load_read(xc_interface *xch, uint32_t domid, struct host *host) {
    CLEANUP(maps_done) struct maps maps = {.online = NULL};
    CLEANUP(error_done) struct error ignored = {0};
    xc_domaininfo_t info[BATCH];
    uint32_t next = 0;
    int nr = BATCH;

    if (xen_cpus_read(xch, &maps.cpus, &ignored))
        return;
    maps.online = xen_cpumap_new(&maps.cpus);
    maps.hard = xen_cpumap_new(&maps.cpus);
    maps.soft = xen_cpumap_new(&maps.cpus);
    if (!maps.online || !maps.hard || !maps.soft)
        return;
    while (nr == BATCH) {
        nr = xc_domain_getinfolist(xch, next, BATCH, info);
        for (int i = 0; i < nr; i++) {
            if (info[i].domain != domid && !(info[i].flags & XEN_DOMINF_dying))
                count_domain(xch, &maps, &info[i], host);
            next = info[i].domain + 1U;
        }
    }
    xc_clear_last_error(xch);
}
