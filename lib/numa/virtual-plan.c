// A vnode is planned like a guest of its own, whose vCPUs are on one node. What keeps the vnodes
// from each other's memory is that each sees the host as if the others had theirs already.

#include "lib/numa/virtual-plan.h"

#include <errno.h>

struct vnode_plan {
    const struct planning *p;
    const struct spread_rule *rule;
    struct plan *plan;
    nodeset from;
    uint64_t left[HOST_MAX_NODES]; // that each node can still give
    uint64_t need[VNODES_MAX];     // of each vnode
};

// The frames to be supplied that are the vnode's.
static int ranges_of(const struct vnode_plan *v, unsigned index, struct ranges *ret) {
    const struct plan_request *request = v->p->request;
    struct range own[2];
    unsigned nr = vnodes_ranges(&v->plan->vnodes, index, own);

    for (unsigned i = 0; i < nr; i++) {
        for (size_t j = 0; j < request->nr_ranges; j++) {
            struct range part = range_overlap(own[i], request->ranges[j]);

            if (ranges_add(ret, part.gfn, part.nr_pages))
                return error_set(v->p->err, ENOMEM, "out of memory while planning");
        }
    }
    return 0;
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

// The host as the vnode sees it: without what the vnodes behind it will take from their own nodes.
static void see_host(const struct vnode_plan *v, unsigned index, struct planning *p) {
    const struct vnodes *vnodes = &v->plan->vnodes;

    *p = *v->p;
    p->need = v->need[index];
    for (unsigned n = 0; n < HOST_MAX_NODES; n++)
        p->available[n] = v->left[n];
    for (unsigned i = index + 1; i < vnodes->nr; i++) {
        unsigned node = vnodes->vnode[i].node;

        p->available[node] -= least(p->available[node], v->need[i]);
    }
    for (unsigned n = 0; n < HOST_MAX_NODES; n++)
        p->low[n] = least(p->low[n], p->available[n]);
}

static int supply(struct vnode_plan *v, const struct planning *p, unsigned node,
                  struct spread *spread) {
    struct cpu_shares cpus = {.nodes = nodeset_of(node), .sum = VCPUS_UNIT};
    const struct spread_rule rule = {
        .planning = p, .proportional = true, .allowed = v->rule->allowed};

    cpus.share[node] = VCPUS_UNIT;
    spread_make(&rule, &cpus, v->from, true, spread);
    if (!spread->missing_pages)
        return 0;
    if (!v->plan->last_resort)
        return planning_error_memory(p, v->from & v->rule->allowed,
                                     planning_set_pages(p, v->from & v->rule->allowed));
    spread->list[spread->nr++] =
        (struct supplier){.node = ASSIGN_NO_NODE, .pages = spread->missing_pages, .tier = ~0U};
    return 0;
}

// Takes the pieces from `first` on off what the nodes have left.
static void take(struct vnode_plan *v, size_t first, unsigned node) {
    for (size_t i = first; i < v->plan->pieces.nr; i++) {
        const struct piece *piece = &v->plan->pieces.list[i];

        if (piece->node != (int)node)
            v->plan->remote_pages += piece->run_pages;
        if (piece->node != ASSIGN_NO_NODE)
            v->left[piece->node] -= piece->run_pages;
    }
}

static int assign_vnode(struct vnode_plan *v, unsigned index, const struct ranges *ranges) {
    unsigned node = v->plan->vnodes.vnode[index].node;
    size_t first = v->plan->pieces.nr;
    struct assign_request request = {.ranges = ranges->list, .nr_ranges = ranges->nr};
    struct planning p;
    struct spread spread;
    int rc;

    if (!v->need[index])
        return 0;
    see_host(v, index, &p);
    rc = supply(v, &p, node, &spread);
    if (rc)
        return rc;
    request.suppliers = spread.list;
    request.nr_suppliers = spread.nr;
    rc = assign_pieces(&request, &v->plan->pieces, v->p->err);
    take(v, first, node);
    return rc;
}

// The vnodes' nodes come first from now on.
static void list_vnodes(struct plan *plan) {
    struct nodelist preferred = {.nr = 0}, fallback = {.nr = 0};
    nodeset listed = vnodes_nodes(&plan->vnodes);

    for (unsigned i = 0; i < plan->vnodes.nr; i++)
        if (!nodeset_has(nodelist_set(&preferred), plan->vnodes.vnode[i].node))
            nodelist_add(&preferred, plan->vnodes.vnode[i].node);
    for (unsigned i = 0; i < plan->preferred.nr; i++)
        if (!nodeset_has(listed, plan->preferred.node[i]))
            nodelist_add(&preferred, plan->preferred.node[i]);
    for (unsigned i = 0; i < plan->fallback.nr; i++)
        if (!nodeset_has(listed, plan->fallback.node[i]))
            nodelist_add(&fallback, plan->fallback.node[i]);
    plan->preferred = preferred;
    plan->fallback = fallback;
}

static nodeset suppliers(const struct vnode_plan *v, const struct spread *spread) {
    nodeset own = vnodes_nodes(&v->plan->vnodes);
    nodeset all = own | spread->nodes | v->rule->used;

    if (!v->rule->max_nodes)
        return SPREAD_ANY_NODES;
    return nodeset_count(all) <= v->rule->max_nodes ? all : own | v->rule->used;
}

int virtual_assign(const struct planning *p, const struct spread_rule *rule,
                   const struct spread *spread, struct plan *plan) {
    struct vnode_plan v = {.p = p, .rule = rule, .plan = plan};
    struct ranges ranges[VNODES_MAX] = {0};
    int rc = 0;

    v.from = suppliers(&v, spread);
    for (unsigned n = 0; n < HOST_MAX_NODES; n++)
        v.left[n] = p->available[n];
    for (unsigned i = 0; i < plan->vnodes.nr && !rc; i++) {
        rc = ranges_of(&v, i, &ranges[i]);
        v.need[i] = ranges_pages(&ranges[i]);
    }
    for (unsigned i = 0; i < plan->vnodes.nr && !rc; i++)
        rc = assign_vnode(&v, i, &ranges[i]);
    for (unsigned i = 0; i < plan->vnodes.nr; i++)
        ranges_done(&ranges[i]);
    list_vnodes(plan);
    return rc;
}
