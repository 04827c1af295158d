// sysctl: what Xen tells about the host, its traps included.

#include "tests/model/call-topology.h"
#include "tests/model/call-vcpu.h"
#include "tests/model/call.h"
#include "tests/model/console.h"
#include "tests/model/xen.h"

#include <errno.h>
#include <string.h>

#define PAGE_SHIFT 12
#define PAGE_BYTES (1ULL << PAGE_SHIFT)
#define MAX_NODE_ID 63           // compiled in
#define SYSCTL_NUMA_MEMINFO 1117 // XenServer 9
#define KHZ 2000000

static unsigned nr_nodes(const struct heap *heap) {
    return heap->online ? 64U - (unsigned)__builtin_clzll(heap->online) : 0;
}

static long sysctl_physinfo(struct call *call) {
    struct xen_sysctl *op = call->data;
    struct xen_sysctl_physinfo *info = &op->u.physinfo;
    const struct model *m = call->m;
    uint32_t first_socket = 0; // CPUs of it: those of CPU 0 stand for all

    memset(info, 0, sizeof(*info));
    for (uint32_t i = 0; i < m->nr_cpus; i++)
        first_socket += m->cpu[i].socket == m->cpu[0].socket;
    info->threads_per_core = m->threads_per_core;
    info->cores_per_socket = first_socket / m->threads_per_core;
    info->nr_cpus = m->nr_cpus;
    info->max_cpu_id = m->nr_cpus - 1;
    info->nr_nodes = (uint32_t)__builtin_popcountll(m->heap.online);
    info->max_node_id = MAX_NODE_ID;
    info->cpu_khz = KHZ;
    info->capabilities = XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap |
                         (call->m->config.pv ? XEN_SYSCTL_PHYSCAP_pv : 0);
    for (uint32_t i = 0; i < m->heap.nr_regions; i++) {
        info->total_pages += m->heap.region[i].end - m->heap.region[i].first;
        info->max_mfn = m->heap.region[i].end - 1;
    }
    info->free_pages = m->heap.total_free;
    info->outstanding_pages = m->heap.claimed_total;
    return 0;
}

static void meminfo_fill(const struct heap *heap, uint32_t node, struct xen_sysctl_meminfo *ret) {
    uint64_t first;

    if (heap->online & (1ULL << node)) {
        ret->memsize = heap_node_span(heap, node, &first) * PAGE_BYTES;
        ret->memfree = heap_node_free(heap, node) * PAGE_BYTES;
    } else {
        ret->memsize = ret->memfree = XEN_INVALID_MEM_SZ;
    }
}

static void distances_fill(const struct model *m, uint32_t nr, uint32_t *ret) {
    for (uint32_t from = 0; from < nr; from++)
        for (uint32_t to = 0; to < nr; to++)
            ret[from * nr + to] = m->distance[from][to];
}

static long sysctl_numainfo(struct call *call) {
    struct xen_sysctl *op = call->data;
    struct xen_sysctl_numainfo *info = &op->u.numainfo;
    uint32_t nr = nr_nodes(&call->m->heap);

    if (!info->meminfo.p && !info->distance.p) {
        info->num_nodes = nr;
        return 0;
    }
    if (info->num_nodes < nr)
        nr = info->num_nodes;
    for (uint32_t node = 0; info->meminfo.p && node < nr; node++)
        meminfo_fill(&call->m->heap, node, &info->meminfo.p[node]);
    if (info->distance.p)
        distances_fill(call->m, nr, info->distance.p);
    info->num_nodes = nr;
    return 0;
}

static long sysctl_cputopo(struct call *call) {
    struct xen_sysctl *op = call->data;
    struct xen_sysctl_cputopoinfo *info = &op->u.cputopoinfo;
    uint32_t nr = call->m->nr_cpus;

    if (info->cputopo.p && info->num_cpus < nr)
        nr = info->num_cpus;
    for (uint32_t cpu = 0; info->cputopo.p && cpu < nr; cpu++) {
        info->cputopo.p[cpu].core = call->m->cpu[cpu].core;
        info->cputopo.p[cpu].socket = call->m->cpu[cpu].socket;
        info->cputopo.p[cpu].node = call->m->cpu[cpu].node;
    }
    info->num_cpus = nr;
    return 0;
}

