// A plan is made in three steps: who may supply memory and in what order (preferred nodes, then
// neighbours), how much each can give, and which frames it gives. The first is here and depends on
// who has a say; the choice of nodes nobody has named is in pick.c, the third step in assign.c.
//
// What holds for every plan: each frame is planned once; no node gives more than is free there
// after other people's claims and the reserve; a guest for which the host has not the memory is
// refused here, before anything is claimed or populated.

#include "lib/numa/planner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/numa/pick.h"

struct planning {
    const struct plan_request *request;
    const struct host *host;
    const struct policy *policy;
    struct error *err;
    nodeset online;
    nodeset usable;
    uint64_t available[HOST_MAX_NODES]; // pages; 0 on nodes that are not online
    uint64_t need;                      // pages
};

// --- what there is ---

static uint64_t minus(uint64_t a, uint64_t b) {
    return a > b ? a - b : 0;
}

static uint64_t node_available(const struct planning *p, unsigned n) {
    const struct host_node *node = &p->host->node[n];
    uint64_t own = p->request->own_claim_pages[n];
    uint64_t reserve = p->policy->reserve_mib * HOST_PAGES_PER_MIB;
    uint64_t rest = minus(minus(node->free_pages, minus(node->claimed_pages, own)), reserve);

    if (own > node->free_pages)
        own = node->free_pages;
    return rest > own ? rest : own;
}

static uint64_t set_available(const struct planning *p, nodeset set) {
    uint64_t pages = 0;

    for (; set; set &= set - 1)
        pages += p->available[nodeset_first(set)];
    return pages;
}

