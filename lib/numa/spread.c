// A guest that is wide because of its vCPUs gets its memory in proportion to them, as each node's
// vCPUs then have as much bandwidth as the others'. One that is wide because of its memory fills
// the nodes nearest to its vCPUs: that is the least mean distance for vCPUs that are where they
// are.

#include "lib/numa/spread.h"

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

// Appends a supplier that gives `pages` of what it could give. False if that is the last one, which
// goes on and needs no border.
static bool append(struct spread *s, unsigned node, uint64_t could, uint64_t pages, bool same_tier,
                   uint64_t left[HOST_MAX_NODES]) {
    struct supplier *last = s->nr > s->nr_interleaved ? &s->list[s->nr - 1] : NULL;
    unsigned tier = last ? last->tier + !same_tier : s->nr;
    bool goes_on = last && last->node == (int)node;

    if (goes_on)
        last->pages += could;
    else
        s->list[s->nr++] = (struct supplier){.node = (int)node, .pages = could, .tier = tier};
    left[node] -= could;
    s->pages[node] += pages;
    s->need -= pages;
    s->nodes |= pages ? nodeset_of(node) : 0;
    return !goes_on;
}

static void supply_head(const struct spread_rule *rule, struct spread *s) {
    for (unsigned i = 0; i < rule->nr_head; i++) {
        unsigned node = (unsigned)rule->head[i].node;
        uint64_t could = least(rule->head[i].pages, s->left[node] + s->left_low[node]);

        if (!could || !nodeset_has(s->from, node))
            continue;
        // A share of a claim is there, wherever it lies.
        if (could > s->left[node]) {
            s->left_low[node] -= could - s->left[node];
            s->left[node] = could;
        }
        append(s, node, could, least(could, s->need), false, s->left);
    }
}

