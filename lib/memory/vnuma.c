// Whether vnodes are allowed must be known before a guest is planned for them, and nothing but the
// call itself tells. So the question is a call that Xen has to refuse for what it says, and gets to
// only if the call is allowed.

#include "lib/memory/vnuma.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

#define PAGE_SHIFT 12

int vnuma_probe(xc_interface *xch, uint32_t domid, unsigned nr_vcpus, struct error *err) {
    CLEANUP(cleanup_free) unsigned *vcpu_vnode = calloc(nr_vcpus + 1UL, sizeof(*vcpu_vnode));
    xen_vmemrange_t range = {.end = 1ULL << PAGE_SHIFT};
    unsigned distance = HOST_DISTANCE_LOCAL, node = 0;

    if (!vcpu_vnode)
        return error_set(err, ENOMEM, "no memory for a virtual NUMA topology");
    // There is one vnode, so no vCPU can be in the second.
    for (unsigned vcpu = 0; vcpu < nr_vcpus; vcpu++)
        vcpu_vnode[vcpu] = 1;
    errno = 0;
    if (!xc_domain_setvnuma(xch, domid, 1, 1, nr_vcpus, &range, &distance, vcpu_vnode, &node) ||
        errno == E2BIG || errno == EINVAL)
        return 0;
    return xen_error(
        err, xch, "Xen or a filter in front of it allows domain %u no virtual NUMA nodes", domid);
}

// The arrays that Xen takes, for as many vnodes as there can be.
struct topology {
    xen_vmemrange_t range[2 * VNODES_MAX];
    unsigned nr_ranges;
    unsigned distance[VNODES_MAX * VNODES_MAX];
    unsigned vcpu_vnode[VNODES_MAX_VCPUS];
    unsigned nr_vcpus;
    unsigned node[VNODES_MAX];
};

static void add_vnode(struct topology *t, const struct vnodes *vnodes, const struct host *host,
                      unsigned index) {
    const struct vnode *vnode = &vnodes->vnode[index];
    struct range ranges[2];
    unsigned nr = vnodes_ranges(vnodes, index, ranges);

    for (unsigned i = 0; i < nr; i++)
        t->range[t->nr_ranges++] = (xen_vmemrange_t){
            .start = ranges[i].gfn << PAGE_SHIFT,
            .end = (ranges[i].gfn + ranges[i].nr_pages) << PAGE_SHIFT,
            .nid = index,
        };
    for (unsigned i = 0; i < vnode->nr_vcpus; i++)
        t->vcpu_vnode[t->nr_vcpus++] = index;
    for (unsigned to = 0; to < vnodes->nr; to++)
        t->distance[index * vnodes->nr + to] = vnodes_distance(vnodes, host, index, to);
    t->node[index] = vnode->node;
}

int vnuma_set(xc_interface *xch, uint32_t domid, const struct vnodes *vnodes,
              const struct host *host, struct error *err) {
    struct topology t = {.nr_ranges = 0};

    for (unsigned i = 0; i < vnodes->nr; i++)
        add_vnode(&t, vnodes, host, i);
    errno = 0;
    if (xc_domain_setvnuma(xch, domid, vnodes->nr, t.nr_ranges, t.nr_vcpus, t.range, t.distance,
                           t.vcpu_vnode, t.node))
        return xen_error(err, xch, "giving domain %u its %u virtual NUMA nodes", domid, vnodes->nr);
    return 0;
}
