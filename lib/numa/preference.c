// The plan whose rest it is comes first; then command line and settings; a claim; the domain's node
// affinity. Where nobody has named nodes, choice.c decides.

#include "lib/numa/preference.h"

#include <errno.h>

static int nodes_check(const struct planning *p, nodeset named) {
    nodeset useless = named & ~p->usable;

    if (p->policy->kind == POLICY_STRICT && useless)
        return error_set(p->err, EINVAL,
                         "%s: node %s has no memory or no other node reaches it, which %s forbids",
                         policy_describe(p->policy, POLICY_KEY_NODES).s, nodeset_text(useless).s,
                         policy_describe(p->policy, POLICY_KEY_POLICY).s);
    if (p->device_nodes && named & ~p->device_nodes)
        return error_set(p->err, EINVAL,
                         "%s: node %s is not where the devices are, node %s, which %s forbids",
                         policy_describe(p->policy, POLICY_KEY_NODES).s,
                         nodeset_text(named & ~p->device_nodes).s, nodeset_text(p->device_nodes).s,
                         policy_describe(p->policy, POLICY_KEY_DEVICES).s);
    return 0;
}

static nodeset claim_nodes(const struct planning *p) {
    nodeset nodes = 0;

    for (nodeset rest = p->usable; rest; rest &= rest - 1)
        if (p->request->own_claim_pages[nodeset_first(rest)])
            nodes |= nodeset_of(nodeset_first(rest));
    return nodes;
}

// The largest share first.
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

// The nodes of the domain's affinity if it says anything. Nodes without CPUs are never in one that
// Xen has computed, so lacking these means nothing.
static nodeset affinity_nodes(const struct planning *p) {
    return p->with_cpus & ~p->request->affinity ? p->request->affinity & p->online : 0;
}

static void nodes_append(struct nodelist *list, nodeset nodes) {
    for (; nodes; nodes &= nodes - 1)
        nodelist_add(list, nodeset_first(nodes));
}

// True for preferred nodes that come first wherever the vCPUs are.
static bool fills_in_order(enum plan_origin origin) {
    return origin == PLAN_FROM_COMMAND_LINE || origin == PLAN_FROM_SETTING ||
           origin == PLAN_FROM_CLAIM || origin == PLAN_FROM_INTERLEAVE;
}

static bool is_free(enum plan_origin origin) {
    return origin == PLAN_FROM_PICKED || origin == PLAN_FROM_VCPUS;
}

static int choose(const struct planning *p, struct plan *plan) {
    const struct plan *earlier = p->request->earlier;
    const struct policy *policy = p->policy;
    bool option = policy->origin[POLICY_KEY_NODES] == POLICY_FROM_COMMAND_LINE;
    nodeset nodes;

    if (earlier) {
        plan->origin = earlier->origin;
        plan->preferred = earlier->preferred;
    } else if (p->named.nr) {
        plan->origin = option ? PLAN_FROM_COMMAND_LINE : PLAN_FROM_SETTING;
        plan->preferred = p->named;
        return nodes_check(p, nodelist_set(&p->named));
    } else if ((nodes = claim_nodes(p))) {
        plan->origin = PLAN_FROM_CLAIM;
        claim_append(p, &plan->preferred, nodes);
    } else if ((nodes = affinity_nodes(p))) {
        plan->origin = PLAN_FROM_AFFINITY;
        nodes_append(&plan->preferred, nodes);
    } else if (policy->kind == POLICY_INTERLEAVE) {
        nodes = p->usable & p->with_cpus;
        nodes = p->device_nodes ? p->device_nodes : nodes;
        plan->origin = PLAN_FROM_INTERLEAVE;
        nodes_append(&plan->preferred, nodes ? nodes : p->usable);
    } else if (p->host->flat && !policy->max_nodes) {
        plan->origin = PLAN_FROM_FLAT;
    } else {
        plan->origin = p->vcpus.nr_groups || p->vcpus.roaming ? PLAN_FROM_PICKED : PLAN_FROM_VCPUS;
    }
    return 0;
}

// The preferred nodes as suppliers. A claim on several nodes says how much is to come from each, so
// these shares are used before anything else on the same nodes; except when interleaving, which has
// shares of its own.
static void head_fill(const struct planning *p, const struct plan *plan, struct spread_rule *rule) {
    const struct nodelist *nodes = &plan->preferred;
    bool shares = plan->origin == PLAN_FROM_CLAIM && !rule->interleaved;

    for (unsigned i = 0; shares && i < nodes->nr; i++) {
        unsigned n = nodes->node[i];

        rule->head[rule->nr_head++] =
            (struct supplier){.node = (int)n, .pages = p->request->own_claim_pages[n]};
    }
    for (unsigned i = 0; i < nodes->nr; i++) {
        unsigned n = nodes->node[i];

        if (nodeset_has(p->usable, n))
            rule->head[rule->nr_head++] =
                (struct supplier){.node = (int)n, .pages = p->available[n] - p->low[n]};
    }
}

// Which nodes may supply what the preferred ones lack.
static nodeset allowed_nodes(const struct planning *p, const struct plan *plan) {
    const struct policy *policy = p->policy;
    nodeset preferred = nodelist_set(&plan->preferred);
    nodeset allowed = p->device_nodes ? p->usable & p->device_nodes : p->usable;

    if (is_free(plan->origin) && !p->request->earlier)
        return allowed;
    if (policy->kind == POLICY_STRICT || policy->fallback == POLICY_FALLBACK_NONE)
        return allowed & preferred;
    if (policy->fallback == POLICY_FALLBACK_NODES)
        return allowed & (preferred | p->named_fallback);
    return allowed;
}

int preference_choose(const struct planning *p, struct plan *plan, struct spread_rule *rule) {
    const struct plan *earlier = p->request->earlier;
    bool ordered;
    int rc = choose(p, plan);

    if (rc)
        return rc;
    *rule = (struct spread_rule){.planning = p, .max_nodes = p->policy->max_nodes};
    rule->allowed = allowed_nodes(p, plan);
    rule->interleaved = p->policy->kind == POLICY_INTERLEAVE;
    ordered = rule->interleaved || p->host->flat || fills_in_order(plan->origin);
    if (ordered)
        head_fill(p, plan, rule);
    else if (plan->origin == PLAN_FROM_AFFINITY)
        rule->first = nodelist_set(&plan->preferred);
    rule->proportional = !ordered && !earlier && !p->vcpus.roaming;
    for (unsigned n = 0; earlier && n < HOST_MAX_NODES; n++)
        rule->used |= earlier->node_pages[n] ? nodeset_of(n) : 0;
    return 0;
}
