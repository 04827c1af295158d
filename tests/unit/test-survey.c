// What a survey becomes when nodes have refused memory that looked free.
//
// The judge counts from the figures alone: what the host has for a domain is what is free on all
// nodes, less what others have claimed on nodes and on none. Hiding nodes may not make that more,
// nor take anything from the nodes that have refused nothing.

#include <stdint.h>

#include "lib/claim/survey.h"
#include "tests/unit/prng.h"
#include "tests/unit/unit.h"

#define NR_NODES 6

static uint64_t minus(uint64_t a, uint64_t b) {
    return a > b ? a - b : 0;
}

static uint64_t has(const struct survey *s, unsigned node) {
    return minus(s->host.node[node].free_pages,
                 minus(s->host.node[node].claimed_pages, s->own_node_pages[node]));
}

static uint64_t has_in(const struct survey *s, nodeset set) {
    uint64_t sum = 0;

    for (unsigned node = 0; node < NR_NODES; node++)
        sum += nodeset_has(set, node) ? has(s, node) : 0;
    return sum;
}

static uint64_t others(const struct survey *s) {
    return minus(s->host.claimed_pages, s->own_nodeless_pages);
}

static struct survey make(struct prng *prng) {
    struct survey s = {.host.nr_nodes = NR_NODES};

    for (unsigned node = 0; node < NR_NODES; node++) {
        struct host_node *n = &s.host.node[node];

        n->online = true;
        n->size_pages = 1000;
        n->free_pages = prng_below(prng, 1001);
        n->claimed_pages = prng_below(prng, 2) ? prng_below(prng, 800) : 0;
        s.own_node_pages[node] =
            prng_below(prng, 4) ? 0 : prng_below(prng, (unsigned)n->claimed_pages + 1);
    }
    s.host.claimed_pages = prng_below(prng, 4000);
    s.own_nodeless_pages =
        prng_below(prng, 2) ? 0 : prng_below(prng, (unsigned)s.host.claimed_pages + 1);
    return s;
}

START_TEST(test_refused_nodes) {
    const nodeset all = (1U << NR_NODES) - 1;
    struct prng prng = {.state = (uint64_t)_i + 1};

    for (int round = 0; round < 2000; round++) {
        struct survey s = make(&prng);
        nodeset refused = prng_below(&prng, all + 1);
        struct survey without = survey_without(&s, refused);
        struct survey rest = survey_with_rest(&s, refused);
        uint64_t total = minus(has_in(&s, all), others(&s));
        uint64_t left = minus(total, has_in(&s, all & ~refused));

        for (unsigned node = 0; node < NR_NODES; node++) {
            if (nodeset_has(refused, node)) {
                ck_assert_uint_eq(without.host.node[node].free_pages, 0);
                ck_assert_uint_le(has(&rest, node), left);
                ck_assert_uint_le(has(&rest, node), has(&s, node));
            } else {
                ck_assert_uint_eq(has(&without, node), has(&s, node));
                ck_assert_uint_eq(has(&rest, node), has(&s, node));
            }
        }
        // As much as before, as long as others' claims are no more than what the nodes hide.
        ck_assert_uint_le(minus(has_in(&rest, all), others(&rest)), total);
        if (left)
            ck_assert_uint_eq(minus(has_in(&rest, all), others(&rest)), total);
    }
}
END_TEST

// Three of four nodes are claimed but for a sliver, and nobody says which: the guest fits the
// fourth.
START_TEST(test_three_claimed_nodes) {
    struct survey s = {.host.nr_nodes = 4};
    struct survey without;

    for (unsigned node = 0; node < 4; node++)
        s.host.node[node] = (struct host_node){.online = true, .free_pages = 16384U};
    s.host.claimed_pages = 3ULL * 16200;
    without = survey_without(&s, 0x7);
    ck_assert_uint_eq(has_in(&without, 0xf), 16384);
    ck_assert_uint_eq(others(&without), 0);
    // All four refuse: together they have what the sum leaves.
    ck_assert_uint_eq(has(&(struct survey[]){survey_with_rest(&s, 0xf)}[0], 2), 16384);
    // The three: 184 each, which is known of all of them together only.
    ck_assert_uint_eq(has(&(struct survey[]){survey_with_rest(&s, 0x7)}[0], 0), 3ULL * 184);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("survey");

    tcase_add_loop_test(tcase, test_refused_nodes, 0, 4);
    tcase_add_test(tcase, test_three_claimed_nodes);
    return unit_run("survey", tcase);
}
