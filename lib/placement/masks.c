// Xen runs a vCPU on CPUs of its soft mask if it can, and never outside of its hard mask. A mask
// that leaves out no CPU on which the vCPU may run says nothing, whoever has set it.
//
// A vCPU's own hard mask is never widened nor moved, and a soft mask that somebody has set is
// replaced only if numa-vcpus says so.

#include "lib/placement/masks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

// --- maps ---

static bool is_equal(const struct masks *masks, const uint8_t *a, const uint8_t *b) {
    return !memcmp(a, b, masks->cpus.map_bytes);
}

static unsigned node_of(const struct masks *masks, unsigned cpu) {
    return masks->cpus.topo[cpu].node;
}

static nodeset nodes_of(const struct masks *masks, const uint8_t *map) {
    nodeset nodes = 0;

    for (unsigned cpu = 0; cpu < masks->cpus.nr; cpu++)
        if (xen_cpumap_has(map, cpu) && node_of(masks, cpu) < HOST_MAX_NODES)
            nodes |= nodeset_of(node_of(masks, cpu));
    return nodes;
}

// --- reading ---

// From what a vCPU's masks are to what comes of them.
static void settle_vcpu(const struct masks *masks, struct vcpu_masks *vcpu) {
    xen_cpumap_narrow(&masks->cpus, vcpu->hard, masks->pool);
    xen_cpumap_narrow(&masks->cpus, vcpu->soft, vcpu->hard);
    vcpu->hard_given = !is_equal(masks, vcpu->hard, masks->pool);
    vcpu->soft_given = !is_equal(masks, vcpu->soft, vcpu->hard);
}

static void settle_nodes(struct masks *masks) {
    masks->pool_nodes = nodes_of(masks, masks->pool);
    masks->hard_nodes = 0;
    masks->effective_nodes = 0;
    for (unsigned nr = 0; nr < masks->nr_vcpus; nr++) {
        masks->hard_nodes |= nodes_of(masks, masks->vcpu[nr].hard);
        masks->effective_nodes |= nodes_of(masks, masks->vcpu[nr].soft);
    }
}

// Empty masks for all vCPUs, and an empty pool.
static int allocate(struct masks *masks, struct error *err) {
    bool whole;

    masks->pool = xen_cpumap_new(&masks->cpus);
    masks->vcpu = calloc(masks->nr_vcpus + 1UL, sizeof(*masks->vcpu));
    whole = masks->pool && masks->vcpu;
    for (unsigned nr = 0; nr < masks->nr_vcpus && whole; nr++) {
        masks->vcpu[nr].hard = xen_cpumap_new(&masks->cpus);
        masks->vcpu[nr].soft = xen_cpumap_new(&masks->cpus);
        whole = masks->vcpu[nr].hard && masks->vcpu[nr].soft;
    }
    return whole ? 0 : error_set(err, ENOMEM, "no memory for CPU maps");
}

static int read_vcpu(struct masks *masks, unsigned nr, struct error *err) {
    struct vcpu_masks *vcpu = &masks->vcpu[nr];

    errno = 0;
    if (xc_vcpu_getaffinity(masks->xch, masks->domid, (int)nr, vcpu->hard, vcpu->soft,
                            XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))
        return xen_error(err, masks->xch, "reading the affinity of vCPU %u", nr);
    settle_vcpu(masks, vcpu);
    return 0;
}

int masks_read(xc_interface *xch, uint32_t domid, unsigned nr_vcpus, struct masks *ret,
               struct error *err) {
    CLEANUP(masks_done) struct masks masks = {.xch = xch, .domid = domid, .nr_vcpus = nr_vcpus};
    struct xen_domain domain;
    int rc = xen_domain_read(xch, domid, &domain, err);

    if (!rc)
        rc = xen_cpus_read(xch, &masks.cpus, err);
    if (!rc)
        rc = allocate(&masks, err);
    if (rc)
        return rc;
    xen_cpus_of_pool(xch, &masks.cpus, domain.cpupool, masks.pool);
    for (unsigned nr = 0; nr < nr_vcpus && !rc; nr++)
        rc = read_vcpu(&masks, nr, err);
    if (rc)
        return rc;
    settle_nodes(&masks);
    *ret = masks;
    masks = (struct masks){0};
    return 0;
}

