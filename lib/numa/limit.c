// The nearest nodes need not have the memory, and a set that has it may be anywhere among the
// others. So small hosts look at every set of nodes. What a set could be worth at best is known
// from sums alone, and most sets need no closer look than that.

#include "lib/numa/limit.h"

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

struct limit {
    const struct spread_rule *rule;
    const struct planning *p;
    const struct cpu_shares *cpus;
    nodeset preferred;    // those that come first, whatever the vCPUs do
    nodeset candidates;   // nodes that could supply something,
    struct nodelist near; // these, nearest first,
    uint64_t distance[HOST_MAX_NODES];
};

static bool has_room(const struct limit *l, nodeset nodes) {
    return nodeset_count(nodes | l->rule->used) <= l->rule->max_nodes;
}

// --- what a set of nodes is worth ---

struct worth {
    uint64_t preferred_pages;
    uint64_t order;   // the preferred nodes that supply, the first of them in the highest bit
    uint64_t largest; // part, if the preferred nodes interleave
    unsigned __int128 cost;
    unsigned nodes;
    unsigned strangers; // to the plan that something has followed
    uint64_t pages;
};

static int compare(unsigned __int128 a, unsigned __int128 b) {
    return a < b ? -1 : a > b;
}

static bool is_better(const struct worth *a, const struct worth *b) {
    int order = compare(b->preferred_pages, a->preferred_pages);

    if (!order)
        order = compare(b->order, a->order);
    if (!order)
        order = compare(a->largest, b->largest);
    if (!order)
        order = compare(a->cost, b->cost);
    if (!order)
        order = compare(a->nodes, b->nodes);
    if (!order)
        order = compare(a->strangers, b->strangers);
    if (!order)
        order = compare(b->pages, a->pages);
    return order < 0;
}

// Nodes that interleave, or that are near in their own right, have no order.
static uint64_t named_order(const struct limit *l, nodeset nodes) {
    const struct spread_rule *rule = l->rule;
    uint64_t order = 0;

    for (unsigned i = 0; i < rule->nr_head && i < HOST_MAX_NODES && !rule->interleaved; i++)
        order |= nodeset_has(nodes, (unsigned)rule->head[i].node) ? 1ULL << (63 - i) : 0;
    return order;
}

// The most that this set could be worth: all preferred nodes give all they have, evenly, and the
// nearest nodes give the whole guest. False if the set has not enough.
static bool worth_at_best(const struct limit *l, nodeset from, struct worth *ret) {
    uint64_t rest = l->p->need;
    nodeset preferred = from & l->preferred;

    *ret = (struct worth){.pages = UINT64_MAX};
    for (unsigned i = 0; i < l->near.nr && rest; i++) {
        unsigned node = l->near.node[i];
        uint64_t pages = least(rest, nodeset_has(from, node) ? l->p->available[node] : 0);

        ret->cost += (unsigned __int128)pages * l->distance[node];
        rest -= pages;
    }
    if (rest)
        return false;
    if (preferred) {
        ret->preferred_pages = least(l->p->need, planning_set_pages(l->p, preferred));
        ret->order = named_order(l, preferred);
        if (l->rule->interleaved)
            ret->largest = ret->preferred_pages / nodeset_count(preferred);
    }
    return true;
}

static void worth_of(const struct limit *l, const struct spread *spread, struct worth *ret) {
    *ret = (struct worth){
        .order = named_order(l, spread->nodes),
        .nodes = nodeset_count(spread->nodes | l->cpus->nodes),
        .pages = planning_set_pages(l->p, spread->nodes),
    };
    if (l->p->followed)
        ret->strangers = nodeset_count(spread->nodes & ~l->p->followed);
    for (nodeset rest = spread->nodes; rest; rest &= rest - 1) {
        unsigned node = nodeset_first(rest);
        uint64_t pages = spread->pages[node];

        ret->cost += (unsigned __int128)pages * l->distance[node];
        if (!nodeset_has(l->preferred, node))
            continue;
        ret->preferred_pages += pages;
        if (l->rule->interleaved && pages > ret->largest)
            ret->largest = pages;
    }
}