// What the whole host can give: claims that are on no node take from all of it, but never from what
// is set aside for this domain.
static uint64_t host_available(const struct planning *p) {
    uint64_t others = minus(p->host->claimed_pages, p->request->own_host_claim_pages);
    uint64_t available = minus(set_available(p, p->online), others);
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

static int planning_init(struct planning *p, const struct plan_request *request,
                         struct error *err) {
    *p = (struct planning){
        .request = request, .host = request->host, .policy = request->policy, .err = err};
    p->online = host_online_nodes(p->host);
    p->usable = host_usable_nodes(p->host);
    for (nodeset rest = p->online; rest; rest &= rest - 1)
        p->available[nodeset_first(rest)] = node_available(p, nodeset_first(rest));
    return ranges_sum(p);
}

// --- refusals ---

static int error_memory(const struct planning *p, nodeset nodes, uint64_t available) {
    char each[HOST_MAX_NODES * 64] = "";
    char reserve[64] = "", claimed[64] = "";
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
    return error_set(p->err, ENOMEM,
                     "not enough memory: %llu MiB needed, %llu MiB free after claims%s (%s%s)",
                     (unsigned long long)((p->need + HOST_PAGES_PER_MIB - 1) / HOST_PAGES_PER_MIB),
                     (unsigned long long)(available / HOST_PAGES_PER_MIB), reserve,
                     used ? each : "no nodes", claimed);
}

static int error_strict(const struct planning *p, int rc) {
    if (p->policy->kind == POLICY_STRICT)
        error_prefix(p->err, "%s", policy_describe(p->policy, POLICY_KEY_POLICY).s);
    return rc;
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

static int nodes_check(const struct planning *p, enum policy_key key, nodeset named) {
    nodeset useless = named & ~p->usable;

    if (p->policy->kind == POLICY_STRICT && useless)
        return error_set(p->err, EINVAL,
                         "%s: node %s has no memory or no other node reaches it, which %s forbids",
                         policy_describe(p->policy, key).s, nodeset_text(useless).s,
                         policy_describe(p->policy, POLICY_KEY_POLICY).s);
    return 0;
}

// --- preferred nodes ---

// Sum of the distances from every node of `from` to `to`; *ret_known: one of them is known.
static unsigned distance_sum(const struct host *host, const struct nodelist *from, unsigned to,
                             bool *ret_known) {
    unsigned sum = 0;

    *ret_known = false;
    for (unsigned i = 0; i < from->nr; i++) {
        sum += host->distance[from->node[i]][to];
        *ret_known |= host->distance[from->node[i]][to] != HOST_DISTANCE_UNKNOWN;
    }
    return sum;
}

// The member of `set` nearest to `from`; of equals the one with most memory, then the lowest.
static unsigned nearest(const struct planning *p, const struct nodelist *from, nodeset set) {
    unsigned best = nodeset_first(set);
    unsigned best_sum = ~0U;
    bool known;

    for (; set; set &= set - 1) {
        unsigned n = nodeset_first(set);
        unsigned sum = distance_sum(p->host, from, n, &known);

        if (sum < best_sum || (sum == best_sum && p->available[n] > p->available[best])) {
            best = n;
            best_sum = sum;
        }
    }
    return best;
}

// Appends `set`: the one with most memory first if the list is empty, then whichever is nearest to
// those before it.
static void nodes_append(const struct planning *p, struct nodelist *list, nodeset set) {
    while (set) {
        unsigned n = nearest(p, list, set);

        nodelist_add(list, n);
        set &= ~nodeset_of(n);
    }
}

static nodeset pick_from(const struct planning *p, nodeset candidates) {
    struct pick_request request = {.host = p->host,
                                   .candidates = candidates,
                                   .available_pages = p->available,
                                   .nr_pages = p->need,
                                   .nr_cores = p->request->nr_vcpus};

    return pick_nodes(&request);
}

static nodeset claim_nodes(const struct planning *p) {
    nodeset nodes = 0;

    for (nodeset rest = p->usable; rest; rest &= rest - 1)
        if (p->request->own_claim_pages[nodeset_first(rest)])
            nodes |= nodeset_of(nodeset_first(rest));
    return nodes;
}

static void claim_append(const struct planning *p, struct nodelist *list, nodeset nodes) {
    while (nodes) {
        unsigned most = nodeset_first(nodes);

        for (nodeset rest = nodes; rest; rest &= rest - 1)
            if (p->request->own_claim_pages[nodeset_first(rest)] >
                p->request->own_claim_pages[most])
                most = nodeset_first(rest);
        nodelist_add(list, most);
        nodes &= ~nodeset_of(most);
    }
}

// The nodes of the domain's affinity if it says anything. Xen computes it from the vCPUs' affinity
// and then never includes nodes without CPUs, so lacking these means nothing.
static nodeset affinity_nodes(const struct planning *p) {
    nodeset with_cpus = 0;

    for (nodeset rest = p->online; rest; rest &= rest - 1)
        if (p->host->node[nodeset_first(rest)].nr_cpus)
            with_cpus |= nodeset_of(nodeset_first(rest));
    return with_cpus & ~p->request->affinity ? p->request->affinity & p->online : 0;
}

// With an affinity of several nodes the best of them for this guest come first.
static void affinity_append(const struct planning *p, struct nodelist *list, nodeset nodes) {
    nodeset best = p->host->flat ? 0 : pick_from(p, nodes & p->usable);

    nodes_append(p, list, best);
    nodes_append(p, list, nodes & ~best);
}

static int picked_append(const struct planning *p, struct plan *plan) {
    nodeset set;

    if (p->host->flat) {
        plan->origin = PLAN_FROM_FLAT;
        return 0;
    }
    set = pick_from(p, p->usable);
    plan->origin = set ? PLAN_FROM_PICKED : PLAN_FROM_UNCONNECTED;
    nodes_append(p, &plan->preferred, set);
    if (set || plan->last_resort)
        return 0;
    return error_memory(p, p->usable, set_available(p, p->usable));
}

static int preferred_choose(const struct planning *p, struct plan *plan) {
    const struct plan *earlier = p->request->earlier;
    const struct policy *policy = p->policy;
    nodeset nodes;

    if (earlier) {
        plan->origin = earlier->origin;
        plan->preferred = earlier->preferred;
        return 0;
    }
    if (policy->nodes.nr) {
        bool option = policy->origin[POLICY_KEY_NODES] == POLICY_FROM_COMMAND_LINE;

        plan->origin = option ? PLAN_FROM_COMMAND_LINE : PLAN_FROM_SETTING;
        plan->preferred = policy->nodes;
        return nodes_check(p, POLICY_KEY_NODES, nodelist_set(&policy->nodes));
    }
    if ((nodes = claim_nodes(p))) {
        plan->origin = PLAN_FROM_CLAIM;
        claim_append(p, &plan->preferred, nodes);
    } else if ((nodes = affinity_nodes(p))) {
        plan->origin = PLAN_FROM_AFFINITY;
        affinity_append(p, &plan->preferred, nodes);
    } else if (policy->kind == POLICY_INTERLEAVE) {
        plan->origin = PLAN_FROM_INTERLEAVE;
        for (nodes = p->usable; nodes; nodes &= nodes - 1)
            nodelist_add(&plan->preferred, nodeset_first(nodes));
    } else {
        return picked_append(p, plan);
    }
    return 0;
}

// --- fallback ---

static int fallback_choose(const struct planning *p, struct plan *plan) {
    const struct policy *policy = p->policy;
    nodeset set = p->usable & ~nodelist_set(&plan->preferred);

    if (policy->kind == POLICY_STRICT || policy->fallback == POLICY_FALLBACK_NONE)
        return 0;
    if (policy->fallback == POLICY_FALLBACK_NODES)
        set &= policy->fallback_nodes;
    while (set) {
        unsigned n = nearest(p, &plan->preferred, set);
        bool known;

        distance_sum(p->host, &plan->preferred, n, &known);
        if (known)
            nodelist_add(&plan->fallback, n);
        set &= ~nodeset_of(n);
    }
    return 0;
}

// --- shares ---

struct suppliers {
    struct supplier list[2 * HOST_MAX_NODES + 1];
    unsigned nr;
    uint64_t pages;
};

static void supplier_add(struct suppliers *s, int node, uint64_t pages, unsigned tier) {
    if (!pages)
        return;
    s->list[s->nr++] = (struct supplier){.node = node, .pages = pages, .tier = tier};
    s->pages += pages;
}

// The preferred nodes in their order, each in a tier of its own. A claim on several nodes says how
// much is to come from each, so these shares are used before anything else on the same nodes;
// except when interleaving, which has shares of its own.
static void suppliers_preferred(const struct planning *p, const struct plan *plan,
                                struct suppliers *s) {
    uint64_t left[HOST_MAX_NODES];
    const struct nodelist *nodes = &plan->preferred;
    bool shares = plan->origin == PLAN_FROM_CLAIM && p->policy->kind != POLICY_INTERLEAVE;

    memcpy(left, p->available, sizeof(left));
    for (unsigned i = 0; shares && i < nodes->nr; i++) {
        unsigned n = nodes->node[i];
        uint64_t claim = p->request->own_claim_pages[n];

        claim = claim < left[n] ? claim : left[n];
        supplier_add(s, (int)n, claim, s->nr);
        left[n] -= claim;
    }
    for (unsigned i = 0; i < nodes->nr; i++)
        if (nodeset_has(p->usable, nodes->node[i]))
            supplier_add(s, nodes->node[i], left[nodes->node[i]], s->nr);
}

// The fallback nodes; those equally far from the preferred nodes share a tier.
static void suppliers_fallback(const struct planning *p, const struct plan *plan,
                               struct suppliers *s) {
    unsigned before = ~0U;
    unsigned tier = s->nr;
    bool known;

    for (unsigned i = 0; i < plan->fallback.nr; i++) {
        unsigned n = plan->fallback.node[i];
        unsigned sum = distance_sum(p->host, &plan->preferred, n, &known);

        tier += sum != before;
        before = sum;
        supplier_add(s, (int)n, p->available[n], tier);
    }
}

static void plan_sum(const struct planning *p, struct plan *plan) {
    nodeset preferred = nodelist_set(&plan->preferred);
    nodeset used = plan->origin == PLAN_FROM_PICKED ? preferred : 0;
    nodeset listed;

    for (size_t i = 0; i < plan->pieces.nr; i++) {
        const struct piece *piece = &plan->pieces.list[i];
        uint64_t pages = piece->run_pages * piece->nr_runs;

        if (piece->node == ASSIGN_NO_NODE) {
            plan->nodeless_pages += pages;
            continue;
        }
        plan->node_pages[piece->node] += pages;
        if (!nodeset_has(preferred, (unsigned)piece->node))
            plan->neighbour_pages += pages;
        used |= nodeset_of((unsigned)piece->node);
    }
    listed = p->usable & (preferred | nodelist_set(&plan->fallback));
    for (; listed; listed &= listed - 1) {
        unsigned n = nodeset_first(listed);

        plan->spare_pages[n] = minus(p->available[n], plan->node_pages[n]);
    }
    for (; used; used &= used - 1) {
        const struct host_node *node = &p->host->node[nodeset_first(used)];

        plan->vcpu_nodes |= node->nr_cpus ? nodeset_of(nodeset_first(used)) : 0;
        plan->nr_cores += node->nr_cores;
    }
}

// Whether frames may be left to Xen from the outset, rather than only when a node disappoints.
static bool nodeless_allowed(const struct plan *plan) {
    return plan->last_resort || plan->origin == PLAN_FROM_ANY || plan->origin == PLAN_FROM_FLAT;
}

static int plan_assign(const struct planning *p, struct plan *plan) {
    struct suppliers s = {.nr = 0};
    struct assign_request request = {
        .ranges = p->request->ranges, .nr_ranges = p->request->nr_ranges, .suppliers = s.list};
    int rc;

    suppliers_preferred(p, plan, &s);
    if (p->policy->kind == POLICY_INTERLEAVE)
        request.nr_interleaved = s.nr;
    suppliers_fallback(p, plan, &s);
    if (s.pages < p->need) {
        if (!nodeless_allowed(plan))
            return error_memory(
                p, p->usable & (nodelist_set(&plan->preferred) | nodelist_set(&plan->fallback)),
                s.pages);
        supplier_add(&s, ASSIGN_NO_NODE, p->need - s.pages, s.nr);
    }
    request.nr_suppliers = s.nr;
    rc = assign_pieces(&request, &plan->pieces, p->err);
    if (rc)
        return rc;
    plan_sum(p, plan);
    return 0;
}

static int plan_fill(const struct planning *p, struct plan *plan) {
    int rc = 0;

    if (p->need > host_available(p))
        return error_memory(p, p->online, host_available(p));
    plan->origin = PLAN_FROM_ANY;
    plan->last_resort =
        p->policy->kind != POLICY_STRICT && p->policy->fallback == POLICY_FALLBACK_NEAREST;
    if (p->policy->kind != POLICY_ANY) {
        rc = preferred_choose(p, plan);
        if (!rc)
            rc = fallback_choose(p, plan);
    }
    return rc ? rc : plan_assign(p, plan);
}

int plan_make(const struct plan_request *request, struct plan *ret, struct error *err) {
    struct planning p;
    struct plan plan = {0};
    const char *warning;
    int rc = policy_check(request->policy, &warning, err);

    if (!rc)
        rc = planning_init(&p, request, err);
    if (!rc)
        rc = named_nodes_exist(&p);
    if (rc)
        return rc;
    rc = plan_fill(&p, &plan);
    if (rc) {
        plan_done(&plan);
        return rc == -ENOMEM ? error_strict(&p, rc) : rc;
    }
    *ret = plan;
    return 0;
}

void plan_done(struct plan *plan) {
    pieces_done(&plan->pieces);
    *plan = (struct plan){0};
}

const char *plan_origin_text(enum plan_origin origin) {
    static const char *const text[] = {
        [PLAN_FROM_ANY] = "numa-policy=any",
        [PLAN_FROM_COMMAND_LINE] = "command line",
        [PLAN_FROM_SETTING] = "numa-nodes",
        [PLAN_FROM_CLAIM] = "claim",
        [PLAN_FROM_AFFINITY] = "node affinity",
        [PLAN_FROM_INTERLEAVE] = "numa-policy=interleave",
        [PLAN_FROM_FLAT] = "distances unusable",
        [PLAN_FROM_PICKED] = "picked",
        [PLAN_FROM_UNCONNECTED] = "no connected nodes have the memory",
    };

    return text[origin];
}
