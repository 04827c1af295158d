// What a guest is told of its nodes, beside where its memory really is.

#include "tests/model/vnuma.h"
#include "tests/model/memory.h"
#include "tests/model/model.h"
#include "tests/model/p2m.h"

#include <string.h>

void vnuma_node_pages(struct model *m, const struct domain *d, uint32_t vnode, uint64_t *ret) {
    memset(ret, 0, HEAP_MAX_NODES * sizeof(*ret));
    for (uint32_t i = 0; i < d->vnuma.nr_ranges; i++) {
        const struct vnuma_range *range = &d->vnuma.range[i];
        struct p2m_entry entry;

        if (range->vnode != vnode)
            continue;
        // No leaf crosses nodes.
        for (uint64_t gfn = range->start / MODEL_PAGE, next; gfn < range->end / MODEL_PAGE;
             gfn = next) {
            next = gfn + 1;
            if (!p2m_lookup(m, d, gfn, &entry) || entry.mfn == P2M_POD)
                continue;
            next = (gfn | ((1ULL << entry.leaf_order) - 1)) + 1;
            if (next > range->end / MODEL_PAGE)
                next = range->end / MODEL_PAGE;
            ret[heap_node_of(&m->heap, entry.mfn)] += next - gfn;
        }
    }
}

static void show_vnode(struct model *m, const struct domain *d, uint32_t vnode, FILE *out) {
    const struct vnuma *vnuma = &d->vnuma;
    uint64_t pages[HEAP_MAX_NODES];

    fprintf(out, "domain %u vnode %u node %u vcpus", d->domid, vnode, vnuma->node[vnode]);
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (vnuma->vcpu_vnode[i] == vnode)
            fprintf(out, " %u", i);
    fprintf(out, " distances");
    for (uint32_t to = 0; to < vnuma->nr_vnodes; to++)
        fprintf(out, " %u", vnuma->distance[vnode * vnuma->nr_vnodes + to]);
    fprintf(out, " ranges");
    for (uint32_t i = 0; i < vnuma->nr_ranges; i++)
        if (vnuma->range[i].vnode == vnode)
            fprintf(out, " %llx-%llx", (unsigned long long)vnuma->range[i].start,
                    (unsigned long long)vnuma->range[i].end);
    fprintf(out, "\n");
    vnuma_node_pages(m, d, vnode, pages);
    for (uint32_t node = 0; node < HEAP_MAX_NODES; node++)
        if (pages[node])
            fprintf(out, "domain %u vnode %u on %u pages %llu\n", d->domid, vnode, node,
                    (unsigned long long)pages[node]);
}

void vnuma_show(struct model *m, const struct domain *d, FILE *out) {
    for (uint32_t vnode = 0; vnode < d->vnuma.nr_vnodes; vnode++)
        show_vnode(m, d, vnode, out);
}
