// vCPUs and nodes: where a domain may run and where its memory should come from.
//
// Sets come and go as bitmaps of bytes whose length is the caller's: what it has no room for is
// lost, what Xen does not know is cleared.

#include "tests/model/call-affinity.h"
#include "tests/model/xen.h"

#include <errno.h>
#include <string.h>

static void mask_import(const struct xenctl_bitmap *map, struct cpu_mask *ret) {
    const uint8_t *bytes = map->bitmap.p;

    memset(ret, 0, sizeof(*ret));
    for (uint32_t cpu = 0; cpu < map->nr_bits && cpu < MODEL_MAX_CPUS; cpu++)
        if (bytes[cpu / 8] & (1U << (cpu % 8)))
            cpu_mask_set(ret, cpu);
}

static void bits_export(const struct xenctl_bitmap *map, const uint64_t *words, uint32_t nr_bits) {
    uint8_t *bytes = map->bitmap.p;

    if (!bytes)
        return;
    for (uint32_t bit = 0; bit < map->nr_bits; bit++) {
        uint8_t mask = (uint8_t)(1U << (bit % 8));

        if (bit < nr_bits && ((words[bit / 64] >> (bit % 64)) & 1))
            bytes[bit / 8] |= mask;
        else
            bytes[bit / 8] &= (uint8_t)~mask;
    }
}

// A hard mask without any CPU of the host is refused. The caller gets back what takes effect.
static int hard_set(struct call *call, const struct xenctl_bitmap *map, struct vcpu *vcpu) {
    struct cpu_mask wanted, effective;

    mask_import(map, &wanted);
    effective = wanted;
    if (!cpu_mask_clip(call->m, &effective))
        return -EINVAL;
    vcpu->hard = wanted;
    bits_export(map, effective.word, MODEL_MAX_CPUS);
    return 0;
}

// A soft mask is taken as it is; only what is within the hard one takes effect.
static void soft_set(struct call *call, const struct xenctl_bitmap *map, struct vcpu *vcpu) {
    struct cpu_mask effective;

    mask_import(map, &vcpu->soft);
    for (unsigned w = 0; w < MODEL_MAX_CPUS / 64; w++)
        effective.word[w] = vcpu->soft.word[w] & vcpu->hard.word[w];
    cpu_mask_clip(call->m, &effective);
    bits_export(map, effective.word, MODEL_MAX_CPUS);
}

long call_affinity_set(struct call *call) {
    const struct xen_domctl *op = call->data;
    const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    int rc = 0;

    if (!call->d || a->vcpu >= call->d->nr_vcpus)
        return -ESRCH;
    if (a->flags & XEN_VCPUAFFINITY_HARD)
        rc = hard_set(call, &a->cpumap_hard, &call->d->vcpu[a->vcpu]);
    if (rc == 0 && (a->flags & XEN_VCPUAFFINITY_SOFT))
        soft_set(call, &a->cpumap_soft, &call->d->vcpu[a->vcpu]);
    domain_update_affinity(call->m, call->d);
    return rc;
}

long call_affinity_get(struct call *call) {
    const struct xen_domctl *op = call->data;
    const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;

    if (!call->d || a->vcpu >= call->d->nr_vcpus)
        return -ESRCH;
    if (a->flags & XEN_VCPUAFFINITY_HARD)
        bits_export(&a->cpumap_hard, call->d->vcpu[a->vcpu].hard.word, MODEL_MAX_CPUS);
    if (a->flags & XEN_VCPUAFFINITY_SOFT)
        bits_export(&a->cpumap_soft, call->d->vcpu[a->vcpu].soft.word, MODEL_MAX_CPUS);
    return 0;
}

long call_nodes_set(struct call *call) {
    const struct xen_domctl *op = call->data;
    struct cpu_mask nodes;

    if (!call->d)
        return -ESRCH;
    mask_import(&op->u.nodeaffinity.nodemap, &nodes);
    return domain_set_affinity(call->m, call->d, nodes.word[0]);
}

long call_nodes_get(struct call *call) {
    const struct xen_domctl *op = call->data;

    if (!call->d)
        return -ESRCH;
    bits_export(&op->u.nodeaffinity.nodemap, &call->d->node_affinity, HEAP_MAX_NODES);
    return 0;
}

