// Finding the best set is a clique problem, but real hosts are kind: few distances, nested or on a
// ring. So there are three steps. Growing: from every node, near nodes are added until the set
// suffices, first without a limit to the distance, then again below the largest distance of what
// was found, until that fails. Improving: nodes are added, dropped, exchanged, or several replaced
// by one, as long as that helps. Proving: all sets that could still be better are visited in the
// order of their ids. The first and the last step have a budget of pairs looked at, so that 64
// nodes take well below a millisecond; that of the last suffices for every set of 14 nodes, which
// makes the result exact there.
//
// `best` never gets worse, and it always suffices. Sums of distances count both directions of a
// pair, plus 10 for every node, so that mean = sum / nodes^2 and all comparisons stay in integers.

#include "lib/numa/pick.h"

#include <string.h>

// Steps are pairs of nodes looked at. All sets of 14 nodes take 14 * 2^13 + 2^14 of them.
#define PROOF_STEPS 140000
#define PROOF_STEPS_MANY 60000 // of more nodes than 14: a proof is luck
#define PROOF_NODES 14
#define GROW_STEPS 130000
#define IMPROVE_ROUNDS 24

struct choice {
    nodeset set; // empty: none yet, worse than any other
    unsigned largest;
    unsigned sum;
    uint64_t pages;
    unsigned cores;
};

struct search {
    unsigned nr; // candidates, renumbered 0..nr-1 in the order of their ids
    uint8_t id[HOST_MAX_NODES];
    uint64_t pages[HOST_MAX_NODES];
    unsigned cores[HOST_MAX_NODES];
    uint16_t pair[HOST_MAX_NODES][HOST_MAX_NODES]; // both directions added
    uint8_t far[HOST_MAX_NODES][HOST_MAX_NODES];   // the larger of both
    nodeset near[HOST_MAX_NODES];                  // others no farther than `limit`
    unsigned limit;
    uint64_t need_pages;
    unsigned need_cores;
    struct choice best;
    unsigned steps;                   // left
    uint8_t by_pages[HOST_MAX_NODES]; // all candidates, the one with most memory first
    // What nodes n.. have together, to see early that a set cannot suffice any more.
    uint64_t tail_pages[HOST_MAX_NODES + 1];
    unsigned tail_cores[HOST_MAX_NODES + 1];
};

static void steps_use(struct search *s, unsigned steps) {
    s->steps -= steps < s->steps ? steps : s->steps;
}

static bool suffices(const struct search *s, const struct choice *c) {
    return c->set && c->pages >= s->need_pages && c->cores >= s->need_cores;
}

// Whether sufficient choice `a` is better than `b`.
static bool better(const struct choice *a, const struct choice *b) {
    uint64_t na = nodeset_count(a->set);
    uint64_t nb = nodeset_count(b->set);
    nodeset differ = a->set ^ b->set;

    if (!b->set || a->largest != b->largest)
        return !b->set || a->largest < b->largest;
    if (a->sum * nb * nb != b->sum * na * na)
        return a->sum * nb * nb < b->sum * na * na;
    if (a->pages != b->pages)
        return a->pages > b->pages;
    if (na != nb)
        return na < nb;
    return differ && nodeset_has(a->set, nodeset_first(differ));
}

static void offer(struct search *s, const struct choice *c) {
    if (suffices(s, c) && better(c, &s->best))
        s->best = *c;
}

static struct choice choice_with(const struct search *s, struct choice c, unsigned node) {
    for (nodeset rest = c.set; rest; rest &= rest - 1) {
        unsigned other = nodeset_first(rest);

        c.sum += s->pair[node][other];
        if (s->far[node][other] > c.largest)
            c.largest = s->far[node][other];
    }
    c.set |= nodeset_of(node);
    c.sum += HOST_DISTANCE_LOCAL;
    if (c.largest < HOST_DISTANCE_LOCAL)
        c.largest = HOST_DISTANCE_LOCAL;
    c.pages += s->pages[node];
    c.cores += s->cores[node];
    return c;
}

