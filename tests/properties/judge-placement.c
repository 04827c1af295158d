// Locality: whether the nodes that come first were used up before those that come later.

#include "tests/properties/judge.h"

#include <inttypes.h>

// A node with at most so many pages of a guest is not one of its nodes.
#define NODE_STRAYS 4096

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
    unsigned nr = 0;

    if (j->e->unclear) // also about who may give
        return;
    for (unsigned id = 0; id < CASE_MAX_IDS; id++) {
        nr += j->pages[id] > 0;
        if (j->pages[id] > j->before->free_pages[id] + j->e->slack)
            WRONG(j, "node %u: %" PRIu64 " pages, but it had %" PRIu64, id, j->pages[id],
                  j->before->free_pages[id]);
        else if (named && j->pages[id] > j->e->available[id] + j->e->slack)
            WRONG(j, "node %u: %" PRIu64 " pages of %" PRIu64 " beyond claims and reserve", id,
                  j->pages[id], j->e->available[id]);
        if (named && !j->e->hidden_claims && j->pages[id] && !(j->e->allowed >> id & 1))
            WRONG(j, "node %u: %" PRIu64 " pages, but the policy does not allow it", id,
                  j->pages[id]);
    }
    if (j->c->max_nodes && nr > j->c->max_nodes)
        WRONG(j, "memory on %u nodes, %u are allowed", nr, j->c->max_nodes);
}

static void judge_anywhere(struct judgement *j) {
    uint64_t guest = j->e->guest_pages, have = expect_sum(j->e, j->e->allowed);
    uint64_t lacking = guest > have ? guest - have : 0;

    if (j->e->nodeless)
        lacking = guest;
    if (j->anywhere > lacking + j->e->slack || j->anywhere + j->e->slack < lacking)
        WRONG(j, "%" PRIu64 " pages from anywhere, not %" PRIu64, j->anywhere, lacking);
}

// Nobody has more than a superpage more than another who could still give one.
static void judge_even(struct judgement *j, uint64_t nodes) {
    for (unsigned a = 0; a < CASE_MAX_IDS; a++) {
        for (unsigned b = 0; b < CASE_MAX_IDS; b++) {
            if (!(nodes >> a & 1) || !(nodes >> b & 1) || j->pages[a] <= j->pages[b] + 512 ||
                j->e->high[b] < j->pages[b] + 512 + j->e->slack)
                continue;
            WRONG(j, "interleaved: node %u has %" PRIu64 " pages, node %u %" PRIu64 " of %" PRIu64,
                  a, j->pages[a], b, j->pages[b], j->e->available[b]);
        }
    }
}

static void judge_tiers(struct judgement *j) {
    uint64_t nodes = 0;

    for (unsigned i = 0; i < j->nr_tiers; i++) {
        const struct tier *tier = &j->tier[i];
        uint64_t could;

        nodes |= tier->nodes;
        could = least(expect_sum_high(j->e, nodes), j->e->guest_pages);
        // Nothing is kept for a border if all of the guest is here.
        if (could < j->e->guest_pages || i > 0)
            could -= least(could, borders(nodes));
        could -= least(could, j->e->slack * (uint64_t)__builtin_popcountll(nodes));
        if (sum(j, nodes) < could)
            WRONG(j, "tier %u: %" PRIu64 " pages so far, %" PRIu64 " possible", i, sum(j, nodes),
                  could);
        if (tier->even)
            judge_even(j, tier->nodes);
    }
}

// Nothing from below the DMA width while there is something above it, unless only these nodes may
// give at all. A node without CPUs may be so far away that it comes later, so it does not count.
static void judge_low(struct judgement *j) {
    uint64_t within_reach = 0, low = 0, lacking = 0, high;

    for (unsigned i = 0; i < j->nr_tiers; i++)
        within_reach |= j->tier[i].nodes;
    for (unsigned i = 0; i < j->c->nr; i++)
        if (!j->c->node[i].cpus)
            within_reach &= ~(1ULL << j->c->node[i].id);
    high = expect_sum_high(j->e, within_reach);
    if (high < j->e->guest_pages)
        lacking = j->e->guest_pages - high;
    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        low += j->pages[id] > j->e->high[id] ? j->pages[id] - j->e->high[id] : 0;
    if (low > lacking + borders(j->e->allowed) + j->e->slack)
        WRONG(j, "%" PRIu64 " pages below the DMA width, though only %" PRIu64 " were needed", low,
              lacking);
}

// With numa-page-preference=superpage a node that is not needed for its memory may give superpages,
// but no single pages while an earlier one has some left.
static void judge_superpage_tiers(struct judgement *j) {
    uint64_t nodes = 0, have;

    for (unsigned i = 0; i < j->nr_tiers; i++) {
        uint64_t singles = 0;

        have = expect_sum(j->e, nodes);
        for (unsigned id = 0; id < CASE_MAX_IDS; id++)
            singles += j->tier[i].nodes >> id & 1 ? j->leaves[id][2] : 0;
        if (have >= j->e->guest_pages && singles > borders(nodes) &&
            have >= sum(j, nodes) + singles + borders(nodes))
            WRONG(j,
                  "tier %u: %" PRIu64 " single pages, though earlier nodes have %" PRIu64 " left",
                  i, singles, have - sum(j, nodes));
        nodes |= j->tier[i].nodes;
    }
}

// The domain's node affinity: nodes with more than a few strays and a tenth of the guest, or the
// largest.
static void judge_node_affinity(struct judgement *j) {
    uint64_t wanted = 0, near = 0, most = 0, largest = 0;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++) {
        uint64_t pages = j->pages[id], tenth = j->e->guest_pages / 10;

        if (pages > NODE_STRAYS && pages >= tenth)
            wanted |= 1ULL << id;
        // The special pages may count, or not.
        if (pages + 64 >= tenth && pages <= tenth + 64)
            near |= 1ULL << id;
        if (pages + 64 >= NODE_STRAYS && pages <= NODE_STRAYS + 64)
            near |= 1ULL << id;
        if (pages > most)
            largest = 1ULL << id;
        most = pages > most ? pages : most;
    }
    wanted = wanted ? wanted : largest;
    if ((j->o->guest.node_affinity ^ wanted) & ~near)
        WRONG(j, "node affinity %#" PRIx64 ", not %#" PRIx64, j->o->guest.node_affinity, wanted);
}

// How far the rules go that are not the choice's own.
static bool has_order(const struct judgement *j) {
    return j->vcpus.known && !j->e->unclear && !j->c->max_nodes;
}

void judge_placement(struct judgement *j) {
    judge_limits(j);
    judge_anywhere(j);
    if (!j->e->nodeless && !j->e->flat && !j->anywhere)
        judge_node_affinity(j);
    if (j->e->nodeless || j->anywhere || j->e->hidden_claims || !has_order(j))
        return;
    j->nr_tiers = expect_tiers(j->c, j->e, j->vcpus.share, j->tier);
    if (j->c->superpage)
        judge_superpage_tiers(j);
    else if (!j->e->automatic)
        judge_tiers(j);
    if (!j->c->superpage && !j->e->strict && j->c->fallback != CASE_NONE)
        judge_low(j);
}
