// Page sizes: whether there are as many superpages as the free lists at the start and the guest's
// layout allow.
//
// With locality each node is judged by itself: the frames that it supplies hold so many whole and
// aligned extents, and its free lists had so many. With numa-page-preference=superpage nodes are
// judged together: the best ones if they are only one, and all that are not needed for locality's
// sake and can therefore spare what they have. Only the borders between shares may cost extents.
// Where no node is named everything on the host counts.

#include "tests/properties/judge.h"

#include <inttypes.h>

#define GIB_ORDER 18
#define SUPERPAGE_ORDER 9

struct extents {
    uint64_t gib, superpages; // superpages beside those in the GiB
};

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

// Aligned extents of RAM that lie wholly on this node (id + 1), or on any if it is 0.
static uint64_t slots(const struct judgement *j, unsigned node, unsigned order) {
    const struct guest_truth *guest = &j->o->guest;
    uint64_t step = 1ULL << order, nr = 0;

    for (uint64_t gfn = 0; gfn + step <= guest->end; gfn += step) {
        uint64_t i = 0;

        while (i < step && guest->node[gfn + i] && expect_is_ram(j->ram, gfn + i) &&
               (!node || guest->node[gfn + i] == node))
            i++;
        nr += i == step;
    }
    return nr;
}

static uint64_t gib_of(const struct judgement *j, unsigned id, uint64_t pages) {
    uint64_t gib = least(j->before->free_gib[id], pages >> GIB_ORDER);

    return j->c->max_order < GIB_ORDER ? 0 : gib;
}

// All superpages that a node can give, those in its GiB included.
static uint64_t superpages_of(const struct judgement *j, unsigned id, uint64_t pages) {
    uint64_t all =
        j->before->free_superpages[id] + (j->before->free_gib[id] << (GIB_ORDER - SUPERPAGE_ORDER));

    return least(all, pages >> SUPERPAGE_ORDER);
}

// What is there at least; fewer GiB are made up for by superpages only where there are no GiB
// leaves.
static void compare(struct judgement *j, const char *where, struct extents have,
                    struct extents possible) {
    if (!j->c->hap_1gb) {
        possible.superpages += possible.gib << (GIB_ORDER - SUPERPAGE_ORDER);
        possible.gib = 0;
    }
    if (have.gib < possible.gib)
        WRONG(j, "%s: %" PRIu64 " extents of 1 GiB, %" PRIu64 " possible", where, have.gib,
              possible.gib);
    if ((have.gib << 9) + have.superpages < (possible.gib << 9) + possible.superpages)
        WRONG(j,
              "%s: %" PRIu64 " extents of 2 MiB, %" PRIu64 " possible beside %" PRIu64 " of 1 GiB",
              where, have.superpages, possible.superpages, possible.gib);
}

static struct extents bound(uint64_t gib_slots, uint64_t gib_free, uint64_t superpage_slots,
                            uint64_t superpages_free) {
    struct extents e = {.gib = least(gib_slots, gib_free)};
    uint64_t all = least(superpage_slots, superpages_free);

    e.superpages = all > e.gib << 9 ? all - (e.gib << 9) : 0;
    return e;
}

static void judge_each(struct judgement *j) {
    for (unsigned id = 0; id < CASE_MAX_IDS; id++) {
        uint64_t there = j->before->free_pages[id] - j->before->claimed_pages[id];
        struct extents possible;
        char where[32];

        if (!j->pages[id])
            continue;
        snprintf(where, sizeof(where), "node %u", id);
        possible = bound(slots(j, id + 1, GIB_ORDER), gib_of(j, id, there),
                         slots(j, id + 1, SUPERPAGE_ORDER), superpages_of(j, id, there));
        compare(j, where, (struct extents){j->leaves[id][0], j->leaves[id][1]}, possible);
    }
}

// `lost`: extents of each size that borders between nodes may cost.
static void judge_together(struct judgement *j, uint64_t nodes, uint64_t lost, bool all_free) {
    uint64_t gib = 0, superpages = 0, gib_slots = slots(j, 0, GIB_ORDER);
    uint64_t superpage_slots = slots(j, 0, SUPERPAGE_ORDER);
    struct extents have = {0};

    for (unsigned id = 0; id < CASE_MAX_IDS; id++) {
        uint64_t there = all_free ? j->before->free_pages[id] : j->e->available[id];

        have.gib += j->leaves[id][0];
        have.superpages += j->leaves[id][1];
        if (!(nodes >> id & 1))
            continue;
        gib += gib_of(j, id, there);
        superpages += superpages_of(j, id, there);
    }
    compare(j, "in all", have,
            bound(gib_slots - least(gib_slots, lost), gib,
                  superpage_slots - least(superpage_slots, lost), superpages));
}

// No superpage lies across two nodes unless memory is so scarce that every page of a node counts.
static void judge_borders(struct judgement *j) {
    uint64_t spare = expect_sum(j->e, j->e->allowed) - j->e->guest_pages;
    uint64_t whole = slots(j, 0, SUPERPAGE_ORDER), split = whole;

    if (spare < (uint64_t)__builtin_popcountll(j->e->allowed) * JUDGE_BORDER)
        return;
    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        split -= slots(j, id + 1, SUPERPAGE_ORDER);
    if (split)
        WRONG(j, "%" PRIu64 " superpages lie across nodes", split);
}

// The nodes that can give whatever superpages they have.
static uint64_t sparing(const struct judgement *j) {
    uint64_t needed = 0, nodes = j->e->allowed;

    for (unsigned i = 0; i < j->nr_tiers; i++) {
        if (expect_sum(j->e, needed) >= j->e->guest_pages)
            break;
        needed |= j->tier[i].nodes;
    }
    return __builtin_popcountll(needed) == 1 ? nodes : nodes & ~needed;
}

void judge_sizes(struct judgement *j) {
    unsigned used = 0;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        used += j->pages[id] != 0;
    if (j->e->hidden_claims || j->e->slack || j->e->unclear)
        return;
    if (j->e->nodeless) {
        judge_together(j, j->before->online, 0, true);
    } else if (!j->anywhere && j->c->superpage) {
        // What other nodes than the chosen ones may give where there is no fallback is not defined.
        if (j->c->policy != CASE_INTERLEAVE && j->nr_tiers &&
            !(j->e->automatic && (j->e->strict || j->c->fallback == CASE_NONE)))
            judge_together(j, sparing(j), used, false);
    } else if (!j->anywhere) {
        judge_each(j);
        judge_borders(j);
    }
}
