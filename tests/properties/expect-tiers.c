// In which order nodes supply memory, once it is known where the vCPUs are.

#include "tests/properties/expect.h"

#include <math.h>

struct tiers {
    const struct test_case *c;
    const struct expectation *e;
    struct tier *tier;
    unsigned nr;
};

static void add(struct tiers *t, struct tier tier) {
    if (tier.nodes)
        t->tier[t->nr++] = tier;
}

// The nearest first, equally near ones together.
static void add_by_distance(struct tiers *t, const double share[CHOICE_MAX_NODES], uint64_t left) {
    while (left) {
        double nearest = INFINITY, distance;
        uint64_t tier = 0;

        for (unsigned i = 0; i < t->c->nr; i++) {
            uint64_t node = 1ULL << t->c->node[i].id;

            if (!(left & node) || !choice_distance(&t->e->host, share, i, &distance))
                continue;
            if (distance < nearest - 1e-9)
                tier = 0;
            if (distance < nearest - 1e-9)
                nearest = distance;
            if (fabs(distance - nearest) <= 1e-9)
                tier |= node;
        }
        if (!tier)
            return;
        add(t, (struct tier){.nodes = tier});
        left &= ~tier;
    }
}

unsigned expect_tiers(const struct test_case *c, const struct expectation *e,
                      const double share[CHOICE_MAX_NODES], struct tier ret[CASE_MAX_IDS]) {
    struct tiers t = {.c = c, .e = e, .tier = ret};
    uint64_t named = 0;

    for (unsigned i = 0; i < e->nr_named; i++) {
        add(&t, (struct tier){.nodes = e->named[i], .even = e->even});
        named |= e->named[i];
    }
    add_by_distance(&t, share, e->allowed & ~named);
    return t.nr;
}
