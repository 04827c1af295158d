// A guest sees its nodes for as long as it runs, so what it sees is decided once, from the plan
// that would be made for it anyway, and never changed by what turns out later: a node that has less
// than its vnode needs gets help from its neighbours.

#include "lib/numa/virtual-choice.h"

#include <errno.h>
#include <stdbool.h>

#define LEAST_PART 10 // of the guest, which makes a node a vnode of `auto`

struct choosing {
    const struct planning *p;
    const struct spread_rule *rule;
    const struct spread *spread;
    const struct virtual_guest *guest;
    struct plan *plan;
    nodeset can_run;
};

static int error_setting(const struct choosing *c) {
    return error_prefix(c->p->err, "%s", policy_describe(c->p->policy, POLICY_KEY_VIRTUAL).s);
}

// --- nodes in their order ---

static void append(struct nodelist *to, const struct nodelist *from, nodeset among) {
    for (unsigned i = 0; i < from->nr; i++)
        if (nodeset_has(among & ~nodelist_set(to), from->node[i]))
            nodelist_add(to, from->node[i]);
}

static void order_nodes(const struct choosing *c, uint64_t each, struct nodelist *ret) {
    nodeset may = c->rule->allowed & c->can_run;
    nodeset roomy = 0;

    *ret = (struct nodelist){.nr = 0};
    for (nodeset rest = may; rest; rest &= rest - 1)
        if (c->p->available[nodeset_first(rest)] >= each)
            roomy |= nodeset_of(nodeset_first(rest));
    append(ret, &c->plan->preferred, may);
    append(ret, &c->plan->fallback, roomy);
    append(ret, &c->plan->fallback, may);
    for (nodeset rest = may & ~nodelist_set(ret); rest; rest &= rest - 1)
        nodelist_add(ret, nodeset_first(rest));
}

// How many of a vnode's vCPUs will run on the node.
static unsigned fit(const struct choosing *c, const struct vnodes *vnodes, unsigned index,
                    unsigned node) {
    unsigned first = vnodes_first_vcpu(vnodes, index), nr = 0;

    for (unsigned v = first; v < first + vnodes->vnode[index].nr_vcpus; v++)
        nr += nodeset_has(c->guest->vcpu_nodes[v], node);
    return nr;
}

// Gives each vnode in turn the node that most of its vCPUs will run on, of equals the first.
static void match_nodes(const struct choosing *c, const struct vnodes *vnodes,
                        struct nodelist *nodes) {
    for (unsigned i = 0; i < vnodes->nr && c->guest->vcpu_nodes; i++) {
        unsigned best = i;
        uint8_t node;

        for (unsigned j = i + 1; j < vnodes->nr; j++)
            if (fit(c, vnodes, i, nodes->node[j]) > fit(c, vnodes, i, nodes->node[best]))
                best = j;
        node = nodes->node[best];
        for (; best > i; best--)
            nodes->node[best] = nodes->node[best - 1];
        nodes->node[i] = node;
    }
}

// --- vnodes ---

// Whether it makes a difference to the vCPUs which vnode is where.
static bool is_bound(const struct choosing *c, const struct vnodes *vnodes) {
    nodeset nodes = vnodes_nodes(vnodes);

    for (unsigned v = 0; v < c->guest->nr_vcpus && c->guest->vcpu_nodes; v++)
        if (nodes & ~c->guest->vcpu_nodes[v])
            return true;
    return false;
}

// The VGA hole makes the first vnode a little smaller.
static unsigned largest_left(const struct vnodes *vnodes, uint64_t done) {
    unsigned largest = (unsigned)__builtin_ctzll(~done);

    for (unsigned v = largest + 1; v < vnodes->nr; v++)
        if (!(done >> v & 1) &&
            vnodes->vnode[v].nr_pages + (largest == 0) > vnodes->vnode[largest].nr_pages)
            largest = v;
    return largest;
}

// What is claimed was planned for vnodes once: the largest is where most is claimed. `nodes` are in
// that order.
static void match_claim(const struct choosing *c, const struct nodelist *nodes,
                        struct vnodes *vnodes) {
    uint64_t done = 0;

    if (c->plan->origin != PLAN_FROM_CLAIM || is_bound(c, vnodes))
        return;
    for (unsigned i = 0; i < vnodes->nr; i++) {
        unsigned largest = largest_left(vnodes, done);

        vnodes->vnode[largest].node = nodes->node[i];
        done |= 1ULL << largest;
    }
}

