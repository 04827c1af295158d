// Debug key u counts pages by node as well, but walks all of a domain's under a lock: it is not for
// looking at a host that is in use.

#include "lib/placement/standing.h"

#include "lib/claim/claim.h"
#include "lib/memory/paging.h"
#include "lib/numa/planner.h"
#include "lib/placement/masks.h"
#include "lib/util/cleanup.h"
#include "probe.h"

#if HAVE_DOMAIN_NODE_PAGES
static bool count_pages(xc_interface *xch, uint32_t domid, uint64_t ret[HOST_MAX_NODES]) {
    uint32_t nr = HOST_MAX_NODES;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        ret[node] = 0;
    return !xc_domain_numa_get_node_pages(xch, domid, &nr, ret);
}
#else
static bool count_pages(xc_interface *xch, uint32_t domid, uint64_t ret[HOST_MAX_NODES]) {
    (void)xch;
    (void)domid;
    (void)ret;
    return false;
}
#endif

static int read_vcpus(xc_interface *xch, struct standing *standing, struct error *err) {
    CLEANUP(masks_done) struct masks masks = {.vcpu = NULL};
    struct guest_vcpus vcpus;
    int rc = masks_read(xch, standing->domid, standing->domain.nr_vcpus, &masks, err);

    if (rc)
        return rc;
    vcpus = masks_vcpus(&masks, POLICY_VCPUS_LEAVE);
    standing->cpus = vcpus_share(&vcpus, 0);
    return 0;
}

int standing_read(xc_interface *xch, uint32_t domid, struct standing *ret, struct error *err) {
    CLEANUP(error_done) struct error ignored = {0};
    int rc;

    *ret = (struct standing){.domid = domid};
    rc = xen_domain_read(xch, domid, &ret->domain, err);
    if (!rc)
        rc = read_vcpus(xch, ret, err);
    if (rc)
        return rc;
    ret->counted = count_pages(xch, domid, ret->node_pages);
    if (ret->domain.outstanding_pages)
        claim_read_nodes(xch, domid, ret->claimed);
    if (ret->domain.hap && paging_read(xch, domid, &ret->pool_pages, &ignored))
        ret->pool_pages = 0;
    xc_clear_last_error(xch);
    return 0;
}

static uint64_t sum_pages(const struct standing *standing) {
    uint64_t sum = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        sum += standing->node_pages[node];
    return sum;
}

double standing_local(const struct standing *standing) {
    double local = 0, pages = (double)sum_pages(standing);

    if (!standing->counted || pages == 0 || !standing->cpus.sum)
        return -1;
    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        local += (double)standing->node_pages[node] / pages * (double)standing->cpus.share[node] /
                 (double)standing->cpus.sum;
    return 100 * local;
}

unsigned standing_distance(const struct standing *standing, const struct host *host) {
    double sum = 0, pages = (double)sum_pages(standing);

    if (!standing->counted || pages == 0 || !standing->cpus.sum || host->flat)
        return PLAN_DISTANCE_UNKNOWN;
    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        if (!standing->node_pages[node])
            continue;
        if (!cpu_shares_reach(&standing->cpus, host, node))
            return PLAN_DISTANCE_UNKNOWN;
        sum += (double)standing->node_pages[node] *
               (double)cpu_shares_distance(&standing->cpus, host, node) /
               (double)standing->cpus.sum;
    }
    return (unsigned)(10 * sum / pages + 0.5);
}

nodeset standing_nodes(const struct standing *standing) {
    nodeset nodes = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        nodes |= standing->node_pages[node] > STANDING_STRAY_PAGES ? nodeset_of(node) : 0;
    return nodes;
}

bool standing_optimised(const struct standing *standing, const struct host *host) {
    unsigned nr = nodeset_count(standing_nodes(standing));

    return nr == 1 || nr < nodeset_count(host_online_nodes(host));
}
