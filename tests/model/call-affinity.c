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

void call_bits_export(const struct xenctl_bitmap *map, const uint64_t *words, uint32_t nr_bits) {
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

// What a caller gets of a mask: bits up to the host's last CPU.
static void mask_export(const struct call *call, const struct cpu_mask *mask,
                        const struct xenctl_bitmap *ret) {
    call_bits_export(ret, mask->word, call->m->nr_cpus);
}

// The vCPU, or why there is none: -ESRCH without the domain or before it has vCPUs, -EINVAL beyond
// its last.
static int vcpu_find(const struct call *call, uint32_t index, struct vcpu **ret) {
    if (!call->d || call->d->nr_vcpus == 0)
        return -ESRCH;
    if (index >= call->d->nr_vcpus)
        return -EINVAL;
    *ret = &call->d->vcpu[index];
    return 0;
}

// A hard mask without any CPU of the domain's pool is refused. The caller gets back what takes
// effect.
static int hard_set(struct call *call, const struct xenctl_bitmap *map, struct vcpu *vcpu) {
    struct cpu_mask wanted, effective;

    mask_import(map, &wanted);
    effective = wanted;
    if (!cpu_mask_clip(call->m, call->d->cpupool, &effective))
        return -EINVAL;
    vcpu->hard = wanted;
    mask_export(call, &effective, map);
    return 0;
}

// A soft mask is taken as it is; only what is within the hard one takes effect.
static void soft_set(struct call *call, const struct xenctl_bitmap *map, struct vcpu *vcpu) {
    struct cpu_mask effective;

    mask_import(map, &vcpu->soft);
    for (unsigned w = 0; w < MODEL_MAX_CPUS / 64; w++)
        effective.word[w] = vcpu->soft.word[w] & vcpu->hard.word[w];
    cpu_mask_clip(call->m, call->d->cpupool, &effective);
    mask_export(call, &effective, map);
}

long call_affinity_set(struct call *call) {
    const struct xen_domctl *op = call->data;
    const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    struct vcpu *vcpu;
    int rc = vcpu_find(call, a->vcpu, &vcpu);

    if (rc)
        return rc;
    if (a->flags & XEN_VCPUAFFINITY_HARD)
        rc = hard_set(call, &a->cpumap_hard, vcpu);
    if (rc == 0 && (a->flags & XEN_VCPUAFFINITY_SOFT))
        soft_set(call, &a->cpumap_soft, vcpu);
    domain_update_affinity(call->m, call->d);
    return rc;
}

long call_affinity_get(struct call *call) {
    const struct xen_domctl *op = call->data;
    const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    struct vcpu *vcpu;
    int rc = vcpu_find(call, a->vcpu, &vcpu);

    if (rc)
        return rc;
    if (a->flags & XEN_VCPUAFFINITY_HARD)
        mask_export(call, &vcpu->hard, &a->cpumap_hard);
    if (a->flags & XEN_VCPUAFFINITY_SOFT)
        mask_export(call, &vcpu->soft, &a->cpumap_soft);
    return 0;
}

// The CPU that a vCPU is on: of those that it may use and prefers, the one with its number, cyclic.
static uint32_t vcpu_processor(const struct model *m, const struct domain *d, uint32_t index) {
    struct cpu_mask may = d->vcpu[index].hard, prefers;
    uint32_t cpu = 0;

    if (!cpu_mask_clip(m, d->cpupool, &may))
        return 0;
    prefers = may;
    for (unsigned w = 0; w < MODEL_MAX_CPUS / 64; w++)
        prefers.word[w] &= d->vcpu[index].soft.word[w];
    if (cpu_mask_clip(m, d->cpupool, &prefers))
        may = prefers;
    for (uint32_t left = index + 1; left; cpu++)
        left -= cpu_mask_test(&may, cpu % m->nr_cpus);
    return (cpu - 1) % m->nr_cpus;
}

long call_vcpu_info(struct call *call) {
    struct xen_domctl *op = call->data;
    uint32_t index = op->u.getvcpuinfo.vcpu;
    struct vcpu *vcpu;
    int rc = vcpu_find(call, index, &vcpu);

    if (rc)
        return rc;
    op->u.getvcpuinfo = (struct xen_domctl_getvcpuinfo){
        .vcpu = index,
        .online = vcpu->online,
        .running = vcpu->online && !call->d->paused,
        .cpu = vcpu_processor(call->m, call->d, index),
    };
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
    call_bits_export(&op->u.nodeaffinity.nodemap, &call->d->node_affinity, HEAP_MAX_NODES);
    return 0;
}