// One vnode for each of the first nodes; `weights` by node, NULL: evenly.
static int make_vnodes(const struct choosing *c, struct nodelist *nodes, unsigned nr,
                       const uint64_t *weights) {
    struct vnodes vnodes = {.nr = 0};
    uint64_t weight[VNODES_MAX];
    int rc = virtual_divide(c->guest, NULL, nr, &vnodes, c->p->err);

    if (rc)
        return rc;
    match_nodes(c, &vnodes, nodes);
    for (unsigned i = 0; i < nr; i++) {
        vnodes.vnode[i].node = nodes->node[i];
        weight[i] = weights ? weights[nodes->node[i]] : 1;
    }
    rc = virtual_divide(c->guest, weight, nr, &vnodes, c->p->err);
    if (!rc)
        rc = virtual_size(c->guest, c->p->available, &vnodes, c->p->err);
    if (rc)
        return rc;
    match_claim(c, nodes, &vnodes);
    c->plan->vnodes = vnodes;
    return 0;
}

static int choose_number(const struct choosing *c) {
    unsigned nr = c->p->policy->nr_vnodes;
    struct nodelist nodes;
    int rc;

    order_nodes(c, c->guest->nr_pages / nr, &nodes);
    if (nodes.nr < nr)
        rc = error_set(c->p->err, EINVAL, "the guest may use no more than %u NUMA nodes: %s",
                       nodes.nr, nodelist_text(&nodes).s);
    else
        rc = make_vnodes(c, &nodes, nr, NULL);
    return rc ? error_setting(c) : 0;
}

static void choose_auto(const struct choosing *c) {
    const struct cpu_shares *cpus = &c->plan->cpus;
    const uint64_t *pages = c->spread->pages;
    struct nodelist nodes = {.nr = 0};
    nodeset large = 0;

    for (nodeset rest = c->rule->allowed & c->can_run; rest; rest &= rest - 1)
        if (pages[nodeset_first(rest)] * LEAST_PART >= c->p->need)
            large |= nodeset_of(nodeset_first(rest));
    append(&nodes, &c->plan->preferred, large);
    append(&nodes, &c->plan->fallback, large);
    if (nodes.nr < 2)
        return;
    if (!make_vnodes(c, &nodes, nodes.nr, large & ~cpus->nodes ? pages : cpus->share))
        return;
    error_done(c->p->err);
    c->plan->note =
        "the guest sees none of its nodes, as it has too few vCPUs or too little memory "
        "for numa-virtual=auto";
}

// --- a list ---

// Whether a vnode may be on the node that is listed for it. An error if the settings forbid it.
static int check_listed(const struct choosing *c, unsigned node, bool *ret_usable) {
    const struct planning *p = c->p;
    bool strict = p->policy->kind == POLICY_STRICT || p->policy->fallback == POLICY_FALLBACK_NONE;

    *ret_usable = node != VNODES_ANY_NODE &&
                  nodeset_has(c->rule->allowed | (p->with_cpus & ~p->usable), node);
    if (*ret_usable || node == VNODES_ANY_NODE)
        return 0;
    if (nodeset_has(p->usable, node))
        return error_set(p->err, EINVAL, "other numa- settings forbid memory from node %u", node);
    if (strict)
        return error_set(p->err, EINVAL, "this host has no memory on node %u, only on %s", node,
                         nodeset_text(p->usable).s);
    return 0;
}

static int choose_list(const struct choosing *c) {
    const struct planning *p = c->p;
    struct vnodes vnodes = p->policy->vnodes;
    nodeset used = vnodes_nodes(&vnodes);
    struct nodelist nodes;

    order_nodes(c, c->guest->nr_pages / vnodes.nr, &nodes);
    for (unsigned i = 0; i < vnodes.nr; i++) {
        unsigned listed = vnodes.vnode[i].node, other = 0;
        bool usable = false;
        int rc = check_listed(c, listed, &usable);

        if (rc)
            return rc;
        if (usable)
            continue;
        if (!nodes.nr)
            return error_set(p->err, EINVAL, "the guest may use no NUMA node");
        while (other < nodes.nr && nodeset_has(used, nodes.node[other]))
            other++;
        vnodes.vnode[i].node = nodes.node[other < nodes.nr ? other : 0];
        used |= nodeset_of(vnodes.vnode[i].node);
    }
    vnodes.low_pages = c->guest->low_pages;
    c->plan->vnodes = vnodes;
    return 0;
}

static int check_list(const struct choosing *c) {
    int rc = virtual_check(c->guest, &c->p->policy->vnodes, c->p->err);

    if (!rc)
        rc = choose_list(c);
    return rc ? error_setting(c) : 0;
}