// The level up to which the suppliers of the head give: the least at which they give enough.
static uint64_t level(const struct spread_rule *rule, const struct spread *s) {
    uint64_t low = 0, high = s->need;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2, sum = 0;

        for (unsigned i = 0; i < rule->nr_head; i++)
            if (nodeset_has(s->from, (unsigned)rule->head[i].node))
                sum += least(middle, least(rule->head[i].pages, s->left[rule->head[i].node]));
        if (sum >= s->need)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void supply_evenly(const struct spread_rule *rule, struct spread *s) {
    uint64_t each = level(rule, s);

    for (unsigned i = 0; i < rule->nr_head; i++) {
        unsigned node = (unsigned)rule->head[i].node;
        uint64_t could = least(rule->head[i].pages, s->left[node]);

        if (could && nodeset_has(s->from, node))
            append(s, node, could, least(least(each, could), s->need), false, s->left);
    }
    s->nr_interleaved = s->nr;
}

// The CPU node with the largest share; of equals the one with most memory, then the lowest.
static unsigned largest_share(const struct spread *s, const struct cpu_shares *cpus, nodeset set) {
    unsigned best = nodeset_first(set);

    for (nodeset rest = set; rest; rest &= rest - 1) {
        unsigned n = nodeset_first(rest);

        if (cpus->share[n] > cpus->share[best] ||
            (cpus->share[n] == cpus->share[best] && s->left[n] > s->left[best]))
            best = n;
    }
    return best;
}

// Where all CPU nodes have what they are to give, the last may give what borders between superpages
// cost the others.
static void supply_shares(const struct spread_rule *rule, const struct cpu_shares *cpus,
                          struct spread *s) {
    uint64_t all = s->need, planned = 0;
    uint64_t slack = nodeset_count(cpus->nodes) * ASSIGN_SUPERPAGE_PAGES;
    nodeset may = (rule->first ? rule->first & rule->allowed : rule->allowed) & s->from;

    for (nodeset set = cpus->nodes; set;) {
        unsigned n = largest_share(s, cpus, set);
        bool last = !(set & (set - 1));
        uint64_t share = (uint64_t)((unsigned __int128)all * cpus->share[n] / cpus->sum);
        uint64_t could;

        share = last ? all - planned : share;
        planned += share;
        set &= ~nodeset_of(n);
        could = least(last && s->need == share ? share + slack : share, s->left[n]);
        if (could && nodeset_has(may, n))
            append(s, n, could, least(least(share, could), s->need), false, s->left);
    }
}

// The nodes that may supply the rest, nearest first.
struct order {
    uint8_t node[HOST_MAX_NODES];
    uint64_t tier[HOST_MAX_NODES]; // by position: the same for nodes that are as near and alike
    unsigned nr;
    nodeset near; // those that are no farther than the farthest node with CPUs, or come first
};

#define ORDER_TIER_SHIFT 7

// What a node is sorted by, in one number: whether it comes first, its distance, whether it has
// CPUs, and its turn, which no two have in common.
static uint64_t order_key(const struct spread_rule *rule, uint64_t distance, unsigned node) {
    const struct planning *p = rule->planning;

    return (uint64_t)!nodeset_has(rule->first, node) << 63 | distance << (ORDER_TIER_SHIFT + 1) |
           (uint64_t)!nodeset_has(p->with_cpus, node) << ORDER_TIER_SHIFT | p->turn[node];
}

static void order_make(const struct spread_rule *rule, const struct cpu_shares *cpus,
                       struct order *order) {
    const struct host *host = rule->planning->host;
    uint64_t key[HOST_MAX_NODES], far[HOST_MAX_NODES];
    uint64_t farthest = 0;

    order->nr = 0;
    order->near = 0;
    for (nodeset rest = rule->allowed; rest; rest &= rest - 1) {
        unsigned node = nodeset_first(rest);
        unsigned to = order->nr;
        uint64_t distance = cpu_shares_distance(cpus, host, node);
        uint64_t mine = order_key(rule, distance, node);

        if (!cpu_shares_reach(cpus, host, node))
            continue;
        far[node] = distance;
        if (nodeset_has(rule->planning->with_cpus, node) && distance > farthest)
            farthest = distance;
        for (; to > 0 && mine < key[to - 1]; to--) {
            key[to] = key[to - 1];
            order->node[to] = order->node[to - 1];
            order->tier[to] = order->tier[to - 1];
        }
        key[to] = mine;
        order->node[to] = (uint8_t)node;
        order->tier[to] = mine >> ORDER_TIER_SHIFT;
        order->nr++;
    }
    for (unsigned i = 0; i < order->nr; i++)
        if (far[order->node[i]] <= farthest || nodeset_has(rule->first, order->node[i]))
            order->near |= nodeset_of(order->node[i]);
}

// The nodes of `set` give what they have left above (or below) the DMA width.
static void supply_rest(const struct order *order, nodeset set, bool all,
                        uint64_t left[HOST_MAX_NODES], struct spread *s) {
    uint64_t before = UINT64_MAX;

    for (unsigned i = 0; i < order->nr && (all || s->need); i++) {
        unsigned node = order->node[i];
        uint64_t could = left[node];

        // A node that has nothing now is listed all the same, once.
        if ((!could && (!all || left != s->left)) || !nodeset_has(set & s->from, node))
            continue;
        if (append(s, node, could, least(could, s->need), order->tier[i] == before, left))
            before = order->tier[i];
    }
}

// Of the nodes named, what they have below the DMA width; they come first here too.
static void supply_low_head(const struct spread_rule *rule, struct spread *s) {
    for (unsigned i = 0; i < rule->nr_head; i++) {
        unsigned node = (unsigned)rule->head[i].node;

        if (s->left_low[node] && nodeset_has(s->from, node))
            append(s, node, s->left_low[node], least(s->left_low[node], s->need), false,
                   s->left_low);
    }
}

void spread_make(const struct spread_rule *rule, const struct cpu_shares *cpus, nodeset from,
                 bool all, struct spread *ret) {
    const struct planning *p = rule->planning;
    struct order order;

    ret->nr = ret->nr_interleaved = 0;
    ret->from = from;
    ret->nodes = 0;
    ret->need = p->need;
    for (unsigned n = 0; n < HOST_MAX_NODES; n++) {
        ret->pages[n] = 0;
        ret->left[n] = p->available[n] - p->low[n];
        ret->left_low[n] = p->low[n];
    }
    if (rule->interleaved)
        supply_evenly(rule, ret);
    else
        supply_head(rule, ret);
    if (rule->proportional && cpus->sum)
        supply_shares(rule, cpus, ret);
    if (ret->need || all) {
        order_make(rule, cpus, &order);
        supply_rest(&order, order.near, all, ret->left, ret);
        // What is below the DMA width comes after all neighbours that are a part of the host as any
        // other, but before a node without CPUs that is farther than all of these.
        if (ret->need || all)
            supply_low_head(rule, ret);
        supply_rest(&order, order.near, all, ret->left_low, ret);
        supply_rest(&order, ~order.near, all, ret->left, ret);
        supply_rest(&order, ~order.near, all, ret->left_low, ret);
    }
    ret->missing_pages = ret->need;
}

uint64_t spread_cost(const struct spread *spread, const struct cpu_shares *cpus,
                     const struct host *host) {
    unsigned __int128 sum = 0;
    unsigned __int128 weight = 0;

    for (nodeset rest = spread->nodes; rest; rest &= rest - 1) {
        unsigned n = nodeset_first(rest);

        sum += (unsigned __int128)spread->pages[n] * cpu_shares_distance(cpus, host, n);
        weight += (unsigned __int128)spread->pages[n] * cpus->sum;
    }
    return weight ? (uint64_t)((100 * sum + weight / 2) / weight) : 0;
}
