// domctl: a domain's life, size, vCPUs, scheduling and paging pool, as toolstack and builder set
// them. Affinities are in call-affinity.c, CPU policy and HVM context in call-vcpu.c.

#include "tests/model/call-affinity.h"
#include "tests/model/call-pv.h"
#include "tests/model/call-vcpu.h"
#include "tests/model/call.h"
#include "tests/model/claim.h"
#include "tests/model/memory.h"
#include "tests/model/p2m.h"
#include "tests/model/paging.h"
#include "tests/model/pv.h"
#include "tests/model/xen.h"

#include <errno.h>
#include <string.h>

#define PAGES_PER_MIB 256U
#define FIRST_RESERVED_DOMID 0x7ff0U

static uint32_t domid_free(struct model *m) {
    uint32_t domid = 1;

    while (domain_find(m, domid))
        domid++;
    return domid;
}

static long domctl_create(struct call *call) {
    struct xen_domctl *op = call->data;
    const struct xen_domctl_createdomain *config = &op->u.createdomain;
    uint32_t domid = op->domain;
    struct domain *d;
    uint32_t pool;
    int rc;

    if (domid == 0 || domid >= FIRST_RESERVED_DOMID)
        domid = domid_free(call->m);
    if (!cpu_pool_next(call->m, config->cpupool_id, &pool, NULL) || pool != config->cpupool_id)
        return -ENOENT;
    rc = domain_create(call->m, domid, &d);
    if (rc)
        return rc;
    d->cpupool = pool;
    memcpy(d->handle, config->handle, sizeof(d->handle));
    d->hvm = config->flags & XEN_DOMCTL_CDF_hvm;
    d->hap = config->flags & XEN_DOMCTL_CDF_hap;
    d->nested = config->flags & XEN_DOMCTL_CDF_nested_virt;
    d->emulation_flags = config->arch.emulation_flags;
    if (!d->hvm && pv_make(call->m, d)) {
        domain_destroy(call->m, d);
        return -ENOMEM;
    }
    op->domain = (domid_t)domid;
    return 0;
}

static long domctl_destroy(struct call *call) {
    if (!call->d)
        return -ESRCH;
    domain_destroy(call->m, call->d);
    return 0;
}

static long domctl_pause(struct call *call) {
    if (!call->d)
        return -ESRCH;
    call->d->paused = true;
    return 0;
}

static long domctl_unpause(struct call *call) {
    if (!call->d)
        return -ESRCH;
    call->d->paused = false;
    return 0;
}

// Running if any vCPU is, and then of course not blocked; without one online it is neither.
static uint32_t vcpu_flags(const struct domain *d, uint32_t *ret_online) {
    uint32_t online = 0;

    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        online += d->vcpu[i].online;
    *ret_online = online;
    return online && !d->paused ? XEN_DOMINF_running : 0;
}

void call_info_fill(const struct domain *d, struct xen_domctl_getdomaininfo *info) {
    memset(info, 0, sizeof(*info));
    info->domain = (domid_t)d->domid;
    info->flags = vcpu_flags(d, &info->nr_online_vcpus);
    info->flags |= (d->dying ? XEN_DOMINF_dying : 0) | (d->hvm ? XEN_DOMINF_hvm_guest : 0) |
                   (d->paused ? XEN_DOMINF_paused : 0) | (d->hap ? XEN_DOMINF_hap : 0);
    info->tot_pages = d->tot_pages;
    info->max_pages = d->max_pages;
    info->outstanding_pages = claim_outstanding(d);
    info->shared_info_frame = d->shared_info_mfn;
    info->max_vcpu_id = d->nr_vcpus ? d->nr_vcpus - 1 : XEN_INVALID_MAX_VCPU_ID;
    info->cpupool = d->cpupool;
    memcpy(info->handle, d->handle, sizeof(info->handle));
    info->gpaddr_bits = 48;
    info->arch_config.emulation_flags = d->emulation_flags;
}

const struct domain *call_info_first(const struct model *m, uint32_t domid) {
    const struct domain *first = NULL;

    for (unsigned i = 0; i < DOMAIN_MAX; i++) {
        const struct domain *d = &m->domain[i];

        if (d->in_use && d->domid >= domid && (!first || d->domid < first->domid))
            first = d;
    }
    return first;
}

// The domain asked for, or the next higher one.
static long domctl_info(struct call *call) {
    struct xen_domctl *op = call->data;
    const struct domain *d = call_info_first(call->m, op->domain);

    if (!d)
        return -ESRCH;
    call_info_fill(d, &op->u.getdomaininfo);
    op->domain = (domid_t)d->domid;
    return 0;
}

static long domctl_max_mem(struct call *call) {
    const struct xen_domctl *op = call->data;
    uint64_t pages = op->u.max_mem.max_memkb / 4;

    if (!call->d)
        return -ESRCH;
    call->d->max_pages = pages < UINT32_MAX ? pages : UINT32_MAX;
    return 0;
}

static long domctl_max_vcpus(struct call *call) {
    const struct xen_domctl *op = call->data;

    if (!call->d)
        return -ESRCH;
    return domain_set_vcpus(call->m, call->d, op->u.max_vcpus.max);
}

static long domctl_scheduler(struct call *call) {
    struct xen_domctl *op = call->data;
    struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;

    if (!call->d)
        return -ESRCH;
    if (s->sched_id != call->m->config.scheduler)
        return -EINVAL;
    if (s->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        s->u.credit.weight = (uint16_t)call->d->sched_weight;
        s->u.credit.cap = (uint16_t)call->d->sched_cap;
        return 0;
    }
    if (s->cmd != XEN_DOMCTL_SCHEDOP_putinfo)
        return -EINVAL;
    call->d->sched_weight = s->u.credit.weight;
    call->d->sched_cap = s->u.credit.cap;
    return 0;
}

