// Free memory is not what a node can give: other people's claims and the reserve are kept for them,
// while what is claimed for this very guest is its own.

#include "lib/numa/planning.h"

#include <errno.h>
#include <stdio.h>

#include "lib/numa/equals.h"

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

// What is below the DMA width is kept for devices; Xen gives it last as well, so others' claims do
// not count on it.
static uint64_t node_low(const struct planning *p, unsigned n) {
    const struct host_node *node = &p->host->node[n];
    uint64_t others = planning_minus(node->claimed_pages, p->request->own_claim_pages[n]);
    uint64_t high = planning_minus(planning_minus(node->free_pages, node->low_pages), others);
    uint64_t low = planning_minus(p->available[n], high);

    return low < node->low_pages ? low : node->low_pages;
}

// --- names of nodes ---

// Nodes that are not there are an error where nothing else is allowed. Elsewhere they are ignored:
// a guest must be able to start on its pool's other hosts.
static int nodes_missing(const struct planning *p, enum policy_key key, nodeset missing,
                         struct warnings *warnings) {
    const struct policy *policy = p->policy;

    if (policy->kind == POLICY_STRICT || policy->fallback == POLICY_FALLBACK_NONE)
        return error_set(p->err, EINVAL, "%s: this host has no node %s, only %s",
                         policy_describe(policy, key).s, nodeset_text(missing).s,
                         nodeset_text(p->online).s);
    warnings_add(warnings, "%s: this host has no node %s, only %s; the guest is placed without",
                 policy_describe(policy, key).s, nodeset_text(missing).s,
                 nodeset_text(p->online).s);
    return 0;
}

// Also those that have no effect under this policy: nobody names a node that is not there on
// purpose.
static int take_names(struct planning *p, struct warnings *warnings) {
    const struct policy *policy = p->policy;
    nodeset missing = nodelist_set(&policy->nodes) & ~p->online;
    int rc = missing ? nodes_missing(p, POLICY_KEY_NODES, missing, warnings) : 0;

    if (rc)
        return rc;
    for (unsigned i = 0; i < policy->nodes.nr; i++)
        if (nodeset_has(p->online, policy->nodes.node[i]))
            nodelist_add(&p->named, policy->nodes.node[i]);
    if (policy->fallback != POLICY_FALLBACK_NODES)
        return 0;
    missing = policy->fallback_nodes & ~p->online;
    p->named_fallback = policy->fallback_nodes & p->online;
    return missing ? nodes_missing(p, POLICY_KEY_FALLBACK, missing, warnings) : 0;
}

// --- devices ---

static unsigned nearest_memory(const struct planning *p, unsigned from) {
    unsigned best = from;
    unsigned least = HOST_DISTANCE_UNKNOWN + 1;

    for (nodeset rest = p->usable; rest; rest &= rest - 1) {
        unsigned n = nodeset_first(rest);

        if (p->host->distance[from][n] < least) {
            best = n;
            least = p->host->distance[from][n];
        }
    }
    return best;
}

static void take_devices(struct planning *p, struct warnings *warnings) {
    const unsigned *devices = p->request->devices;
    bool require = p->policy->devices == POLICY_DEVICES_REQUIRE;

    if (!devices || p->policy->devices == POLICY_DEVICES_IGNORE)
        return;
    for (nodeset rest = p->online; rest; rest &= rest - 1) {
        unsigned n = nodeset_first(rest);

        if (!devices[n])
            continue;
        p->devices = devices;
        if (require)
            p->device_nodes |= nodeset_of(nearest_memory(p, n));
    }
    if (require && !p->devices && !p->request->earlier)
        warnings_add(warnings, "%s: no device is known to be on a node, so this has no effect",
                     policy_describe(p->policy, POLICY_KEY_DEVICES).s);
}

// Of equals the lowest id first.
static void rank_nodes(struct planning *p) {
    for (nodeset rest = p->online; rest; rest &= rest - 1) {
        unsigned n = nodeset_first(rest), before = 0;

        for (nodeset others = p->online & ~nodeset_of(n); others; others &= others - 1) {
            unsigned other = nodeset_first(others);
            int order = equals_compare_neighbours(p->available[other], p->available[n]);

            before += order ? order < 0 : other < n;
        }
        p->rank[n] = (uint8_t)before;
    }
}

// A plan that is made again keeps to the nodes that it had, and to which of them had little: what
// has followed lies on the others.
static void take_turns(struct planning *p) {
    const struct plan *followed = p->request->followed;

    for (nodeset rest = p->online; rest; rest &= rest - 1) {
        unsigned n = nodeset_first(rest), before = 0;
        uint64_t pages = followed ? followed->node_pages[n] : 0;

        p->followed |= pages ? nodeset_of(n) : 0;
        for (nodeset others = p->online & ~nodeset_of(n); others; others &= others - 1) {
            unsigned other = nodeset_first(others);
            uint64_t theirs = followed ? followed->node_pages[other] : 0;

            before += theirs != pages ? theirs > pages : p->rank[other] < p->rank[n];
        }
        p->turn[n] = (uint8_t)before;
    }
}

int planning_init(struct planning *p, const struct plan_request *request, struct warnings *warnings,
                  struct error *err) {
    int rc;

    *p = (struct planning){
        .request = request, .host = request->host, .policy = request->policy, .err = err};
    p->online = host_online_nodes(p->host);
    p->usable = host_usable_nodes(p->host);
    for (nodeset rest = p->online; rest; rest &= rest - 1) {
        unsigned n = nodeset_first(rest);

        p->available[n] = node_available(p, n);
        p->low[n] = node_low(p, n);
        p->with_cpus |= p->host->node[n].nr_cpus ? nodeset_of(n) : 0;
    }
    rank_nodes(p);
    take_turns(p);
    p->vcpus = request->vcpus ? *request->vcpus : vcpus_anywhere(p->host, request->nr_vcpus);
    if (!p->with_cpus)
        p->vcpus = vcpus_on_nodes(p->usable);
    vcpus_settle(&p->vcpus);
    rc = take_names(p, warnings);
    if (rc)
        return rc;
    take_devices(p, warnings);
    return ranges_sum(p);
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
