// Locality: whether the nodes that come first were used up before those that come later.

#include "tests/properties/judge.h"

#include <inttypes.h>

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t sum(const struct judgement *j, uint64_t nodes) {
    uint64_t pages = 0;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        pages += nodes >> id & 1 ? j->pages[id] : 0;
    return pages;
}

// What a node may keep because others meet it: one border for each.
static uint64_t borders(uint64_t nodes) {
    return (uint64_t)__builtin_popcountll(nodes) * JUDGE_BORDER;
}

// No node gives more than it has, nor, where we name nodes, what is claimed or reserved.
static void judge_limits(struct judgement *j) {
    bool named = !j->anywhere && !j->e->nodeless;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++) {
        if (j->pages[id] > j->before->free_pages[id])
            WRONG(j, "node %u: %" PRIu64 " pages, but it had %" PRIu64, id, j->pages[id],
                  j->before->free_pages[id]);
        else if (named && j->pages[id] > j->e->available[id])
            WRONG(j, "node %u: %" PRIu64 " pages of %" PRIu64 " beyond claims and reserve", id,
                  j->pages[id], j->e->available[id]);
        if (named && !j->e->hidden_claims && j->pages[id] && !(j->e->allowed >> id & 1))
            WRONG(j, "node %u: %" PRIu64 " pages, but the policy does not allow it", id,
                  j->pages[id]);
    }
}

static void judge_anywhere(struct judgement *j) {
    uint64_t guest = j->e->guest_pages, have = expect_sum(j->e, j->e->allowed);
    uint64_t lacking = guest > have ? guest - have : 0;

    if (j->e->nodeless)
        lacking = guest;
    if (j->anywhere != lacking)
        WRONG(j, "%" PRIu64 " pages from anywhere, not %" PRIu64, j->anywhere, lacking);
}

static void judge_in_turn(struct judgement *j, uint64_t nodes) {
    unsigned nr = 0;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        nr += nodes >> id & 1 && j->pages[id] && j->pages[id] + JUDGE_BORDER < j->e->available[id];
    if (nr > 1)
        WRONG(j, "%u nodes of the same tier are used in part", nr);
}

// Nobody has more than a superpage more than another who could still give one.
static void judge_even(struct judgement *j, uint64_t nodes) {
    for (unsigned a = 0; a < CASE_MAX_IDS; a++) {
        for (unsigned b = 0; b < CASE_MAX_IDS; b++) {
            if (!(nodes >> a & 1) || !(nodes >> b & 1) || j->pages[a] <= j->pages[b] + 512 ||
                j->e->available[b] < j->pages[b] + 512)
                continue;
            WRONG(j, "interleaved: node %u has %" PRIu64 " pages, node %u %" PRIu64 " of %" PRIu64,
                  a, j->pages[a], b, j->pages[b], j->e->available[b]);
        }
    }
}

static void judge_tiers(struct judgement *j) {
    uint64_t nodes = 0;

    for (unsigned i = 0; i < j->e->nr_tiers; i++) {
        const struct tier *tier = &j->e->tier[i];
        uint64_t could;

        nodes |= tier->nodes;
        could = least(expect_sum(j->e, nodes), j->e->guest_pages);
        // Nothing is kept for a border if all of the guest is here.
        if (could < j->e->guest_pages || i > 0)
            could -= least(could, borders(nodes));
        if (sum(j, nodes) < could)
            WRONG(j, "tier %u: %" PRIu64 " pages so far, %" PRIu64 " possible", i, sum(j, nodes),
                  could);
        if (tier->in_turn)
            judge_in_turn(j, tier->nodes);
        if (tier->even)
            judge_even(j, tier->nodes);
    }
}

// With numa-page-preference=superpage a node that is not needed for its memory may give superpages,
// but no single pages while an earlier one has some left.
static void judge_superpage_tiers(struct judgement *j) {
    uint64_t nodes = 0, have;

    for (unsigned i = 0; i < j->e->nr_tiers; i++) {
        uint64_t singles = 0;

        have = expect_sum(j->e, nodes);
        for (unsigned id = 0; id < CASE_MAX_IDS; id++)
            singles += j->e->tier[i].nodes >> id & 1 ? j->leaves[id][2] : 0;
        if (have >= j->e->guest_pages && singles > borders(nodes) &&
            have >= sum(j, nodes) + singles + borders(nodes))
            WRONG(j,
                  "tier %u: %" PRIu64 " single pages, though earlier nodes have %" PRIu64 " left",
                  i, singles, have - sum(j, nodes));
        nodes |= j->e->tier[i].nodes;
    }
}

void judge_placement(struct judgement *j) {
    judge_limits(j);
    judge_anywhere(j);
    if (j->e->nodeless || j->anywhere || j->e->hidden_claims)
        return;
    if (j->c->superpage)
        judge_superpage_tiers(j);
    else
        judge_tiers(j);
}
