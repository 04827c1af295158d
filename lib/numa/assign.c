// The border between two nodes' shares costs a superpage when it lies within one, and it may cost
// pages of the better node when it is moved. Here is the rule that weighs these: 2 MiB alignment
// is always worth up to 511 pages of locality, 1 GiB alignment is worth none.
//
// A cursor walks the frames upwards and never returns, so every frame is assigned once by
// construction. Always true: the suppliers not yet used up have at least as many pages as are left.
// Moving a border down moves pages to later suppliers and is done only while that stays true;
// without slack the borders are exact.

#include "lib/numa/assign.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct cursor {
    const struct range *range; // the range it is in
    const struct range *end;
    uint64_t gfn;
    uint64_t left; // frames from here on, in all ranges
};

struct assignment {
    struct cursor at;
    struct supplier supplier[ASSIGN_MAX_SUPPLIERS]; // with the pages they still have
    unsigned nr_suppliers;
    struct pieces *pieces;
    struct error *err;
};

void pieces_done(struct pieces *pieces) {
    free(pieces->list);
    *pieces = (struct pieces){0};
}

static int piece_add(struct assignment *a, struct piece piece) {
    struct pieces *pieces = a->pieces;

    if (pieces->nr == pieces->capacity) {
        size_t capacity = pieces->capacity ? 2 * pieces->capacity : 16;
        struct piece *list = reallocarray(pieces->list, capacity, sizeof(*list));

        if (!list)
            return error_set(a->err, ENOMEM, "out of memory while planning");
        pieces->list = list;
        pieces->capacity = capacity;
    }
    pieces->list[pieces->nr++] = piece;
    return 0;
}

static uint64_t cursor_in_range(const struct cursor *at) {
    return at->left ? at->range->gfn + at->range->nr_pages - at->gfn : 0;
}

// Moves on by `pages` frames of the current range.
static void cursor_advance(struct cursor *at, uint64_t pages) {
    at->gfn += pages;
    at->left -= pages;
    while (at->range < at->end && at->gfn == at->range->gfn + at->range->nr_pages)
        if (++at->range < at->end)
            at->gfn = at->range->gfn;
}

static void cursor_init(struct cursor *at, const struct assign_request *request) {
    *at = (struct cursor){.range = request->ranges, .end = request->ranges + request->nr_ranges};
    for (size_t i = 0; i < request->nr_ranges; i++)
        at->left += request->ranges[i].nr_pages;
    if (request->nr_ranges) {
        at->gfn = request->ranges[0].gfn;
        cursor_advance(at, 0);
    }
}

// How many frames less than `take` from the cursor on end at a multiple of `align`, or at the
// beginning of the range in which they would have ended.
static uint64_t border_excess(const struct cursor *at, uint64_t take, uint64_t align) {
    struct cursor border = *at;
    uint64_t excess;

    while (take >= cursor_in_range(&border) && border.left) {
        take -= cursor_in_range(&border);
        cursor_advance(&border, cursor_in_range(&border));
    }
    excess = (border.gfn + take) % align;
    return excess < take ? excess : take;
}

// Pages of the suppliers behind `i`; with `tier_only` only of those next to it in the same tier.
static uint64_t later_pages(const struct assignment *a, unsigned i, bool tier_only) {
    uint64_t pages = 0;

    for (unsigned j = i + 1; j < a->nr_suppliers; j++) {
        const struct supplier *later = &a->supplier[j];

        if (later->node == ASSIGN_NO_NODE || (tier_only && later->tier != a->supplier[i].tier))
            break;
        pages += later->pages;
    }
    return pages;
}

// How many frames supplier i shall take, if it does not take all that are left. 1 GiB alignment
// must leave the slack that the later borders may need for 2 MiB alignment.
static uint64_t share_border(const struct assignment *a, unsigned i, uint64_t take) {
    uint64_t behind = a->at.left - take;
    uint64_t excess = border_excess(&a->at, take, ASSIGN_GIB_PAGES);
    uint64_t spare = (a->nr_suppliers - i) * (ASSIGN_SUPERPAGE_PAGES - 1);

    if (excess < take && behind + excess <= later_pages(a, i, true) &&
        behind + excess + spare <= later_pages(a, i, false))
        return take - excess;
    excess = border_excess(&a->at, take, ASSIGN_SUPERPAGE_PAGES);
    if (behind + excess <= later_pages(a, i, false))
        return take - excess;
    return take;
}

// Gives the next `take` frames to supplier i.
static int take_contiguous(struct assignment *a, unsigned i, uint64_t take) {
    struct supplier *supplier = &a->supplier[i];

    supplier->pages -= take;
    while (take) {
        uint64_t here = cursor_in_range(&a->at);
        uint64_t run = take < here ? take : here;
        int rc = piece_add(
            a, (struct piece){
                   .node = supplier->node, .gfn = a->at.gfn, .run_pages = run, .nr_runs = 1});

        if (rc)
            return rc;
        cursor_advance(&a->at, run);
        take -= run;
    }
    return 0;
}