int masks_make(struct xen_cpus *cpus, unsigned nr_vcpus, struct masks *ret, struct error *err) {
    CLEANUP(masks_done) struct masks masks = {.cpus = *cpus, .nr_vcpus = nr_vcpus};
    int rc;

    *cpus = (struct xen_cpus){0};
    rc = allocate(&masks, err);
    if (rc)
        return rc;
    for (unsigned cpu = 0; cpu < masks.cpus.nr; cpu++)
        if (xen_cpus_online(&masks.cpus, cpu))
            xen_cpumap_add(masks.pool, cpu);
    for (unsigned nr = 0; nr < nr_vcpus; nr++)
        settle_vcpu(&masks, &masks.vcpu[nr]);
    settle_nodes(&masks);
    *ret = masks;
    masks = (struct masks){0};
    return 0;
}

bool masks_set_hard(struct masks *masks, unsigned nr, const uint8_t *map) {
    struct vcpu_masks *vcpu = &masks->vcpu[nr];
    bool any = false;

    for (unsigned cpu = 0; cpu < masks->cpus.nr; cpu++)
        any |= xen_cpumap_has(map, cpu) && xen_cpumap_has(masks->pool, cpu);
    if (!any)
        return false;
    // A soft mask that nobody has given is no more than the hard one.
    memcpy(vcpu->soft, vcpu->soft_given ? vcpu->soft : map, masks->cpus.map_bytes);
    memcpy(vcpu->hard, map, masks->cpus.map_bytes);
    settle_vcpu(masks, vcpu);
    settle_nodes(masks);
    return true;
}

void masks_done(struct masks *masks) {
    for (unsigned nr = 0; masks->vcpu && nr < masks->nr_vcpus; nr++) {
        free(masks->vcpu[nr].hard);
        free(masks->vcpu[nr].soft);
    }
    free(masks->vcpu);
    free(masks->pool);
    xen_cpus_done(&masks->cpus);
    *masks = (struct masks){0};
}

// --- for the planner ---

static void add_fixed(const struct masks *masks, const uint8_t *map, struct guest_vcpus *vcpus) {
    unsigned cpus[HOST_MAX_NODES];
    unsigned nr = xen_cpumap_count(&masks->cpus, map, cpus, HOST_MAX_NODES);

    for (unsigned node = 0; node < HOST_MAX_NODES && nr; node++)
        vcpus->fixed[node] += VCPUS_UNIT * cpus[node] / nr;
}

static void count_cpus(const struct masks *masks, const uint8_t *map, struct vcpu_group *group) {
    for (unsigned cpu = 0; cpu < masks->cpus.nr; cpu++) {
        if (!xen_cpumap_has(map, cpu) || node_of(masks, cpu) >= HOST_MAX_NODES)
            continue;
        group->cpus[node_of(masks, cpu)]++;
        group->cores[node_of(masks, cpu)] += xen_cpus_first_of_core(&masks->cpus, cpu, map);
    }
}

// vCPUs with the same hard mask are one group. False if there is no room for another group.
static bool add_free(const struct masks *masks, const uint8_t *map, const uint8_t **group_maps,
                     struct guest_vcpus *vcpus) {
    unsigned g = 0;

    while (g < vcpus->nr_groups && group_maps[g] && !is_equal(masks, group_maps[g], map))
        g++;
    if (g == VCPUS_MAX_GROUPS)
        return false;
    if (g == vcpus->nr_groups) {
        group_maps[g] = map;
        vcpus->nr_groups++;
        count_cpus(masks, map, &vcpus->group[g]);
    }
    vcpus->group[g].nr++;
    return true;
}

static bool keeps_soft(const struct vcpu_masks *vcpu, enum policy_vcpus policy) {
    return vcpu->soft_given && policy != POLICY_VCPUS_MOVE && policy != POLICY_VCPUS_PIN;
}