// --- vCPUs ---

// Where the vCPUs will run: on the nodes of their vnodes, except those that belong elsewhere.
static void share_vcpus(const struct choosing *c) {
    const struct vnodes *vnodes = &c->plan->vnodes;
    struct cpu_shares shares = {.nodes = 0};
    unsigned vcpu = 0;

    for (unsigned i = 0; i < vnodes->nr; i++) {
        for (unsigned left = vnodes->vnode[i].nr_vcpus; left; left--, vcpu++) {
            nodeset nodes = c->guest->vcpu_nodes ? c->guest->vcpu_nodes[vcpu] : 0;
            nodeset own = nodeset_of(vnodes->vnode[i].node);

            nodes = !nodes || nodes & own ? own : nodes;
            for (nodeset rest = nodes; rest; rest &= rest - 1)
                shares.share[nodeset_first(rest)] += VCPUS_UNIT / nodeset_count(nodes);
        }
    }
    for (unsigned n = 0; n < HOST_MAX_NODES; n++) {
        shares.nodes |= shares.share[n] ? nodeset_of(n) : 0;
        shares.sum += shares.share[n];
    }
    c->plan->cpus = shares;
    c->plan->chosen_cpus = vnodes_nodes(vnodes) & c->p->with_cpus;
}

// --- all ---

// How many vCPUs have an affinity of their own that keeps them from their vnode's node.
static unsigned count_strays(const struct choosing *c) {
    const struct vnodes *vnodes = &c->plan->vnodes;
    unsigned nr = 0;

    for (unsigned i = 0; i < vnodes->nr && c->guest->vcpu_nodes; i++)
        nr += vnodes->vnode[i].nr_vcpus - fit(c, vnodes, i, vnodes->vnode[i].node);
    return nr;
}

// Each plan says it anew, as those before it are forgotten.
static void warn(const struct choosing *c) {
    const struct vnodes *vnodes = &c->plan->vnodes, *listed = &c->p->policy->vnodes;
    unsigned strays = count_strays(c);

    for (unsigned i = 0; i < vnodes->nr && i < listed->nr; i++)
        if (listed->vnode[i].node != VNODES_ANY_NODE &&
            listed->vnode[i].node != vnodes->vnode[i].node)
            warnings_add(&c->plan->warnings,
                         "numa-virtual: this host has no memory on node %u; vnode %u is on node %u "
                         "instead",
                         listed->vnode[i].node, i, vnodes->vnode[i].node);
    if (strays)
        warnings_add(
            &c->plan->warnings,
            "numa-virtual: the affinity of %u vCPUs keeps them from the node of their vnode",
            strays);
}

static int check_limit(const struct choosing *c) {
    unsigned nr = nodeset_count(vnodes_nodes(&c->plan->vnodes));
    unsigned max = c->p->policy->max_nodes;

    if (!max || nr <= max)
        return 0;
    error_set(c->p->err, EINVAL, "%u nodes are more than numa-max-nodes=%u", nr, max);
    return error_setting(c);
}

static int choose(const struct choosing *c) {
    switch (c->p->policy->virtual_nodes) {
    case POLICY_VIRTUAL_NUMBER:
        return choose_number(c);
    case POLICY_VIRTUAL_LIST:
        return check_list(c);
    case POLICY_VIRTUAL_AUTO:
        choose_auto(c);
        return 0;
    default:
        return 0;
    }
}

int virtual_choose(const struct planning *p, const struct spread_rule *rule,
                   const struct spread *spread, struct plan *plan) {
    const struct plan *before = p->request->earlier ? p->request->earlier : p->request->followed;
    struct choosing c = {.p = p,
                         .rule = rule,
                         .spread = spread,
                         .guest = p->request->guest,
                         .plan = plan,
                         .can_run = p->with_cpus ? p->with_cpus : p->usable};
    int rc;

    if (!c.guest || p->policy->kind == POLICY_INTERLEAVE)
        return 0;
    if (before) {
        plan->vnodes = before->vnodes;
        plan->note = before->note;
        warn(&c);
        return 0;
    }
    if (c.guest->can_run)
        c.can_run = c.guest->can_run;
    rc = choose(&c);
    if (!rc)
        rc = check_limit(&c);
    if (!rc)
        warn(&c);
    // Where the guest's vCPUs are not to be moved, they stay what they are.
    if (!rc && plan->vnodes.nr && plan->chosen_cpus)
        share_vcpus(&c);
    return rc;
}