static int assign_contiguous(struct assignment *a) {
    for (unsigned i = 0; i < a->nr_suppliers && a->at.left; i++) {
        uint64_t take = a->supplier[i].pages;
        int rc;

        take = take < a->at.left ? share_border(a, i, take) : a->at.left;
        rc = take_contiguous(a, i, take);
        if (rc)
            return rc;
    }
    return 0;
}

struct turns {
    unsigned nr; // suppliers that can still give a superpage, whoever gave least first
    unsigned supplier[HOST_MAX_NODES];
    uint64_t given[HOST_MAX_NODES]; // by index into assignment.supplier
};

static bool turn_before(const struct turns *turns, unsigned a, unsigned b) {
    if (turns->given[a] != turns->given[b])
        return turns->given[a] < turns->given[b];
    return a < b;
}

static void turns_sort(struct turns *turns) {
    for (unsigned i = 1; i < turns->nr; i++) {
        unsigned moved = turns->supplier[i];
        unsigned to = i;

        for (; to > 0 && turn_before(turns, moved, turns->supplier[to - 1]); to--)
            turns->supplier[to] = turns->supplier[to - 1];
        turns->supplier[to] = moved;
    }
}

static void turns_drop_spent(const struct assignment *a, struct turns *turns) {
    unsigned kept = 0;

    for (unsigned i = 0; i < turns->nr; i++)
        if (a->supplier[turns->supplier[i]].pages >= ASSIGN_SUPERPAGE_PAGES)
            turns->supplier[kept++] = turns->supplier[i];
    turns->nr = kept;
}

// How many times all suppliers in turn can give one superpage of the current range.
static uint64_t turns_full_rounds(const struct assignment *a, const struct turns *turns) {
    uint64_t rounds = cursor_in_range(&a->at) / ASSIGN_SUPERPAGE_PAGES / turns->nr;

    if (a->at.gfn % ASSIGN_SUPERPAGE_PAGES)
        return 0;
    for (unsigned i = 0; i < turns->nr; i++) {
        uint64_t superpages = a->supplier[turns->supplier[i]].pages / ASSIGN_SUPERPAGE_PAGES;

        if (superpages < rounds)
            rounds = superpages;
    }
    return rounds;
}

static int take_rounds(struct assignment *a, struct turns *turns, uint64_t rounds) {
    for (unsigned i = 0; i < turns->nr; i++) {
        struct supplier *supplier = &a->supplier[turns->supplier[i]];
        int rc = piece_add(
            a, (struct piece){.node = supplier->node,
                              .gfn = a->at.gfn + i * ASSIGN_SUPERPAGE_PAGES,
                              .run_pages = ASSIGN_SUPERPAGE_PAGES,
                              .nr_runs = rounds,
                              .stride_pages = rounds > 1 ? turns->nr * ASSIGN_SUPERPAGE_PAGES : 0});

        if (rc)
            return rc;
        supplier->pages -= rounds * ASSIGN_SUPERPAGE_PAGES;
        turns->given[turns->supplier[i]] += rounds * ASSIGN_SUPERPAGE_PAGES;
    }
    cursor_advance(&a->at, rounds * turns->nr * ASSIGN_SUPERPAGE_PAGES);
    return 0;
}

// Gives the frames up to the next multiple of 2 MiB or the end of the range to the first in turn.
static int take_turn(struct assignment *a, struct turns *turns) {
    uint64_t here = cursor_in_range(&a->at);
    uint64_t run = ASSIGN_SUPERPAGE_PAGES - a->at.gfn % ASSIGN_SUPERPAGE_PAGES;

    run = run < here ? run : here;
    turns->given[turns->supplier[0]] += run;
    return take_contiguous(a, turns->supplier[0], run);
}

static int assign_interleaved(struct assignment *a, unsigned nr) {
    struct turns turns = {.nr = nr};
    int rc = 0;

    for (unsigned i = 0; i < nr; i++)
        turns.supplier[i] = i;
    turns_drop_spent(a, &turns);
    while (!rc && a->at.left && turns.nr) {
        uint64_t rounds;

        turns_sort(&turns);
        rounds = turns_full_rounds(a, &turns);
        rc = rounds ? take_rounds(a, &turns, rounds) : take_turn(a, &turns);
        turns_drop_spent(a, &turns);
    }
    return rc;
}

int assign_pieces(const struct assign_request *request, struct pieces *pieces, struct error *err) {
    struct assignment a = {.nr_suppliers = request->nr_suppliers, .pieces = pieces, .err = err};
    int rc;

    cursor_init(&a.at, request);
    for (unsigned i = 0; i < request->nr_suppliers; i++)
        a.supplier[i] = request->suppliers[i];
    rc = assign_interleaved(&a, request->nr_interleaved);
    if (rc)
        return rc;
    return assign_contiguous(&a);
}
