// Xen checks the numbers of what it copies and little of what they say: neither that ranges are
// sorted, disjoint or the guest's, nor that their vnode exists, nor distances.

#include "tests/model/call.h"
#include "tests/model/vnuma.h"
#include "tests/model/xen.h"

#include <errno.h>

static long copy(const struct xen_domctl_vnuma *from, struct vnuma *to) {
    for (uint32_t i = 0; i < from->nr_vnodes * from->nr_vnodes; i++)
        to->distance[i] = from->vdistance.p[i];
    for (uint32_t i = 0; i < from->nr_vmemranges; i++) {
        const struct xen_vmemrange *range = &from->vmemrange.p[i];

        if (range->flags)
            return -EINVAL;
        to->range[i] = (struct vnuma_range){range->start, range->end, range->nid};
    }
    for (uint32_t i = 0; i < from->nr_vcpus; i++) {
        to->vcpu_vnode[i] = from->vcpu_to_vnode.p[i];
        if (to->vcpu_vnode[i] >= from->nr_vnodes)
            return -E2BIG;
    }
    for (uint32_t i = 0; i < from->nr_vnodes; i++) {
        to->node[i] = from->vnode_to_pnode.p[i];
        if (to->node[i] >= HEAP_MAX_NODES)
            return -E2BIG;
    }
    to->nr_vnodes = from->nr_vnodes;
    to->nr_ranges = from->nr_vmemranges;
    return 0;
}

long call_vnuma_set(struct call *call) {
    const struct xen_domctl *op = call->data;
    const struct xen_domctl_vnuma *from = &op->u.vnuma;
    struct vnuma to = {0};
    long rc;

    if (!call->d)
        return -ESRCH;
    if (from->pad || from->nr_vcpus != call->d->nr_vcpus)
        return -EINVAL;
    if (!from->nr_vnodes || from->nr_vnodes > VNUMA_MAX_VNODES || !from->nr_vmemranges ||
        from->nr_vmemranges > VNUMA_MAX_RANGES)
        return -EINVAL;
    rc = copy(from, &to);
    if (rc == 0)
        call->d->vnuma = to;
    return rc;
}
