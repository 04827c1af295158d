#include "tests/properties/expect.h"

#define MIB_PAGES 256ULL
#define LOW_LIMIT 0xf0000ULL // the MMIO hole begins here

struct rules {
    const struct test_case *c;
    const struct truth *truth;
    struct expectation *e;
    unsigned distance[CASE_MAX_IDS][CASE_MAX_IDS];
    unsigned cores[CASE_MAX_IDS];
    uint64_t online, usable, with_cpus;
    bool flat;
    bool strict;
};

struct ram expect_ram(const struct test_case *c) {
    uint64_t pages = c->mib * MIB_PAGES;
    uint64_t low = pages < LOW_LIMIT ? pages : LOW_LIMIT;

    return (struct ram){low, EXPECT_HIGH + pages - low};
}

bool expect_is_ram(struct ram ram, uint64_t gfn) {
    if (gfn >= EXPECT_VGA_FIRST && gfn < EXPECT_VGA_END)
        return false;
    return gfn < ram.low_end || (gfn >= EXPECT_HIGH && gfn < ram.high_end);
}

uint64_t expect_sum(const struct expectation *e, uint64_t nodes) {
    uint64_t sum = 0;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        sum += nodes >> id & 1 ? e->available[id] : 0;
    return sum;
}

// --- the host ---

static void read_host(struct rules *r) {
    const struct test_case *c = r->c;
    bool any_known = false, possible = true;

    for (unsigned i = 0; i < c->nr; i++) {
        unsigned id = c->node[i].id;

        r->online |= 1ULL << id;
        r->cores[id] = (c->node[i].cpus + c->threads_per_core - 1) / c->threads_per_core;
        if (c->node[i].cpus)
            r->with_cpus |= 1ULL << id;
        for (unsigned j = 0; j < c->nr; j++) {
            unsigned distance = c->distance[i][j];

            r->distance[id][c->node[j].id] = distance;
            if (i != j)
                any_known |= distance != CASE_UNKNOWN;
            possible &= (i == j) == (distance == 10) && distance >= 10;
        }
    }
    r->flat = c->nr > 1 && (!possible || !any_known);
}

// Usable: has memory, and another node reaches it.
static void find_usable(struct rules *r) {
    const struct test_case *c = r->c;

    for (unsigned i = 0; i < c->nr; i++) {
        bool reached = c->nr == 1 || r->flat;

        for (unsigned j = 0; j < c->nr; j++)
            reached |= i != j && c->distance[j][i] != CASE_UNKNOWN;
        if (c->node[i].mib && reached)
            r->usable |= 1ULL << c->node[i].id;
    }
}

static void find_available(struct rules *r) {
    uint64_t reserve = r->c->reserve_mib * MIB_PAGES;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++) {
        uint64_t taken = r->truth->claimed_pages[id] + reserve;

        r->e->hidden_claims |= r->truth->claimed_pages[id] != 0;
        if (r->online >> id & 1 && r->truth->free_pages[id] > taken)
            r->e->available[id] = r->truth->free_pages[id] - taken;
    }
}

// --- the best set ---

struct score {
    unsigned largest, sum, nr;
    uint64_t pages;
    unsigned cores;
};

// False if two of the nodes do not know each other.
static bool score_set(const struct rules *r, uint64_t set, struct score *ret) {
    *ret = (struct score){.pages = expect_sum(r->e, set)};
    for (unsigned i = 0; i < CASE_MAX_IDS; i++) {
        if (!(set >> i & 1))
            continue;
        ret->nr++;
        ret->cores += r->cores[i];
        for (unsigned j = 0; j < CASE_MAX_IDS; j++) {
            if (!(set >> j & 1))
                continue;
            if (r->distance[i][j] == CASE_UNKNOWN)
                return false;
            if (r->distance[i][j] > ret->largest)
                ret->largest = r->distance[i][j];
            ret->sum += r->distance[i][j];
        }
    }
    return true;
}

static bool beats(const struct score *a, uint64_t a_set, const struct score *b, uint64_t b_set) {
    uint64_t a_mean = (uint64_t)a->sum * b->nr * b->nr, b_mean = (uint64_t)b->sum * a->nr * a->nr;
    uint64_t differ = a_set ^ b_set;

    if (!b_set || a->largest != b->largest)
        return !b_set || a->largest < b->largest;
    if (a_mean != b_mean)
        return a_mean < b_mean;
    if (a->pages != b->pages)
        return a->pages > b->pages;
    if (a->nr != b->nr)
        return a->nr < b->nr;
    return a_set & differ & -differ;
}

static uint64_t best_with_cores(const struct rules *r, uint64_t from, unsigned cores) {
    struct score best_score = {0}, score;
    uint64_t best = 0;

    // All subsets, each from the one before.
    for (uint64_t set = from; set; set = (set - 1) & from) {
        if (!score_set(r, set, &score) || score.pages < r->e->guest_pages || score.cores < cores)
            continue;
        if (beats(&score, set, &best_score, best)) {
            best = set;
            best_score = score;
        }
    }
    return best;
}

