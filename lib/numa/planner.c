// A plan is made in four steps: who has a say in the nodes (preference.c); where the vCPUs run
// (choice.c); how much each node supplies (spread.c); and which frames these are (assign.c). For a
// guest that shall see its nodes the last is done for each vnode (virtual-choice.c,
// virtual-plan.c).
//
// What holds for every plan: each frame is planned once; no node gives more than is free there
// after other people's claims and the reserve; a guest for which the host has not the memory is
// refused here, before anything is claimed or populated.

#include "lib/numa/planner.h"

#include <errno.h>
#include <stdio.h>

#include "lib/numa/choice.h"
#include "lib/numa/limit.h"
#include "lib/numa/planning.h"
#include "lib/numa/preference.h"
#include "lib/numa/virtual-choice.h"
#include "lib/numa/virtual-plan.h"

// --- the nodes in their order ---

// Nodes that may take over when others turn out to have less than planned.
static nodeset fallback_nodes(const struct planning *p) {
    switch (p->policy->kind == POLICY_STRICT ? POLICY_FALLBACK_NONE : p->policy->fallback) {
    case POLICY_FALLBACK_NONE:
        return 0;
    case POLICY_FALLBACK_NODES:
        return p->named_fallback;
    default:
        return ~0ULL;
    }
}

// Sorts the suppliers' nodes into preferred and fallback ones. Where nobody has named any, the
// preferred ones are those that supply something.
static void list_nodes(const struct planning *p, const struct spread *spread, struct plan *plan) {
    nodeset preferred = nodelist_set(&plan->preferred);
    bool named = plan->preferred.nr && plan->origin != PLAN_FROM_AFFINITY;
    nodeset listed = named ? preferred : 0;
    nodeset may = fallback_nodes(p);

    if (!preferred)
        preferred = spread->nodes;
    if (!named)
        plan->preferred.nr = 0;
    for (unsigned i = 0; i < spread->nr; i++) {
        unsigned n = (unsigned)spread->list[i].node;

        if (nodeset_has(listed, n))
            continue;
        if (nodeset_has(preferred, n))
            nodelist_add(&plan->preferred, n);
        else if (nodeset_has(may, n))
            nodelist_add(&plan->fallback, n);
        listed |= nodeset_of(n);
    }
    // Nodes of the affinity that have nothing now.
    for (nodeset rest = preferred & ~listed; rest; rest &= rest - 1)
        nodelist_add(&plan->preferred, nodeset_first(rest));
}

// --- sums ---

static void plan_sum(const struct planning *p, struct plan *plan) {
    nodeset preferred = nodelist_set(&plan->preferred);
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
    }
    listed = p->usable & (preferred | nodelist_set(&plan->fallback));
    for (; listed; listed &= listed - 1) {
        unsigned n = nodeset_first(listed);

        plan->spare_pages[n] = planning_minus(p->available[n], plan->node_pages[n]);
        plan->low_pages += planning_minus(plan->node_pages[n], p->available[n] - p->low[n]);
    }
}

// --- the plan ---

// The suppliers of the nodes listed, and what they lack from anywhere if that may be.
static int plan_assign(const struct planning *p, const struct spread *spread, struct plan *plan) {
    nodeset listed = nodelist_set(&plan->preferred) | nodelist_set(&plan->fallback);
    struct supplier list[ASSIGN_MAX_SUPPLIERS];
    struct assign_request request = {.ranges = p->request->ranges,
                                     .nr_ranges = p->request->nr_ranges,
                                     .suppliers = list,
                                     .nr_interleaved = spread->nr_interleaved};
    uint64_t pages = 0;

    for (unsigned i = 0; i < spread->nr; i++) {
        if (!nodeset_has(listed, (unsigned)spread->list[i].node))
            continue;
        list[request.nr_suppliers++] = spread->list[i];
        pages += spread->list[i].pages;
    }
    if (pages < p->need)
        list[request.nr_suppliers++] =
            (struct supplier){.node = ASSIGN_NO_NODE, .pages = p->need - pages, .tier = ~0U};
    return assign_pieces(&request, &plan->pieces, p->err);
}

static int error_no_nodes(const struct planning *p, const struct plan *plan,
                          const struct spread_rule *rule) {
    nodeset nodes = rule->allowed | (p->usable & nodelist_set(&plan->preferred));
    int rc = planning_error_memory(p, nodes, planning_set_pages(p, nodes));

    if (rule->max_nodes)
        error_prefix(p->err, "%s", policy_describe(p->policy, POLICY_KEY_MAX_NODES).s);
    return rc;
}