static long sysctl_domains(struct call *call) {
    struct xen_sysctl *op = call->data;
    struct xen_sysctl_getdomaininfolist *list = &op->u.getdomaininfolist;
    uint32_t next = list->first_domain;

    list->num_domains = 0;
    while (list->num_domains < list->max_domains) {
        const struct domain *d = call_info_first(call->m, next);

        if (!d)
            break;
        call_info_fill(d, &list->buffer.p[list->num_domains++]);
        next = d->domid + 1;
    }
    return 0;
}

// The zone that an address width stands for, within those that there are.
static unsigned zone_of_width(uint32_t bits) {
    unsigned zone = bits > PAGE_SHIFT ? bits - PAGE_SHIFT : 1;

    return zone < HEAP_NR_ZONES ? zone : HEAP_NR_ZONES - 1;
}

// Width 0 is no bound, node -1 all nodes; of one that is not there nothing is free.
static long sysctl_availheap(struct call *call) {
    struct xen_sysctl *op = call->data;
    struct xen_sysctl_availheap *heap = &op->u.availheap;
    unsigned low = heap->min_bitwidth ? zone_of_width(heap->min_bitwidth) : 1;
    unsigned high = heap->max_bitwidth ? zone_of_width(heap->max_bitwidth) : HEAP_NR_ZONES - 1;
    uint64_t pages = 0;

    for (int32_t node = 0; node < HEAP_MAX_NODES; node++)
        for (unsigned zone = low; zone <= high; zone++)
            if (heap->node == -1 || heap->node == node)
                pages += call->m->heap.avail[node][zone];
    heap->avail_bytes = pages * PAGE_BYTES;
    return 0;
}

static long sysctl_featureset(struct call *call) {
    struct xen_sysctl *op = call->data;
    struct xen_sysctl_cpu_featureset *set = &op->u.cpu_featureset;
    uint32_t words[POLICY_FEATURE_WORDS];
    uint32_t nr = POLICY_FEATURE_WORDS;

    if (set->index > XEN_SYSCTL_cpu_featureset_hvm_max)
        return -EINVAL;
    if (!set->features.p) {
        set->nr_features = nr;
        return 0;
    }
    policy_features(set->index, words);
    if (set->nr_features < nr)
        nr = set->nr_features;
    memcpy(set->features.p, words, nr * sizeof(*words));
    set->nr_features = nr;
    return nr < POLICY_FEATURE_WORDS ? -ENOBUFS : 0;
}

static long sysctl_levelling(struct call *call) {
    struct xen_sysctl *op = call->data;

    op->u.cpu_levelling_caps.caps = XEN_SYSCTL_CPU_LEVELCAP_faulting;
    return 0;
}

static long sysctl_policy(struct call *call) {
    struct xen_sysctl *op = call->data;
    struct xen_sysctl_cpu_policy *policy = &op->u.cpu_policy;
    xen_cpuid_leaf_t leaves[POLICY_MAX_LEAVES];
    xen_msr_entry_t msrs[POLICY_NR_MSRS];
    unsigned nr;

    if (policy->index > XEN_SYSCTL_cpu_policy_hvm_default)
        return -EINVAL;
    nr = policy_leaves(policy->index, leaves);
    policy_msrs(msrs);
    if ((policy->leaves.p && policy->nr_leaves < nr) ||
        (policy->msrs.p && policy->nr_msrs < POLICY_NR_MSRS))
        return -ENOBUFS;
    if (policy->leaves.p)
        memcpy(policy->leaves.p, leaves, nr * sizeof(*leaves));
    if (policy->msrs.p)
        memcpy(policy->msrs.p, msrs, sizeof(msrs));
    // Asked without buffers, Xen says how large they must be in the worst case.
    policy->nr_leaves = policy->leaves.p ? nr : POLICY_WORST_LEAVES;
    policy->nr_msrs = policy->msrs.p ? POLICY_NR_MSRS : POLICY_WORST_MSRS;
    return 0;
}