static uint64_t best_set(const struct rules *r, uint64_t from) {
    unsigned all = 0;
    uint64_t best;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        all += from >> id & 1 ? r->cores[id] : 0;
    best = best_with_cores(r, from, r->c->vcpus < all ? r->c->vcpus : all);
    return best ? best : best_with_cores(r, from, 0);
}

// --- tiers ---

static void add_tier(struct rules *r, struct tier tier) {
    tier.nodes &= r->usable;
    if (!tier.nodes)
        return;
    r->e->tier[r->e->nr_tiers++] = tier;
    r->e->allowed |= tier.nodes;
}

// Fallback nodes, by the sum of the distances from all preferred ones; those that none of them
// reaches are no fallback.
static void add_fallback(struct rules *r, uint64_t preferred) {
    uint64_t left = r->usable & ~preferred;

    if (r->strict || r->c->fallback == CASE_NONE)
        return;
    if (r->c->fallback == CASE_SOME)
        left &= r->c->fallback_nodes;
    for (unsigned sum = 0; left && sum <= CASE_MAX_IDS * CASE_UNKNOWN; sum++) {
        uint64_t tier = 0;

        for (unsigned to = 0; to < CASE_MAX_IDS; to++) {
            unsigned total = 0, known = 0;

            for (unsigned from = 0; left >> to & 1 && from < CASE_MAX_IDS; from++) {
                if (!(preferred >> from & 1))
                    continue;
                total += r->flat ? 10 : r->distance[from][to];
                known += r->flat || r->distance[from][to] != CASE_UNKNOWN;
            }
            if (known && total == sum)
                tier |= 1ULL << to;
        }
        left &= ~tier;
        add_tier(r, (struct tier){.nodes = tier});
    }
}

static void prefer_named(struct rules *r) {
    const struct test_case *c = r->c;
    bool even = c->policy == CASE_INTERLEAVE;
    uint64_t all = 0;

    for (unsigned i = 0; i < c->nr_named; i++) {
        all |= 1ULL << c->named[i];
        if (!even)
            add_tier(r, (struct tier){.nodes = 1ULL << c->named[i], .in_turn = true});
    }
    if (even)
        add_tier(r, (struct tier){.nodes = all, .even = true});
    r->e->wrong |= (all & ~r->online) != 0;
    r->e->wrong |= r->strict && (all & ~r->usable);
    r->e->most_preferred = (int)c->named[0];
    add_fallback(r, all);
}

static void prefer_affinity(struct rules *r, uint64_t nodes) {
    uint64_t best = r->flat ? 0 : best_set(r, nodes & r->usable);
    bool even = r->c->policy == CASE_INTERLEAVE;

    if (even) {
        add_tier(r, (struct tier){.nodes = nodes, .even = true});
    } else {
        add_tier(r, (struct tier){.nodes = best, .in_turn = true});
        add_tier(r, (struct tier){.nodes = nodes & ~best, .in_turn = true});
    }
    add_fallback(r, nodes);
}

static void prefer_best(struct rules *r) {
    uint64_t best = r->flat ? 0 : best_set(r, r->usable);

    if (!best) {
        // On a flat host everything is as good; else no nodes that know each other have the memory.
        r->e->nodeless = r->flat || r->e->last_resort;
        return;
    }
    add_tier(r, (struct tier){.nodes = best, .in_turn = true});
    add_fallback(r, best);
}

static void find_tiers(struct rules *r) {
    const struct test_case *c = r->c;
    uint64_t affinity = r->with_cpus & ~c->affinity ? c->affinity & r->online : 0;

    // -mem_pnode brings strict with it where neither policy nor fallback is set.
    r->strict = c->policy == CASE_STRICT ||
                (c->by_option && c->policy == CASE_AUTO && c->fallback == CASE_NEAREST);
    r->e->last_resort = !r->strict && c->fallback == CASE_NEAREST;
    r->e->wrong = c->fallback == CASE_SOME && (c->fallback_nodes & ~r->online);
    if (c->policy == CASE_ANY)
        r->e->nodeless = true;
    else if (c->nr_named)
        prefer_named(r);
    else if (affinity)
        prefer_affinity(r, affinity);
    else if (c->policy == CASE_INTERLEAVE)
        add_tier(r, (struct tier){.nodes = r->usable, .even = true});
    else
        prefer_best(r);
}

void expect(const struct test_case *c, const struct truth *before, struct expectation *ret) {
    struct rules r = {.c = c, .truth = before, .e = ret};
    struct ram ram = expect_ram(c);
    uint64_t host, claimed = before->claimed_nodeless;

    *ret = (struct expectation){.guest_pages = ram.low_end - (EXPECT_VGA_END - EXPECT_VGA_FIRST) +
                                               ram.high_end - EXPECT_HIGH,
                                .most_preferred = -1};
    read_host(&r);
    find_usable(&r);
    find_available(&r);
    find_tiers(&r);
    host = expect_sum(ret, r.online);
    host = host > claimed ? host - claimed : 0;
    ret->flat = r.flat || c->nr == 1;
    ret->capacity = expect_sum(ret, ret->allowed);
    if (ret->last_resort || ret->nodeless || ret->capacity > host)
        ret->capacity = host;
}
