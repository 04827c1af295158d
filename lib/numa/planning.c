// Free memory is not what a node can give: other people's claims and the reserve are kept for them,
// while what is claimed for this very guest is its own.

#include "lib/numa/planning.h"

#include <errno.h>
#include <stdio.h>

static uint64_t node_available(const struct planning *p, unsigned n) {
    const struct host_node *node = &p->host->node[n];
    uint64_t own = p->request->own_claim_pages[n];
    uint64_t reserve = p->policy->reserve_mib * HOST_PAGES_PER_MIB;
    uint64_t rest = planning_minus(
        planning_minus(node->free_pages, planning_minus(node->claimed_pages, own)), reserve);

    if (own > node->free_pages)
        own = node->free_pages;
    return rest > own ? rest : own;
}

uint64_t planning_set_pages(const struct planning *p, nodeset set) {
    uint64_t pages = 0;

    for (; set; set &= set - 1)
        pages += p->available[nodeset_first(set)];
    return pages;
}

// What the whole host can give: claims that are on no node take from all of it, but never from what
// is set aside for this domain.
uint64_t planning_host_pages(const struct planning *p) {
    uint64_t others = planning_minus(p->host->claimed_pages, p->request->own_host_claim_pages);
    uint64_t available = planning_minus(planning_set_pages(p, p->online), others);
    uint64_t own = p->request->own_host_claim_pages;

    for (unsigned n = 0; n < HOST_MAX_NODES; n++)
        own += p->request->own_claim_pages[n];
    return available > own ? available : own;
}

static int ranges_sum(struct planning *p) {
    uint64_t end = 0;

    p->need = 0;
    for (size_t i = 0; i < p->request->nr_ranges; i++) {
        const struct range *range = &p->request->ranges[i];

        if (range->gfn < end || range->gfn + range->nr_pages < range->gfn)
            return error_set(p->err, EINVAL, "guest memory ranges overlap or do not ascend");
        end = range->gfn + range->nr_pages;
        p->need += range->nr_pages;
    }
    return 0;
}

static int nodes_exist(const struct planning *p, enum policy_key key, nodeset named) {
    nodeset missing = named & ~p->online;

    if (!missing)
        return 0;
    return error_set(p->err, EINVAL, "%s: this host has no node %s, only %s",
                     policy_describe(p->policy, key).s, nodeset_text(missing).s,
                     nodeset_text(p->online).s);
}

// Also those that have no effect under this policy: nobody names a node that is not there on
// purpose.
static int named_nodes_exist(const struct planning *p) {
    int rc = nodes_exist(p, POLICY_KEY_NODES, nodelist_set(&p->policy->nodes));

    if (!rc && p->policy->fallback == POLICY_FALLBACK_NODES)
        rc = nodes_exist(p, POLICY_KEY_FALLBACK, p->policy->fallback_nodes);
    return rc;
}

int planning_init(struct planning *p, const struct plan_request *request, struct error *err) {
    int rc;

    *p = (struct planning){
        .request = request, .host = request->host, .policy = request->policy, .err = err};
    p->online = host_online_nodes(p->host);
    p->usable = host_usable_nodes(p->host);
    for (nodeset rest = p->online; rest; rest &= rest - 1)
        p->available[nodeset_first(rest)] = node_available(p, nodeset_first(rest));
    rc = named_nodes_exist(p);
    return rc ? rc : ranges_sum(p);
}

int planning_error_memory(const struct planning *p, nodeset nodes, uint64_t available) {
    char each[HOST_MAX_NODES * 64] = "";
    char reserve[64] = "", claimed[64] = "", room[96] = "";
    size_t used = 0;

    for (nodeset rest = nodes; rest; rest &= rest - 1) {
        unsigned n = nodeset_first(rest);
        uint64_t taken = p->host->node[n].claimed_pages;

        used +=
            (size_t)snprintf(each + used, sizeof(each) - used, "%snode %u: %llu", used ? ", " : "",
                             n, (unsigned long long)(p->available[n] / HOST_PAGES_PER_MIB));
        if (taken)
            used += (size_t)snprintf(each + used, sizeof(each) - used, " and %llu claimed",
                                     (unsigned long long)(taken / HOST_PAGES_PER_MIB));
    }
    if (p->host->claimed_pages >= HOST_PAGES_PER_MIB)
        snprintf(claimed, sizeof(claimed), "; %llu MiB claimed on no node",
                 (unsigned long long)(p->host->claimed_pages / HOST_PAGES_PER_MIB));
    if (p->policy->reserve_mib)
        snprintf(reserve, sizeof(reserve), " and a reserve of %llu MiB on every node",
                 (unsigned long long)p->policy->reserve_mib);
    if (p->need <= available)
        snprintf(room, sizeof(room), " and %llu KiB for special pages and grant frames",
                 (unsigned long long)p->request->room_pages * 4);
    return error_set(p->err, ENOMEM,
                     "not enough memory: %llu MiB needed%s, %llu MiB free after claims%s (%s%s)",
                     (unsigned long long)((p->need + HOST_PAGES_PER_MIB - 1) / HOST_PAGES_PER_MIB),
                     room, (unsigned long long)(available / HOST_PAGES_PER_MIB), reserve,
                     used ? each : "no nodes", claimed);
}