static long domctl_set_tsc(struct call *call) {
    const struct xen_domctl *op = call->data;

    if (!call->d)
        return -ESRCH;
    call->d->tsc_mode = op->u.tsc_info.tsc_mode;
    return 0;
}

static long domctl_get_tsc(struct call *call) {
    struct xen_domctl *op = call->data;

    if (!call->d)
        return -ESRCH;
    op->u.tsc_info = (struct xen_domctl_tsc_info){.tsc_mode = call->d->tsc_mode};
    return 0;
}

static long domctl_set_time(struct call *call) {
    const struct xen_domctl *op = call->data;

    if (!call->d)
        return -ESRCH;
    call->d->time_offset = op->u.settimeoffset.time_offset_seconds;
    return 0;
}

// Xen rounds up.
static uint32_t pool_mib(const struct domain *d) {
    return (uint32_t)((d->pool_pages + PAGES_PER_MIB - 1) / PAGES_PER_MIB);
}

static long domctl_shadow(struct call *call) {
    struct xen_domctl *op = call->data;
    struct xen_domctl_shadow_op *s = &op->u.shadow_op;
    long rc;

    if (!call->d)
        return -ESRCH;
    if (s->op == XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION) {
        s->mb = pool_mib(call->d);
        return 0;
    }
    if (s->op != XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION)
        return -ENOSYS;
    rc = paging_resize(call->m, call->d, (uint64_t)s->mb * PAGES_PER_MIB);
    s->mb = pool_mib(call->d);
    return rc;
}

static long domctl_get_pool(struct call *call) {
    struct xen_domctl *op = call->data;

    if (!call->d)
        return -ESRCH;
    op->u.paging_mempool.size = call->d->pool_pages * MODEL_PAGE;
    return 0;
}

static long domctl_set_pool(struct call *call) {
    const struct xen_domctl *op = call->data;

    if (!call->d)
        return -ESRCH;
    if (op->u.paging_mempool.size % MODEL_PAGE)
        return -EINVAL;
    return paging_resize(call->m, call->d, op->u.paging_mempool.size / MODEL_PAGE);
}

const struct call_entry call_domctl_table[] = {
    {XEN_DOMCTL_createdomain, "domctl.createdomain", domctl_create},
    {XEN_DOMCTL_destroydomain, "domctl.destroydomain", domctl_destroy},
    {XEN_DOMCTL_pausedomain, "domctl.pausedomain", domctl_pause},
    {XEN_DOMCTL_unpausedomain, "domctl.unpausedomain", domctl_unpause},
    {XEN_DOMCTL_getdomaininfo, "domctl.getdomaininfo", domctl_info},
    {XEN_DOMCTL_max_mem, "domctl.max_mem", domctl_max_mem},
    {XEN_DOMCTL_max_vcpus, "domctl.max_vcpus", domctl_max_vcpus},
    {XEN_DOMCTL_setvcpuaffinity, "domctl.setvcpuaffinity", call_affinity_set},
    {XEN_DOMCTL_getvcpuaffinity, "domctl.getvcpuaffinity", call_affinity_get},
    {XEN_DOMCTL_setnodeaffinity, "domctl.setnodeaffinity", call_nodes_set},
    {XEN_DOMCTL_getnodeaffinity, "domctl.getnodeaffinity", call_nodes_get},
    {XEN_DOMCTL_getvcpuinfo, "domctl.getvcpuinfo", call_vcpu_info},
    {XEN_DOMCTL_scheduler_op, "domctl.scheduler_op", domctl_scheduler},
    {XEN_DOMCTL_settscinfo, "domctl.settscinfo", domctl_set_tsc},
    {XEN_DOMCTL_gettscinfo, "domctl.gettscinfo", domctl_get_tsc},
    {XEN_DOMCTL_settimeoffset, "domctl.settimeoffset", domctl_set_time},
    {XEN_DOMCTL_shadow_op, "domctl.shadow_op", domctl_shadow},
    {XEN_DOMCTL_get_paging_mempool_size, "domctl.get_paging_mempool_size", domctl_get_pool},
    {XEN_DOMCTL_set_paging_mempool_size, "domctl.set_paging_mempool_size", domctl_set_pool},
    {XEN_DOMCTL_set_address_size, "domctl.set_address_size", call_width_set},
    {XEN_DOMCTL_get_address_size, "domctl.get_address_size", call_width_get},
    {XEN_DOMCTL_setvcpucontext, "domctl.setvcpucontext", call_registers_set},
    {XEN_DOMCTL_setvnumainfo, "domctl.setvnumainfo", call_vnuma_set},
    {XEN_DOMCTL_hypercall_init, "domctl.hypercall_init", call_hypercall_page},
    {XEN_DOMCTL_gethvmcontext, "domctl.gethvmcontext", call_context_get},
    {XEN_DOMCTL_gethvmcontext_partial, "domctl.gethvmcontext_partial", call_record_get},
    {XEN_DOMCTL_sethvmcontext, "domctl.sethvmcontext", call_context_set},
    {XEN_DOMCTL_get_cpu_policy, "domctl.get_cpu_policy", call_policy_get},
    {XEN_DOMCTL_set_cpu_policy, "domctl.set_cpu_policy", call_policy_set},
    {DOMCTL_SET_CLAIMS, "domctl.claim_memory", call_claims_set},
    {DOMCTL_GET_CLAIMS, "domctl.get_memory_claims", call_claims_get},
    {DOMCTL_NUMA_OP, "domctl.numa_op", call_node_pages},
    {0, NULL, NULL},
};