static long sysctl_scheduler(struct call *call) {
    struct xen_sysctl *op = call->data;

    op->u.sched_id.sched_id = call->m->config.scheduler;
    return 0;
}

static long sysctl_keys(struct call *call) {
    const struct xen_sysctl *op = call->data;

    for (uint32_t i = 0; i < op->u.debug_keys.nr_keys; i++)
        console_key(call->m, op->u.debug_keys.keys.p[i]);
    return 0;
}

static long sysctl_console(struct call *call) {
    struct xen_sysctl *op = call->data;
    struct xen_sysctl_readconsole *read = &op->u.readconsole;

    read->count = console_read(call->m, read->incremental ? &read->index : NULL, read->buffer.p,
                               read->count, read->clear);
    return 0;
}

struct wire_meminfo {
    uint32_t nr_nodes;
    uint32_t reserved;
    uint64_t entries; // pointer to {size, free, claimed} in bytes
};

static long sysctl_numa_meminfo(struct call *call) {
    struct xen_sysctl *op = call->data;
    struct wire_meminfo *wire = (void *)&op->u;
    uint64_t *out = (void *)(uintptr_t)wire->entries;
    const struct heap *heap = &call->m->heap;
    uint32_t nr = nr_nodes(heap);

    if (!claim_on_node_known(call->m))
        return -ENOSYS;
    if (wire->reserved)
        return -EINVAL;
    if (out && wire->nr_nodes < nr)
        nr = wire->nr_nodes;
    wire->nr_nodes = nr;
    for (uint32_t node = 0; out && node < nr; node++, out += 3) {
        if (!(heap->online & (1ULL << node))) {
            out[0] = out[1] = out[2] = UINT64_MAX;
            continue;
        }
        out[0] = 0;
        for (uint32_t i = 0; i < heap->nr_regions; i++)
            if (heap->region[i].node == node)
                out[0] += (heap->region[i].end - heap->region[i].first) * PAGE_BYTES;
        out[1] = heap_node_free(heap, node) * PAGE_BYTES;
        out[2] = heap->claimed[node] * PAGE_BYTES;
    }
    return 0;
}

const struct call_entry call_sysctl_table[] = {
    {XEN_SYSCTL_readconsole, "sysctl.readconsole", sysctl_console},
    {XEN_SYSCTL_physinfo, "sysctl.physinfo", sysctl_physinfo},
    {XEN_SYSCTL_sched_id, "sysctl.sched_id", sysctl_scheduler},
    {XEN_SYSCTL_getdomaininfolist, "sysctl.getdomaininfolist", sysctl_domains},
    {XEN_SYSCTL_debug_keys, "sysctl.debug_keys", sysctl_keys},
    {XEN_SYSCTL_availheap, "sysctl.availheap", sysctl_availheap},
    {XEN_SYSCTL_cputopoinfo, "sysctl.cputopoinfo", sysctl_cputopo},
    {XEN_SYSCTL_numainfo, "sysctl.numainfo", sysctl_numainfo},
    {XEN_SYSCTL_pcitopoinfo, "sysctl.pcitopoinfo", call_device_nodes},
    {XEN_SYSCTL_cpupool_op, "sysctl.cpupool_op", call_cpu_pools},
    {XEN_SYSCTL_get_cpu_levelling_caps, "sysctl.get_cpu_levelling_caps", sysctl_levelling},
    {XEN_SYSCTL_get_cpu_featureset, "sysctl.get_cpu_featureset", sysctl_featureset},
    {XEN_SYSCTL_get_cpu_policy, "sysctl.get_cpu_policy", sysctl_policy},
    {SYSCTL_NUMA_MEMINFO, "sysctl.numa_meminfo", sysctl_numa_meminfo},
    {0, NULL, NULL},
};