// Of the pairs of `node` with the other nodes of `set`.
static unsigned pair_sum(const struct search *s, unsigned node, nodeset set) {
    unsigned sum = 0;

    for (nodeset rest = set & ~nodeset_of(node); rest; rest &= rest - 1)
        sum += s->pair[node][nodeset_first(rest)];
    return sum;
}

static struct choice choice_of(const struct search *s, nodeset set) {
    struct choice c = {0};

    for (; set; set &= set - 1)
        c = choice_with(s, c, nodeset_first(set));
    return c;
}

static void limit_set(struct search *s, unsigned limit) {
    s->limit = limit;
    for (unsigned i = 0; i < s->nr; i++) {
        s->near[i] = 0;
        for (unsigned j = 0; j < s->nr; j++)
            if (i != j && s->far[i][j] <= limit)
                s->near[i] |= nodeset_of(j);
    }
}

static bool set_suffices(const struct search *s, nodeset set) {
    uint64_t pages = 0;
    unsigned cores = 0;

    for (; set; set &= set - 1) {
        pages += s->pages[nodeset_first(set)];
        cores += s->cores[nodeset_first(set)];
    }
    return pages >= s->need_pages && cores >= s->need_cores;
}

// The nodes that a growing set may still take, and what each would add to it.
struct growth {
    struct choice c;
    nodeset open;
    unsigned sum[HOST_MAX_NODES]; // of the pairs with the set's nodes
    unsigned far[HOST_MAX_NODES]; // the largest distance to one of them
};

// Adds `node` to the set and brings the others up to date.
static void growth_take(struct search *s, struct growth *g, unsigned node) {
    if (g->far[node] > g->c.largest)
        g->c.largest = g->far[node];
    g->c.set |= nodeset_of(node);
    g->c.sum += g->sum[node] + HOST_DISTANCE_LOCAL;
    g->c.pages += s->pages[node];
    g->c.cores += s->cores[node];
    g->open &= s->near[node];
    for (nodeset rest = g->open; rest; rest &= rest - 1) {
        unsigned i = nodeset_first(rest);

        g->sum[i] += s->pair[node][i];
        if (s->far[node][i] > g->far[i])
            g->far[i] = s->far[node][i];
    }
    steps_use(s, nodeset_count(g->open));
}

// The open node that is farthest from no member and nearest to all, of equals the larger; or with
// `roomy` the one that leaves most nodes open, and of these the nearest.
static unsigned growth_next(const struct search *s, const struct growth *g, bool roomy) {
    unsigned best = nodeset_first(g->open);
    uint64_t best_key = UINT64_MAX;

    for (nodeset rest = g->open; rest; rest &= rest - 1) {
        unsigned i = nodeset_first(rest);
        uint64_t first = roomy ? HOST_MAX_NODES - nodeset_count(g->open & s->near[i]) : g->far[i];
        uint64_t key = first << 32 | g->sum[i];

        if (key < best_key || (key == best_key && s->pages[i] > s->pages[best])) {
            best = i;
            best_key = key;
        }
    }
    return best;
}

static void grow(struct search *s, unsigned seed, bool roomy) {
    struct growth g = {.open = s->near[seed], .c.largest = HOST_DISTANCE_LOCAL};

    if (!set_suffices(s, g.open | nodeset_of(seed)))
        return;
    g.open |= nodeset_of(seed);
    growth_take(s, &g, seed);
    while (!suffices(s, &g.c) && g.open) {
        growth_take(s, &g, growth_next(s, &g, roomy));
        if (s->best.set && g.c.largest > s->best.largest)
            return;
    }
    offer(s, &g.c);
}

// Grows sets from all nodes, the one with most memory first, while there are steps.
static void grow_round(struct search *s, bool roomy) {
    for (unsigned i = 0; i < s->nr && (s->steps || !s->best.set); i++)
        grow(s, s->by_pages[i], roomy);
}

