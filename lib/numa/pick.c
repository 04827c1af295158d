// Finding the best set is a clique problem, but real hosts are kind: few distances, nested or on a
// ring. So there are three steps. Growing: from every node, the nearest nodes are added until the
// set suffices, first without a limit to the distance, then again below the largest distance of
// what was found, until that fails. Improving: nodes are exchanged, added and dropped as long as
// that helps. Proving: all sets that could still be better are visited in the order of their ids,
// up to a number of steps that suffices for every set of 14 nodes; on larger hosts it cuts short.
//
// `best` never gets worse, and it always suffices. Sums of distances count both directions of a
// pair, plus 10 for every node, so that mean = sum / nodes^2 and all comparisons stay in integers.

#include "lib/numa/pick.h"

#include <string.h>

#define PROOF_STEPS 140000 // pairs looked at; all sets of 14 nodes take 14 * 2^13 + 2^14
#define IMPROVE_ROUNDS 32

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
    unsigned steps; // left to prove
    // What nodes n.. have together, to see early that a set cannot suffice any more.
    uint64_t tail_pages[HOST_MAX_NODES + 1];
    unsigned tail_cores[HOST_MAX_NODES + 1];
};

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

// Grows a set from `seed`: always the node next that is farthest from no member and nearest to all.
static void grow(struct search *s, unsigned seed) {
    unsigned sum[HOST_MAX_NODES] = {0};
    unsigned far[HOST_MAX_NODES] = {0};
    nodeset open = s->near[seed];
    struct choice c = choice_of(s, nodeset_of(seed));

    if (!set_suffices(s, open | nodeset_of(seed)))
        return;
    for (unsigned last = seed; !suffices(s, &c) && open;) {
        unsigned next = nodeset_first(open);

        for (nodeset rest = open; rest; rest &= rest - 1) {
            unsigned i = nodeset_first(rest);

            sum[i] += s->pair[last][i];
            if (s->far[last][i] > far[i])
                far[i] = s->far[last][i];
            if (far[i] < far[next] || (far[i] == far[next] && sum[i] < sum[next]))
                next = i;
        }
        c = choice_with(s, c, next);
        if (s->best.set && c.largest > s->best.largest)
            return;
        open &= s->near[next];
        last = next;
    }
    offer(s, &c);
}

static void grow_all(struct search *s) {
    unsigned found;

    limit_set(s, HOST_DISTANCE_UNKNOWN - 1);
    do {
        found = s->best.set ? s->best.largest : HOST_DISTANCE_UNKNOWN;
        for (unsigned seed = 0; seed < s->nr; seed++)
            grow(s, seed);
        if (s->best.set)
            limit_set(s, s->best.largest - 1);
    } while (s->best.set && s->best.largest < found && s->best.largest > HOST_DISTANCE_LOCAL);
}

// Offers all choices that differ from `from` by one node: dropped, added or exchanged.
static void neighbours_offer(struct search *s, const struct choice *from) {
    nodeset all = s->nr < HOST_MAX_NODES ? nodeset_of(s->nr) - 1 : ~0ULL;
    nodeset outside = all & ~from->set;

    for (nodeset add = outside; add; add &= add - 1) {
        struct choice c = choice_with(s, *from, nodeset_first(add));

        offer(s, &c);
    }
    for (nodeset drop = from->set; drop; drop &= drop - 1) {
        struct choice c = choice_of(s, from->set & ~(drop & -drop));

        offer(s, &c);
        for (nodeset add = outside; add; add &= add - 1) {
            struct choice exchanged = choice_with(s, c, nodeset_first(add));

            offer(s, &exchanged);
        }
    }
}

static void improve(struct search *s) {
    for (int round = 0; round < IMPROVE_ROUNDS; round++) {
        struct choice from = s->best;

        neighbours_offer(s, &from);
        if (s->best.set == from.set)
            return;
    }
}

// Visits all sets that consist of `c` and some of the nodes from `next` on.
static void prove(struct search *s, const struct choice *c, unsigned next) {
    for (; next < s->nr && s->steps; next++) {
        struct choice with;
        unsigned cost;

        if (c->pages + s->tail_pages[next] < s->need_pages ||
            c->cores + s->tail_cores[next] < s->need_cores)
            return;
        cost = nodeset_count(c->set) + 1;
        s->steps -= cost < s->steps ? cost : s->steps;
        with = choice_with(s, *c, next);
        if (with.largest >= HOST_DISTANCE_UNKNOWN ||
            (s->best.set && with.largest > s->best.largest))
            continue;
        offer(s, &with);
        prove(s, &with, next + 1);
    }
}

static void search_init(struct search *s, const struct pick_request *request) {
    const struct host *host = request->host;

    memset(s, 0, sizeof(*s));
    for (nodeset rest = request->candidates; rest; rest &= rest - 1) {
        unsigned id = nodeset_first(rest);

        s->id[s->nr] = (uint8_t)id;
        s->pages[s->nr] = request->available_pages[id];
        s->cores[s->nr++] = host->node[id].nr_cores;
    }
    for (unsigned i = 0; i < s->nr; i++) {
        for (unsigned j = 0; j < s->nr; j++) {
            uint8_t there = host->distance[s->id[i]][s->id[j]];
            uint8_t back = host->distance[s->id[j]][s->id[i]];

            s->pair[i][j] = (uint16_t)(there + back);
            s->far[i][j] = there > back ? there : back;
        }
    }
    for (unsigned i = s->nr; i-- > 0;) {
        s->tail_pages[i] = s->tail_pages[i + 1] + s->pages[i];
        s->tail_cores[i] = s->tail_cores[i + 1] + s->cores[i];
    }
    s->need_pages = request->nr_pages;
    s->need_cores = request->nr_cores < s->tail_cores[0] ? request->nr_cores : s->tail_cores[0];
}

static void search_run(struct search *s) {
    static const struct choice nothing;

    grow_all(s);
    if (s->best.set)
        improve(s);
    s->steps = PROOF_STEPS;
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
