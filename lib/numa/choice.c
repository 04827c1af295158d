// Hosts of up to ten nodes are small enough to look at every set of nodes. Beyond that the sets
// that matter are compact: from every node a set is grown by the nearest nodes until it has the
// cores, and the best of these is improved by adding, dropping and exchanging nodes, as long as
// that helps and the budget lasts. The budget keeps 64 nodes below a millisecond.

#include "lib/numa/choice.h"

#include "lib/numa/equals.h"
#include "lib/numa/limit.h"

#define EVALUATIONS 120 // 1 to 4 us each, with 64 nodes

// What a set is worth.
struct value {
    uint64_t missing_pages;
    uint64_t devices;
    uint64_t cost;
    unsigned nodes;
    struct equals rest;
};

struct search {
    const struct spread_rule *rule;
    const struct planning *p;
    nodeset candidates;
    bool anywhere;
    unsigned evaluations; // left
    bool found;
    nodeset best;
    struct value value; // of the best
};

static int compare(uint64_t a, uint64_t b) {
    return a < b ? -1 : a > b;
}

static bool is_better(const struct value *a, nodeset set_a, const struct value *b, nodeset set_b) {
    nodeset differ = set_a ^ set_b;
    int order = compare(a->missing_pages, b->missing_pages);

    if (!order)
        order = compare(a->devices, b->devices);
    if (!order)
        order = compare(a->cost, b->cost);
    if (!order)
        order = compare(a->nodes, b->nodes);
    if (!order)
        order = equals_compare(&a->rest, &b->rest);
    if (!order)
        return differ && nodeset_has(set_a, nodeset_first(differ));
    return order < 0;
}

// Sum over the devices of the distance to the nearest of the nodes.
static uint64_t device_distance(const struct planning *p, nodeset nodes) {
    uint64_t sum = 0;

    for (nodeset rest = p->devices ? p->online : 0; rest; rest &= rest - 1) {
        unsigned from = nodeset_first(rest);
        unsigned nearest = HOST_DISTANCE_UNKNOWN;

        for (nodeset to = p->devices[from] ? nodes : 0; to; to &= to - 1) {
            unsigned distance = p->host->distance[from][nodeset_first(to)];

            nearest = distance < nearest ? distance : nearest;
        }
        sum += (uint64_t)p->devices[from] * nearest;
    }
    return sum;
}

static bool evaluate(const struct search *s, nodeset set, struct value *ret) {
    const struct planning *p = s->p;
    struct cpu_shares cpus = vcpus_share(&p->vcpus, set);
    struct spread spread;
    nodeset used;

    limit_spread(s->rule, &cpus, false, &spread);
    if (spread.missing_pages && !s->anywhere)
        return false;
    used = spread.nodes | cpus.nodes;
    *ret = (struct value){
        .missing_pages = spread.missing_pages,
        // Who names nodes for the memory has said where the guest is to be.
        .devices = s->rule->nr_head || s->rule->first ? 0 : device_distance(p, cpus.nodes),
        .cost = spread_cost(&spread, &cpus, p->host),
        .nodes = nodeset_count(used),
        .rest = {.pages = planning_set_pages(p, used)},
    };
    for (nodeset rest = cpus.nodes; rest; rest &= rest - 1) {
        ret->rest.load += p->host->node[nodeset_first(rest)].load;
        ret->rest.cores += p->host->node[nodeset_first(rest)].nr_cores;
    }
    return true;
}

static void offer(struct search *s, nodeset set) {
    struct value value;

    if (!vcpus_suffice(&s->p->vcpus, set) || !evaluate(s, set, &value))
        return;
    if (s->found && !is_better(&value, set, &s->value, s->best))
        return;
    s->found = true;
    s->best = set;
    s->value = value;
}

// --- few nodes ---

static void offer_all(struct search *s) {
    nodeset set = 0;

    // Counts through the subsets: the carry runs over the bits that are no candidates.
    while ((set = (set - s->candidates) & s->candidates))
        offer(s, set);
}

// --- many nodes ---

static unsigned pair_distance(const struct host *host, unsigned a, unsigned b) {
    return host->distance[a][b] + host->distance[b][a];
}

static void grow(struct search *s, unsigned seed) {
    unsigned sum[HOST_MAX_NODES] = {0};
    nodeset set = nodeset_of(seed);
    unsigned last = seed;

    while (!vcpus_suffice(&s->p->vcpus, set)) {
        unsigned next = HOST_MAX_NODES;

        for (nodeset rest = s->candidates & ~set; rest; rest &= rest - 1) {
            unsigned n = nodeset_first(rest);

            sum[n] += pair_distance(s->p->host, last, n);
            if (next == HOST_MAX_NODES || sum[n] < sum[next] ||
                (sum[n] == sum[next] && s->p->available[n] > s->p->available[next]))
                next = n;
        }
        if (next == HOST_MAX_NODES)
            return;
        set |= nodeset_of(next);
        last = next;
    }
    offer(s, set);
}

static bool spend(struct search *s) {
    return s->evaluations && s->evaluations--;
}

// Offers what one node more, one less or one other makes of a set.
static void offer_changes(struct search *s, nodeset from) {
    for (nodeset rest = s->candidates; rest && spend(s); rest &= rest - 1) {
        unsigned n = nodeset_first(rest);

        offer(s, from ^ nodeset_of(n));
    }
    for (nodeset out = from; out; out &= out - 1) {
        for (nodeset in = s->candidates & ~from; in && spend(s); in &= in - 1)
            offer(s, (from & ~nodeset_of(nodeset_first(out))) | nodeset_of(nodeset_first(in)));
    }
}

static void search_many(struct search *s) {
    nodeset from = 0;

    for (nodeset rest = s->candidates; rest; rest &= rest - 1)
        grow(s, nodeset_first(rest));
    if (!s->found)
        offer(s, s->candidates);
    while (s->found && s->best != from && s->evaluations) {
        from = s->best;
        offer_changes(s, from);
    }
}

bool choice_make(const struct spread_rule *rule, bool anywhere, struct choice *ret) {
    const struct planning *p = rule->planning;
    struct search s = {.rule = rule, .p = p, .anywhere = anywhere, .evaluations = EVALUATIONS};

    s.candidates = vcpus_candidates(&p->vcpus) & p->online;
    if (!p->vcpus.nr_groups)
        offer(&s, 0); // all vCPUs belong somewhere
    else if (nodeset_count(s.candidates) <= CHOICE_EXACT_NODES)
        offer_all(&s);
    else
        search_many(&s);
    if (!s.found)
        return false;
    ret->cpus = s.best;
    ret->shares = vcpus_share(&p->vcpus, s.best);
    return true;
}