static void grow_all(struct search *s) {
    unsigned found;

    s->steps = GROW_STEPS;
    limit_set(s, HOST_DISTANCE_UNKNOWN - 1);
    do {
        found = s->best.set ? s->best.largest : HOST_DISTANCE_UNKNOWN;
        grow_round(s, false);
        if (s->best.set && s->best.largest >= found)
            grow_round(s, true);
        if (s->best.set)
            limit_set(s, s->best.largest - 1);
    } while (s->steps && s->best.set && s->best.largest < found);
}

// A choice with one node dropped, one added, or one exchanged for another. HOST_MAX_NODES: none.
struct change {
    unsigned drop;
    unsigned add;
};

// The choice after a change that keeps all distances within s->limit. Its largest distance is left
// as it was. sum[i]: of the pairs of node i with the nodes of `from`.
static struct choice change_apply(const struct search *s, const struct choice *from,
                                  const unsigned sum[HOST_MAX_NODES], struct change change) {
    struct choice c = *from;

    if (change.drop < HOST_MAX_NODES) {
        c.set &= ~nodeset_of(change.drop);
        c.sum -= sum[change.drop] + HOST_DISTANCE_LOCAL;
        c.pages -= s->pages[change.drop];
        c.cores -= s->cores[change.drop];
    }
    if (change.add < HOST_MAX_NODES) {
        c.set |= nodeset_of(change.add);
        c.sum += sum[change.add] + HOST_DISTANCE_LOCAL;
        c.pages += s->pages[change.add];
        c.cores += s->cores[change.add];
        if (change.drop < HOST_MAX_NODES)
            c.sum -= s->pair[change.drop][change.add];
    }
    return c;
}

// Offers all changes of `from`.
static void changes_offer(struct search *s, const struct choice *from) {
    unsigned sum[HOST_MAX_NODES] = {0};

    for (unsigned i = 0; i < s->nr; i++)
        sum[i] = pair_sum(s, i, from->set);
    for (unsigned drop = 0; drop <= HOST_MAX_NODES; drop++) {
        nodeset kept = drop < HOST_MAX_NODES ? from->set & ~nodeset_of(drop) : from->set;
        struct choice c;

        if (drop < HOST_MAX_NODES && kept == from->set)
            continue;
        for (unsigned add = 0; add < s->nr; add++) {
            if (nodeset_has(from->set, add) || (kept & ~s->near[add]))
                continue;
            c = change_apply(s, from, sum, (struct change){drop, add});
            offer(s, &c);
        }
        c = change_apply(s, from, sum, (struct change){drop, HOST_MAX_NODES});
        offer(s, &c);
    }
}

// The member of `open` with the largest sum.
static unsigned farthest(nodeset open, const unsigned sum[HOST_MAX_NODES]) {
    unsigned worst = nodeset_first(open);

    for (nodeset rest = open & (open - 1); rest; rest &= rest - 1)
        if (sum[nodeset_first(rest)] > sum[worst])
            worst = nodeset_first(rest);
    return worst;
}

// Offers what is left of `from` with `add` when the nodes that are farthest from the others are
// dropped one by one, as far as that is possible: one large node may replace several. sum[i]: of
// the pairs of node i with the nodes of `from`.
static void replacement_offer(struct search *s, const struct choice *from, unsigned add,
                              const unsigned sum_from[HOST_MAX_NODES]) {
    struct choice c = change_apply(s, from, sum_from, (struct change){HOST_MAX_NODES, add});
    unsigned sum[HOST_MAX_NODES] = {0};

    for (nodeset rest = c.set; rest; rest &= rest - 1) {
        unsigned i = nodeset_first(rest);

        sum[i] = sum_from[i] + (i == add ? 0 : s->pair[i][add]);
    }
    for (nodeset open = from->set; open;) {
        unsigned worst = farthest(open, sum);
        struct choice without = change_apply(s, &c, sum, (struct change){worst, HOST_MAX_NODES});

        open &= ~nodeset_of(worst);
        if (!suffices(s, &without))
            continue;
        c = without;
        for (nodeset rest = open; rest; rest &= rest - 1)
            sum[nodeset_first(rest)] -= s->pair[nodeset_first(rest)][worst];
    }
    offer(s, &c);
}

