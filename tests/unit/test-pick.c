// The choice of nodes, against all sets of small hosts and against a slow search on large ones.
//
// Both judges are written from the definition in pick.h alone: they evaluate a set from scratch,
// pair by pair, and know nothing of how pick.c goes about it.

#include "lib/numa/pick.h"
#include "tests/unit/numa-hosts.h"
#include "tests/unit/unit.h"

struct value {
    bool ok;          // memory and cores suffice, all distances known
    unsigned largest; // distance
    unsigned sum;     // of the distances of all ordered pairs
    unsigned nr;
    uint64_t memory;
};

static struct value evaluate(const struct pick_request *r, nodeset set, unsigned cores_wanted) {
    struct value v = {.nr = nodeset_count(set)};
    unsigned cores = 0;
    bool known = true;

    for (unsigned i = 0; i < HOST_MAX_NODES; i++) {
        if (!(set >> i & 1))
            continue;
        v.memory += r->available_pages[i];
        cores += r->host->node[i].nr_cores;
        for (unsigned j = 0; j < HOST_MAX_NODES; j++) {
            unsigned distance = set >> j & 1 ? r->host->distance[i][j] : 0;

            known = known && distance != HOST_DISTANCE_UNKNOWN;
            v.sum += distance;
            v.largest = distance > v.largest ? distance : v.largest;
        }
    }
    v.ok = known && set && v.memory >= r->nr_pages && cores >= cores_wanted;
    return v;
}

static bool lower_ids(nodeset a, nodeset b) {
    for (unsigned i = 0; i < HOST_MAX_NODES; i++)
        if ((a >> i & 1) != (b >> i & 1))
            return a >> i & 1;
    return false;
}

static double mean(const struct value *v) {
    return (double)v->sum / v->nr / v->nr;
}

static bool preferable(const struct value *a, nodeset set_a, const struct value *b, nodeset set_b) {
    if (a->ok != b->ok)
        return a->ok;
    if (a->largest != b->largest)
        return a->largest < b->largest;
    if (a->sum * b->nr * b->nr != b->sum * a->nr * a->nr)
        return a->sum * b->nr * b->nr < b->sum * a->nr * a->nr;
    if (a->memory != b->memory)
        return a->memory > b->memory;
    if (a->nr != b->nr)
        return a->nr < b->nr;
    return lower_ids(set_a, set_b);
}

// The cores that a set must have: those of all candidates if more are asked for.
static unsigned cores_wanted(const struct pick_request *r) {
    unsigned cores = 0;

    for (unsigned i = 0; i < HOST_MAX_NODES; i++)
        if (r->candidates >> i & 1)
            cores += r->host->node[i].nr_cores;
    return r->nr_cores < cores ? r->nr_cores : cores;
}

static nodeset best_of_all(const struct pick_request *r, unsigned cores) {
    struct value best = {.ok = false};
    nodeset best_set = 0;

    for (nodeset set = 1; set < 1ULL << r->host->nr_nodes; set++) {
        struct value v;

        if (set & ~r->candidates)
            continue;
        v = evaluate(r, set, cores);
        if (v.ok && (!best_set || preferable(&v, set, &best, best_set))) {
            best = v;
            best_set = set;
        }
    }
    return best_set;
}

static nodeset brute_force(const struct pick_request *r) {
    nodeset set = best_of_all(r, cores_wanted(r));

    return set ? set : best_of_all(r, 0);
}

static void available_fill(const struct host *host, uint64_t available[HOST_MAX_NODES]) {
    for (unsigned i = 0; i < HOST_MAX_NODES; i++)
        available[i] = host->node[i].free_pages;
}

static uint64_t free_pages(const struct host *host) {
    uint64_t pages = 0;

    for (unsigned i = 0; i < host->nr_nodes; i++)
        pages += host->node[i].free_pages;
    return pages;
}

// Some directions longer, some unknown.
static void distances_disturb(struct prng *prng, struct host *host) {
    for (unsigned i = 0; i < host->nr_nodes; i++)
        for (unsigned j = 0; j < host->nr_nodes; j++) {
            if (i == j || prng_below(prng, 4))
                continue;
            host->distance[i][j] =
                prng_below(prng, 3) ? HOST_DISTANCE_UNKNOWN : (uint8_t)(11 + prng_below(prng, 30));
        }
}

static void compare_with_all(struct prng *prng, enum host_shape shape, unsigned nr) {
    unsigned scale = prng_below(prng, 2) ? 4 : 100000; // few different sizes: many ties
    struct host host = hosts_make(prng, shape, nr, scale);
    uint64_t available[HOST_MAX_NODES];
    struct pick_request r = {.host = &host, .available_pages = available};

    if (!prng_below(prng, 3))
        distances_disturb(prng, &host);
    available_fill(&host, available);
    r.candidates = prng_next(prng) & ((1ULL << nr) - 1);
    if (prng_below(prng, 2))
        r.candidates = (1ULL << nr) - 1;
    r.nr_pages = prng_below(prng, (unsigned)free_pages(&host) + 2);
    r.nr_cores = prng_below(prng, 20);
    ck_assert_msg(pick_nodes(&r) == brute_force(&r), "%#lx, not %#lx of %#lx", pick_nodes(&r),
                  brute_force(&r), r.candidates);
}

