// sysctl: cpupools and the nodes of devices.

#include "tests/model/call-topology.h"
#include "tests/model/call-affinity.h"
#include "tests/model/xen.h"

#include <errno.h>

// Domains in the pool; domain 0 runs in the first.
static uint32_t pool_domains(const struct model *m, uint32_t pool) {
    uint32_t nr = pool == 0;

    for (unsigned i = 0; i < DOMAIN_MAX; i++)
        nr += m->domain[i].in_use && m->domain[i].cpupool == pool;
    return nr;
}

// The pool asked for, or the next higher one.
static long pool_info(struct call *call, struct xen_sysctl_cpupool_op *op) {
    struct cpu_mask cpus;
    uint32_t pool;

    if (!cpu_pool_next(call->m, op->cpupool_id, &pool, &cpus))
        return -ENOENT;
    op->cpupool_id = pool;
    op->sched_id = call->m->config.scheduler;
    op->n_dom = pool_domains(call->m, pool);
    call_bits_export(&op->cpumap, cpus.word, call->m->nr_cpus);
    return 0;
}

long call_cpu_pools(struct call *call) {
    struct xen_sysctl *op = call->data;
    struct cpu_mask cpus;

    switch (op->u.cpupool_op.op) {
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        return pool_info(call, &op->u.cpupool_op);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        cpus = cpu_pool_cpus(call->m, CPU_NO_POOL);
        call_bits_export(&op->u.cpupool_op.cpumap, cpus.word, call->m->nr_cpus);
        return 0;
    default: // pools are made with the machine
        return -EOPNOTSUPP;
    }
}

static uint32_t device_node(const struct model *m, const struct physdev_pci_device *device) {
    uint32_t sbdf = (uint32_t)device->seg << 16 | (uint32_t)device->bus << 8 | device->devfn;

    for (uint32_t i = 0; i < m->nr_devices; i++)
        if (m->device[i].sbdf == sbdf)
            return m->device[i].node == HEAP_NO_NODE ? XEN_INVALID_NODE_ID : m->device[i].node;
    // A device with memory of its own is one that Xen knows.
    for (uint32_t i = 0; i < m->nr_rmrr; i++)
        if (m->rmrr[i].sbdf == sbdf)
            return XEN_INVALID_NODE_ID;
    return XEN_INVALID_DEV;
}

long call_device_nodes(struct call *call) {
    struct xen_sysctl *op = call->data;
    const struct xen_sysctl_pcitopoinfo *info = &op->u.pcitopoinfo;

    if (!info->devs.p || !info->nodes.p)
        return -EINVAL;
    for (uint32_t i = 0; i < info->num_devs; i++)
        info->nodes.p[i] = device_node(call->m, &info->devs.p[i]);
    return 0;
}