// Chooses the CPU nodes, spreads the memory around them and lists the nodes.
static int plan_nodes(const struct planning *p, const struct spread_rule *rule, struct plan *plan,
                      struct spread *spread) {
    const struct plan *before = p->request->earlier ? p->request->earlier : p->request->followed;
    bool anywhere = plan->last_resort && (plan->preferred.nr || p->request->earlier);
    struct choice choice = {0};

    if (before && before->cpus.sum) {
        choice.shares = before->cpus;
        choice.cpus = before->chosen_cpus;
    } else if (!choice_make(rule, anywhere, &choice)) {
        if (!plan->last_resort)
            return error_no_nodes(p, plan, rule);
        plan->origin = PLAN_FROM_UNCONNECTED;
        spread->nr = spread->nr_interleaved = 0;
        return 0;
    }
    limit_spread(rule, &choice.shares, true, spread);
    if (spread->missing_pages && !plan->last_resort)
        return error_no_nodes(p, plan, rule);
    list_nodes(p, spread, plan);
    // On a flat host no node is nearer than another.
    if (!p->host->flat && p->with_cpus) {
        plan->cpus = choice.shares;
        plan->chosen_cpus = choice.cpus;
    }
    return 0;
}

static int plan_fill(const struct planning *p, struct plan *plan) {
    const struct policy *policy = p->policy;
    struct spread spread = {.nr = 0};
    struct spread_rule rule = {.planning = p};
    int rc = 0;

    if (p->need + p->request->room_pages > planning_host_pages(p))
        return planning_error_memory(p, p->online, planning_host_pages(p));
    plan->origin = PLAN_FROM_ANY;
    plan->last_resort = policy->kind != POLICY_STRICT &&
                        policy->fallback == POLICY_FALLBACK_NEAREST &&
                        (policy->kind == POLICY_ANY || (!policy->max_nodes && !p->device_nodes));
    if (policy->kind != POLICY_ANY) {
        rc = preference_choose(p, plan, &rule);
        if (!rc && plan->origin != PLAN_FROM_FLAT && plan->origin != PLAN_FROM_UNCONNECTED)
            rc = plan_nodes(p, &rule, plan, &spread);
        if (!rc)
            rc = virtual_choose(p, &rule, &spread, plan);
    }
    if (!rc && plan->vnodes.nr)
        rc = virtual_assign(p, &rule, &spread, plan);
    else if (!rc)
        rc = plan_assign(p, &spread, plan);
    if (!rc)
        plan_sum(p, plan);
    return rc;
}

static int error_strict(const struct policy *policy, int rc, struct error *err) {
    if (policy->kind == POLICY_STRICT)
        error_prefix(err, "%s", policy_describe(policy, POLICY_KEY_POLICY).s);
    return rc;
}

int plan_make(const struct plan_request *request, struct plan *ret, struct error *err) {
    struct planning p;
    struct plan plan = {0};
    const char *warning;
    int rc = policy_check(request->policy, &warning, err);

    if (!rc)
        rc = planning_init(&p, request, &plan.warnings, err);
    if (!rc)
        rc = plan_fill(&p, &plan);
    if (rc) {
        plan_done(&plan);
        return rc == -ENOMEM ? error_strict(request->policy, rc, err) : rc;
    }
    *ret = plan;
    return 0;
}

void plan_done(struct plan *plan) {
    pieces_done(&plan->pieces);
    warnings_done(&plan->warnings);
    *plan = (struct plan){0};
}

unsigned plan_distance(const struct plan *plan, const struct host *host, unsigned node) {
    uint64_t sum = plan->cpus.sum;

    if (host->flat && plan->preferred.nr)
        return 10 * HOST_DISTANCE_LOCAL;
    if (!sum || !cpu_shares_reach(&plan->cpus, host, node))
        return PLAN_DISTANCE_UNKNOWN;
    return (unsigned)((10 * cpu_shares_distance(&plan->cpus, host, node) + sum / 2) / sum);
}

struct distance_text distance_text(unsigned tenths) {
    struct distance_text text;

    if (tenths % 10)
        snprintf(text.s, sizeof(text.s), "%u.%u", tenths / 10, tenths % 10);
    else
        snprintf(text.s, sizeof(text.s), "%u", tenths / 10);
    return text;
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
        [PLAN_FROM_VCPUS] = "vCPU affinity",
        [PLAN_FROM_PICKED] = "picked",
        [PLAN_FROM_UNCONNECTED] = "no connected nodes have the memory",
    };

    return text[origin];
}