// --- few nodes ---

static void sort_nearest_first(struct limit *l) {
    for (nodeset rest = l->candidates; rest; rest &= rest - 1) {
        unsigned node = nodeset_first(rest), to = l->near.nr++;

        l->distance[node] = cpu_shares_distance(l->cpus, l->p->host, node);
        for (; to > 0 && l->distance[node] < l->distance[l->near.node[to - 1]]; to--)
            l->near.node[to] = l->near.node[to - 1];
        l->near.node[to] = (uint8_t)node;
    }
}

static nodeset choose_best(struct limit *l) {
    struct worth best, at_best, worth;
    struct spread spread;
    nodeset from = 0, ret = 0;

    sort_nearest_first(l);
    // Counts through the subsets: the carry runs over the bits that are no candidates.
    while ((from = (from - l->candidates) & l->candidates)) {
        if (!has_room(l, from) || !worth_at_best(l, from, &at_best) ||
            (ret && !is_better(&at_best, &best)))
            continue;
        spread_make(l->rule, l->cpus, from, false, &spread);
        worth_of(l, &spread, &worth);
        if (spread.missing_pages || (ret && !is_better(&worth, &best)))
            continue;
        best = worth;
        ret = spread.nodes;
    }
    return ret;
}

// --- many nodes ---

// What the largest of the nodes have together, at most `nr` of them.
static uint64_t largest_pages(const struct limit *l, nodeset nodes, unsigned nr) {
    uint64_t by_rank[HOST_MAX_NODES] = {0}, sum = 0;

    for (nodeset rest = nodes; rest; rest &= rest - 1)
        by_rank[l->p->rank[nodeset_first(rest)]] = l->p->available[nodeset_first(rest)];
    for (unsigned rank = 0; rank < HOST_MAX_NODES && nr; rank++) {
        sum += by_rank[rank];
        nr -= by_rank[rank] != 0;
    }
    return sum;
}

static nodeset choose_in_order(const struct limit *l, const struct spread *all) {
    nodeset chosen = l->rule->used;

    for (unsigned i = 0; i < all->nr; i++) {
        nodeset with = chosen | nodeset_of((unsigned)all->list[i].node);

        if (has_room(l, with) && planning_set_pages(l->p, with) +
                                         largest_pages(l, l->candidates & ~with,
                                                       l->rule->max_nodes - nodeset_count(with)) >=
                                     l->p->need)
            chosen = with;
    }
    return chosen;
}

// --- both ---

// `all` says which nodes could supply, and in what order they would.
static nodeset choose(const struct spread_rule *rule, const struct cpu_shares *cpus,
                      const struct spread *all) {
    struct limit l = {.rule = rule, .p = rule->planning, .cpus = cpus, .preferred = rule->first};

    for (unsigned i = 0; i < rule->nr_head; i++)
        l.preferred |= nodeset_of((unsigned)rule->head[i].node);
    for (unsigned i = 0; i < all->nr; i++)
        if (l.p->available[all->list[i].node])
            l.candidates |= nodeset_of((unsigned)all->list[i].node);
    if (nodeset_count(l.candidates) <= LIMIT_EXACT_NODES)
        return choose_best(&l);
    return choose_in_order(&l, all);
}

void limit_spread(const struct spread_rule *rule, const struct cpu_shares *cpus, bool all,
                  struct spread *ret) {
    nodeset from = SPREAD_ANY_NODES;

    if (rule->max_nodes) {
        spread_make(rule, cpus, SPREAD_ANY_NODES, true, ret);
        from = nodeset_count(ret->nodes | rule->used) <= rule->max_nodes ? ret->nodes
                                                                         : choose(rule, cpus, ret);
    }
    spread_make(rule, cpus, from, all, ret);
}