static void replacements_offer(struct search *s, const struct choice *from) {
    unsigned sum[HOST_MAX_NODES] = {0};

    for (unsigned i = 0; i < s->nr; i++)
        sum[i] = pair_sum(s, i, from->set);
    for (unsigned add = 0; add < s->nr; add++)
        if (!nodeset_has(from->set, add) && !(from->set & ~s->near[add]))
            replacement_offer(s, from, add, sum);
}

static void improve(struct search *s) {
    limit_set(s, s->best.largest);
    for (int round = 0; round < IMPROVE_ROUNDS; round++) {
        struct choice from = s->best;

        changes_offer(s, &from);
        if (s->best.set == from.set)
            replacements_offer(s, &from);
        if (s->best.set == from.set)
            return;
        s->best = choice_of(s, s->best.set);
    }
}

// Visits all sets that consist of `c` and some of the nodes from `next` on.
static void prove(struct search *s, const struct choice *c, unsigned next) {
    for (; next < s->nr && s->steps; next++) {
        struct choice with;

        if (c->pages + s->tail_pages[next] < s->need_pages ||
            c->cores + s->tail_cores[next] < s->need_cores)
            return;
        steps_use(s, nodeset_count(c->set) + 1);
        with = choice_with(s, *c, next);
        if (with.largest >= HOST_DISTANCE_UNKNOWN ||
            (s->best.set && with.largest > s->best.largest))
            continue;
        offer(s, &with);
        prove(s, &with, next + 1);
    }
}

static void candidates_init(struct search *s, const struct pick_request *request) {
    for (nodeset rest = request->candidates; rest; rest &= rest - 1) {
        unsigned id = nodeset_first(rest);
        unsigned at = s->nr;

        for (; at > 0 && s->pages[s->by_pages[at - 1]] < request->available_pages[id]; at--)
            s->by_pages[at] = s->by_pages[at - 1];
        s->by_pages[at] = (uint8_t)s->nr;
        s->id[s->nr] = (uint8_t)id;
        s->pages[s->nr] = request->available_pages[id];
        s->cores[s->nr++] = request->host->node[id].nr_cores;
    }
    for (unsigned i = s->nr; i-- > 0;) {
        s->tail_pages[i] = s->tail_pages[i + 1] + s->pages[i];
        s->tail_cores[i] = s->tail_cores[i + 1] + s->cores[i];
    }
}

static void search_init(struct search *s, const struct pick_request *request) {
    memset(s, 0, sizeof(*s));
    candidates_init(s, request);
    for (unsigned i = 0; i < s->nr; i++) {
        for (unsigned j = 0; j < s->nr; j++) {
            uint8_t there = request->host->distance[s->id[i]][s->id[j]];
            uint8_t back = request->host->distance[s->id[j]][s->id[i]];

            s->pair[i][j] = (uint16_t)(there + back);
            s->far[i][j] = there > back ? there : back;
        }
    }
    s->need_pages = request->nr_pages;
    s->need_cores = request->nr_cores < s->tail_cores[0] ? request->nr_cores : s->tail_cores[0];
}

static void search_run(struct search *s) {
    static const struct choice nothing;

    grow_all(s);
    if (s->best.set)
        improve(s);
    s->steps = s->nr > PROOF_NODES ? PROOF_STEPS_MANY : PROOF_STEPS;
    prove(s, &nothing, 0);
}

nodeset pick_nodes(const struct pick_request *request) {
    struct search s;
    nodeset picked = 0;

    search_init(&s, request);
    search_run(&s);
    if (!s.best.set && s.need_cores) {
        s.need_cores = 0;
        search_run(&s);
    }
    for (nodeset rest = s.best.set; rest; rest &= rest - 1)
        picked |= nodeset_of(s.id[nodeset_first(rest)]);
    return picked;
}
