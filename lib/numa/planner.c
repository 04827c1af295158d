// A plan is made in three steps: who may supply memory and in what order (preference.c), how much
// each can give, and which frames it gives (assign.c). The second is here.
//
// What holds for every plan: each frame is planned once; no node gives more than is free there
// after other people's claims and the reserve; a guest for which the host has not the memory is
// refused here, before anything is claimed or populated.

#include "lib/numa/planner.h"

#include <errno.h>
#include <string.h>

#include "lib/numa/planning.h"
#include "lib/numa/preference.h"

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
        unsigned sum = preference_distance(p->host, &plan->preferred, n, &known);

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

        plan->spare_pages[n] = planning_minus(p->available[n], plan->node_pages[n]);
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
            return planning_error_memory(
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
    int rc;

    if (p->need + p->request->room_pages > planning_host_pages(p))
        return planning_error_memory(p, p->online, planning_host_pages(p));
    plan->origin = PLAN_FROM_ANY;
    plan->last_resort =
        p->policy->kind != POLICY_STRICT && p->policy->fallback == POLICY_FALLBACK_NEAREST;
    if (p->policy->kind != POLICY_ANY) {
        rc = preference_choose(p, plan);
        if (rc)
            return rc;
        preference_fallback(p, plan);
    }
    return plan_assign(p, plan);
}

static int error_strict(const struct planning *p, int rc) {
    if (p->policy->kind == POLICY_STRICT)
        error_prefix(p->err, "%s", policy_describe(p->policy, POLICY_KEY_POLICY).s);
    return rc;
}

int plan_make(const struct plan_request *request, struct plan *ret, struct error *err) {
    struct planning p;
    struct plan plan = {0};
    const char *warning;
    int rc = policy_check(request->policy, &warning, err);

    if (!rc)
        rc = planning_init(&p, request, err);
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
