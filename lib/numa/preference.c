// Who has a say in which nodes a guest's memory comes from: the plan whose rest it is; command line
// and settings; a claim; the domain's affinity. The choice of nodes that nobody has named is in
// pick.c.

#include "lib/numa/preference.h"

#include <errno.h>

#include "lib/numa/pick.h"

static int nodes_check(const struct planning *p, enum policy_key key, nodeset named) {
    nodeset useless = named & ~p->usable;

    if (p->policy->kind == POLICY_STRICT && useless)
        return error_set(p->err, EINVAL,
                         "%s: node %s has no memory or no other node reaches it, which %s forbids",
                         policy_describe(p->policy, key).s, nodeset_text(useless).s,
                         policy_describe(p->policy, POLICY_KEY_POLICY).s);
    return 0;
}

unsigned preference_distance(const struct host *host, const struct nodelist *from, unsigned to,
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
        unsigned sum = preference_distance(p->host, from, n, &known);

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
    return planning_error_memory(p, p->usable, planning_set_pages(p, p->usable));
}

int preference_choose(const struct planning *p, struct plan *plan) {
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

void preference_fallback(const struct planning *p, struct plan *plan) {
    const struct policy *policy = p->policy;
    nodeset set = p->usable & ~nodelist_set(&plan->preferred);

    if (policy->kind == POLICY_STRICT || policy->fallback == POLICY_FALLBACK_NONE)
        return;
    if (policy->fallback == POLICY_FALLBACK_NODES)
        set &= policy->fallback_nodes;
    while (set) {
        unsigned n = nearest(p, &plan->preferred, set);
        bool known;

        preference_distance(p->host, &plan->preferred, n, &known);
        if (known)
            nodelist_add(&plan->fallback, n);
        set &= ~nodeset_of(n);
    }
}