START_TEST(test_brute_force_8) {
    struct prng prng = {.state = (uint64_t)_i};

    for (int round = 0; round < 500; round++)
        compare_with_all(&prng, (enum host_shape)(_i % SHAPE_NR), 1 + prng_below(&prng, 8));
}
END_TEST

START_TEST(test_brute_force_14) {
    struct prng prng = {.state = 100 + (uint64_t)_i};

    for (int round = 0; round < 3; round++)
        compare_with_all(&prng, (enum host_shape)(_i % SHAPE_NR), 14);
}
END_TEST

// --- large hosts ---

// Random changes, always to something better or as good: slow, simple, and often enough repeated.
static nodeset slow_climb(const struct pick_request *r, struct prng *prng, unsigned cores) {
    unsigned nr = r->host->nr_nodes;
    nodeset start = 1ULL << prng_below(prng, nr);
    nodeset set;
    struct value v;

    // From one node upwards, always the node that hurts least.
    while (!evaluate(r, start, cores).ok) {
        nodeset next = 0;
        struct value next_value = {.ok = false};

        for (unsigned i = 0; i < nr; i++) {
            nodeset with = start | 1ULL << i;
            struct value w = evaluate(r, with, 0);

            w.ok = true;
            if (with != start && (!next || preferable(&w, with, &next_value, next))) {
                next = with;
                next_value = w;
            }
        }
        start = next;
    }
    set = start;
    v = evaluate(r, set, cores);
    for (int idle = 0; idle < 3000; idle++) {
        nodeset other = set ^ 1ULL << prng_below(prng, nr);
        struct value w;

        for (unsigned more = prng_below(prng, 4); more > 0; more--)
            other ^= 1ULL << prng_below(prng, nr);
        w = evaluate(r, other, cores);
        if (w.ok && preferable(&w, other, &v, set)) {
            set = other;
            v = w;
            idle = 0;
        }
    }
    return set;
}

static nodeset slow_search(const struct pick_request *r, struct prng *prng, int climbs) {
    unsigned cores = cores_wanted(r);
    nodeset best = slow_climb(r, prng, cores);

    while (--climbs > 0) {
        nodeset set = slow_climb(r, prng, cores);
        struct value a = evaluate(r, set, cores);
        struct value b = evaluate(r, best, cores);

        if (preferable(&a, set, &b, best))
            best = set;
    }
    return best;
}

static struct pick_request large_request(struct prng *prng, const struct host *host,
                                         const uint64_t available[HOST_MAX_NODES]) {
    return (struct pick_request){.host = host,
                                 .candidates = ~0ULL,
                                 .available_pages = available,
                                 .nr_pages = free_pages(host) * (1 + prng_below(prng, 95)) / 100,
                                 .nr_cores = 1 + prng_below(prng, 60)};
}

// Of sets with the same largest distance the mean is within 5 % of the best one found. A host whose
// distances have no order at all may get a larger largest distance, but then too a mean like that.
START_TEST(test_large) {
    struct prng prng = {.state = 1000 + (uint64_t)_i};
    enum host_shape shape = (enum host_shape)(_i % SHAPE_NR);
    struct host host = hosts_make(&prng, shape, HOST_MAX_NODES, 100000);
    uint64_t available[HOST_MAX_NODES];
    struct pick_request r = large_request(&prng, &host, available);
    struct value picked;
    struct value found;

    available_fill(&host, available);
    picked = evaluate(&r, pick_nodes(&r), cores_wanted(&r));
    found = evaluate(&r, slow_search(&r, &prng, 8), cores_wanted(&r));
    ck_assert(picked.ok && found.ok);
    if (shape != SHAPE_RANDOM)
        ck_assert_uint_le(picked.largest, found.largest);
    if (picked.largest >= found.largest)
        ck_assert_msg(mean(&picked) <= 1.05 * mean(&found), "shape %d: %f, not %f", shape,
                      mean(&picked), mean(&found));
}
END_TEST

START_TEST(test_no_candidates) {
    struct host host = {.nr_nodes = 0};
    uint64_t available[HOST_MAX_NODES] = {0};
    struct pick_request r = {.host = &host, .available_pages = available};

    ck_assert_uint_eq(pick_nodes(&r), 0);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("pick");

    tcase_add_test(tcase, test_no_candidates);
    tcase_add_loop_test(tcase, test_brute_force_8, 0, 4 * SHAPE_NR);
    tcase_add_loop_test(tcase, test_brute_force_14, 0, SHAPE_NR);
    tcase_add_loop_test(tcase, test_large, 0, 6 * SHAPE_NR);
    tcase_set_timeout(tcase, 120);
    return unit_run("pick", tcase);
}