struct guest_vcpus masks_vcpus(const struct masks *masks, enum policy_vcpus policy) {
    const uint8_t *group_maps[VCPUS_MAX_GROUPS] = {NULL};
    struct guest_vcpus vcpus = {.roaming = policy == POLICY_VCPUS_LEAVE};

    for (unsigned nr = 0; nr < masks->nr_vcpus; nr++) {
        const struct vcpu_masks *vcpu = &masks->vcpu[nr];
        bool on_one = vcpu->hard_given && nodeset_count(nodes_of(masks, vcpu->hard)) == 1;

        vcpus.roaming &= !vcpu->hard_given && !vcpu->soft_given;
        if (keeps_soft(vcpu, policy))
            add_fixed(masks, vcpu->soft, &vcpus);
        else if (on_one || policy == POLICY_VCPUS_LEAVE ||
                 !add_free(masks, vcpu->hard, group_maps, &vcpus))
            add_fixed(masks, vcpu->hard, &vcpus);
    }
    return vcpus;
}

nodeset masks_vcpu_nodes(const struct masks *masks, unsigned nr, enum policy_vcpus policy) {
    const struct vcpu_masks *vcpu = &masks->vcpu[nr];

    return nodes_of(masks, keeps_soft(vcpu, policy) ? vcpu->soft : vcpu->hard);
}

// --- following ---

// Sets one mask of a vCPU; Xen writes back what became effective.
static int set_mask(const struct masks *masks, unsigned nr, const uint8_t *map, bool hard,
                    struct error *err) {
    CLEANUP(cleanup_free) uint8_t *copy = xen_cpumap_new(&masks->cpus);

    if (!copy)
        return error_set(err, ENOMEM, "no memory for CPU maps");
    memcpy(copy, map, masks->cpus.map_bytes);
    errno = 0;
    if (xc_vcpu_setaffinity(masks->xch, masks->domid, (int)nr, hard ? copy : NULL,
                            hard ? NULL : copy,
                            hard ? XEN_VCPUAFFINITY_HARD : XEN_VCPUAFFINITY_SOFT))
        return xen_error(err, masks->xch, "setting the %s affinity of vCPU %u",
                         hard ? "hard" : "soft", nr);
    return 0;
}

static void map_of_nodes(const struct masks *masks, nodeset nodes, uint8_t *map) {
    for (unsigned cpu = 0; cpu < masks->cpus.nr; cpu++)
        if (xen_cpumap_has(masks->pool, cpu) && node_of(masks, cpu) < HOST_MAX_NODES &&
            nodeset_has(nodes, node_of(masks, cpu)))
            xen_cpumap_add(map, cpu);
}

int masks_follow(const struct masks *masks, enum policy_vcpus policy, unsigned first, unsigned nr,
                 nodeset nodes, bool again, unsigned *changed, struct error *err) {
    CLEANUP(cleanup_free) uint8_t *target = xen_cpumap_new(&masks->cpus);
    CLEANUP(cleanup_free) uint8_t *map = xen_cpumap_new(&masks->cpus);
    unsigned end = first + nr < masks->nr_vcpus ? first + nr : masks->nr_vcpus;
    int rc = 0;

    if (!target || !map)
        return error_set(err, ENOMEM, "no memory for CPU maps");
    if (policy == POLICY_VCPUS_LEAVE || !(nodes & masks->pool_nodes))
        return 0;
    map_of_nodes(masks, nodes, target);
    for (unsigned v = first; v < end && !rc; v++) {
        const struct vcpu_masks *vcpu = &masks->vcpu[v];
        bool hard = policy == POLICY_VCPUS_PIN && !vcpu->hard_given;

        memcpy(map, target, masks->cpus.map_bytes);
        xen_cpumap_narrow(&masks->cpus, map, vcpu->hard);
        if (keeps_soft(vcpu, policy) ||
            (!again && is_equal(masks, map, hard ? vcpu->hard : vcpu->soft)))
            continue;
        rc = set_mask(masks, v, map, hard, err);
        *changed += !rc;
    }
    return rc;
}
