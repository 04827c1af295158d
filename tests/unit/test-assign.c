// Dividing guest frames: worked examples, and properties of random divisions.

#include "lib/numa/assign.h"
#include "tests/unit/prng.h"
#include "tests/unit/unit.h"

#include <string.h>

#define GIB ASSIGN_GIB_PAGES
#define NONE ASSIGN_NO_NODE

struct assign_case {
    const char *name;
    unsigned nr_interleaved;
    struct range range[4];
    struct {
        int node;
        uint64_t pages;
        unsigned tier;
    } supplier[5];
    struct piece piece[10]; // expected, in this order
};

// The first range may be a guest's memory below the VGA hole (0xa0 frames) and behind it.
static const struct assign_case cases[] = {
    {"fits on the first", 0, {{0, 1000}}, {{3, 2000, 0}, {1, 9, 1}}, {{3, 0, 1000, 1, 0}}},
    {"nothing to assign", 0, {{0, 0}}, {{0, 1, 0}}, {{0}}},
    {"border down to 2 MiB",
     0,
     {{0, 4096}},
     {{0, 1500, 0}, {1, 4000, 1}},
     {{0, 0, 1024, 1, 0}, {1, 1024, 3072, 1, 0}}},
    {"not when the next has no room",
     0,
     {{0, 4096}},
     {{0, 1500, 0}, {1, 2596, 1}},
     {{0, 0, 1500, 1, 0}, {1, 1500, 2596, 1, 0}}},
    {"not down to 1 GiB: it would cost locality",
     0,
     {{0, 4 * GIB}},
     {{0, GIB + 5120, 0}, {1, 4 * GIB, 1}},
     {{0, 0, GIB + 5120, 1, 0}, {1, GIB + 5120, 3 * GIB - 5120, 1, 0}}},
    {"down to 1 GiB between equals",
     0,
     {{0, 4 * GIB}},
     {{0, GIB + 5120, 7}, {1, 4 * GIB, 7}},
     {{0, 0, GIB, 1, 0}, {1, GIB, 3 * GIB, 1, 0}}},
    {"only as far as the equals go",
     0,
     {{0, 4 * GIB}},
     {{0, GIB + 5120, 7}, {1, 3 * GIB - 5120, 7}, {2, 4 * GIB, 8}},
     {{0, 0, GIB + 5120, 1, 0}, {1, GIB + 5120, 3 * GIB - 5120, 1, 0}}},
    {"not down to 1 GiB where a later 2 MiB border needs the slack",
     0,
     {{0, 4 * GIB}},
     {{0, GIB + 5120, 7}, {1, GIB + 300, 7}, {2, 2 * GIB - 200, 7}},
     {{0, 0, GIB + 5120, 1, 0},
      {1, GIB + 5120, GIB, 1, 0},
      {2, 2 * GIB + 5120, 2 * GIB - 5120, 1, 0}}},
    {"a rest below 2 MiB is left alone",
     0,
     {{0, 1024}},
     {{0, 300, 0}, {1, 2000, 1}},
     {{1, 0, 1024, 1, 0}}},
    {"unless it is needed",
     0,
     {{0, 1024}},
     {{0, 300, 0}, {1, 724, 1}},
     {{0, 0, 300, 1, 0}, {1, 300, 724, 1, 0}}},
    {"holes",
     0,
     {{0, 0xa0}, {0xc0, 0x340}, {0x1000, 0x1000}},
     {{0, 0xa0 + 0x340 + 0x210, 0}, {1, 0x2000, 1}},
     {{0, 0, 0xa0, 1, 0},
      {0, 0xc0, 0x340, 1, 0},
      {0, 0x1000, 0x200, 1, 0},
      {1, 0x1200, 0xe00, 1, 0}}},
    {"a border in front of a range",
     0,
     {{0, 0x200}, {0x1001, 0x1000}},
     {{0, 0x200 + 0x100, 0}, {1, 0x2000, 1}},
     {{0, 0, 0x200, 1, 0}, {1, 0x1001, 0x1000, 1, 0}}},
    {"without a node behind",
     0,
     {{0, 2048}},
     {{0, 1000, 0}, {NONE, 1048, 1}},
     {{0, 0, 1000, 1, 0}, {NONE, 1000, 1048, 1, 0}}},
    {"interleaved",
     2,
     {{0, 2048}},
     {{0, 4096, 0}, {1, 4096, 1}},
     {{0, 0, 512, 2, 1024}, {1, 512, 512, 2, 1024}}},
    {"interleaved, an odd one",
     2,
     {{0, 1536}},
     {{1, 4096, 0}, {0, 4096, 1}},
     {{1, 0, 512, 1, 0}, {0, 512, 512, 1, 0}, {1, 1024, 512, 1, 0}}},
    {"interleaved, whoever has least is next",
     2,
     {{0, 0xa0}, {0xc0, 0x740}},
     {{0, 4096, 0}, {1, 4096, 1}},
     {{0, 0, 0xa0, 1, 0},
      {1, 0xc0, 0x140, 1, 0},
      {0, 0x200, 0x200, 1, 0},
      {1, 0x400, 0x200, 1, 0},
      {0, 0x600, 0x200, 1, 0}}},
    {"interleaved, one runs out",
     2,
     {{0, 4096}},
     {{0, 1100, 0}, {1, 8192, 1}},
     {{0, 0, 512, 2, 1024}, {1, 512, 512, 2, 1024}, {1, 2048, 512, 4, 512}}},
    {"interleaved, then neighbours",
     2,
     {{0, 4096}},
     {{0, 1024, 0}, {1, 1024, 1}, {2, 2048, 2}},
     {{0, 0, 512, 2, 1024}, {1, 512, 512, 2, 1024}, {2, 2048, 2048, 1, 0}}},
    {"interleaved to the last page",
     2,
     {{0, 1100}},
     {{0, 600, 0}, {1, 500, 1}},
     {{0, 0, 512, 1, 0}, {0, 512, 88, 1, 0}, {1, 600, 500, 1, 0}}},
};

static struct assign_request case_request(const struct assign_case *c, struct supplier *list) {
    struct assign_request request = {
        .ranges = c->range, .suppliers = list, .nr_interleaved = c->nr_interleaved};

    while (request.nr_ranges < ARRAY_SIZE(c->range) && c->range[request.nr_ranges].nr_pages)
        request.nr_ranges++;
    while (request.nr_suppliers < ARRAY_SIZE(c->supplier) &&
           c->supplier[request.nr_suppliers].pages) {
        unsigned i = request.nr_suppliers++;

        list[i] = (struct supplier){.node = c->supplier[i].node,
                                    .pages = c->supplier[i].pages,
                                    .tier = c->supplier[i].tier};
    }
    return request;
}

START_TEST(test_case) {
    const struct assign_case *c = &cases[_i];
    struct supplier list[ARRAY_SIZE(c->supplier)];
    struct assign_request request = case_request(c, list);
    struct pieces pieces = {0};
    struct error err = {0};
    size_t nr = 0;

    while (nr < ARRAY_SIZE(c->piece) && c->piece[nr].nr_runs)
        nr++;
    ck_assert_int_eq(assign_pieces(&request, &pieces, &err), 0);
    for (size_t i = 0; i < pieces.nr && i < nr; i++) {
        const struct piece *is = &pieces.list[i];
        const struct piece *shall = &c->piece[i];

        ck_assert_msg(is->node == shall->node && is->gfn == shall->gfn &&
                          is->run_pages == shall->run_pages && is->nr_runs == shall->nr_runs &&
                          is->stride_pages == shall->stride_pages,
                      "%s: piece %zu: node %d gfn %lu: %lu * %lu / %lu", c->name, i, is->node,
                      is->gfn, is->run_pages, is->nr_runs, is->stride_pages);
    }
    ck_assert_msg(pieces.nr == nr, "%s: %zu pieces", c->name, pieces.nr);
    pieces_done(&pieces);
}
END_TEST

// --- properties ---

#define MAX_GFN 20000U
#define UNASSIGNED (-2)
#define HOLE (-3)

struct random_case {
    struct range range[6];
    struct supplier supplier[8];
    unsigned nr_interleaved;
    uint64_t need;
    uint64_t slack;       // what the suppliers have beyond that
    int node_of[MAX_GFN]; // where each frame went
};

static void random_ranges(struct prng *prng, struct random_case *c, size_t *nr) {
    unsigned gfn = prng_below(prng, 3) ? 0 : prng_below(prng, 700);

    for (unsigned i = 0; i < MAX_GFN; i++)
        c->node_of[i] = HOLE;
    for (*nr = 0; *nr < 1 + prng_below(prng, 6) && *nr < ARRAY_SIZE(c->range); ++*nr) {
        unsigned pages = 1 + prng_below(prng, prng_below(prng, 2) ? 600 : 3000);

        c->range[*nr] = (struct range){gfn, pages};
        c->need += pages;
        for (unsigned i = 0; i < pages; i++)
            c->node_of[gfn + i] = UNASSIGNED;
        gfn += pages + 1 + prng_below(prng, 200);
    }
}

static void random_suppliers(struct prng *prng, struct random_case *c, unsigned *nr) {
    uint64_t have = 0;
    unsigned tier = 0;

    *nr = 1 + prng_below(prng, 8);
    for (unsigned i = 0; i < *nr; i++) {
        uint64_t pages = 1 + prng_below(prng, 4000);

        if (i == *nr - 1 && have + pages < c->need)
            pages = c->need - have;
        tier += prng_below(prng, 2);
        c->supplier[i] = (struct supplier){.node = (int)i, .pages = pages, .tier = tier};
        have += pages;
    }
    c->slack = have - c->need;
    c->nr_interleaved = prng_below(prng, 2) ? prng_below(prng, *nr + 1) : 0;
}

// Notes whose each frame is; returns how many were a hole's or somebody's before.
static unsigned piece_apply(struct random_case *c, const struct piece *piece) {
    unsigned wrong = 0;

    for (uint64_t n = 0; n < piece->nr_runs * piece->run_pages; n++) {
        uint64_t gfn =
            piece->gfn + n / piece->run_pages * piece->stride_pages + n % piece->run_pages;

        if (gfn >= MAX_GFN || c->node_of[gfn] != UNASSIGNED)
            wrong++;
        else
            c->node_of[gfn] = piece->node;
    }
    return wrong;
}

// Every frame once, none in a hole.
static void pieces_apply(struct random_case *c, const struct pieces *pieces) {
    uint64_t total = 0;

    for (size_t i = 0; i < pieces->nr; i++) {
        const struct piece *piece = &pieces->list[i];

        ck_assert(piece->run_pages > 0 && piece->nr_runs > 0);
        ck_assert_uint_eq(piece_apply(c, piece), 0);
        total += piece->nr_runs * piece->run_pages;
    }
    ck_assert_uint_eq(total, c->need);
}

static void count_nodes(const struct random_case *c, uint64_t count[8]) {
    memset(count, 0, 8 * sizeof(*count));
    for (unsigned gfn = 0; gfn < MAX_GFN; gfn++)
        if (c->node_of[gfn] >= 0)
            count[c->node_of[gfn]]++;
}

// Whether 512 aligned frames around gfn are all memory, so that a superpage could be there.
static bool superpage_possible(const struct random_case *c, unsigned gfn) {
    unsigned start = gfn / 512 * 512;

    for (unsigned i = start; i < start + 512; i++)
        if (i >= MAX_GFN || c->node_of[i] == HOLE)
            return false;
    return true;
}

static unsigned cut_superpages(const struct random_case *c) {
    unsigned cut = 0;

    for (unsigned gfn = 1; gfn < MAX_GFN; gfn++)
        if (gfn % 512 && c->node_of[gfn] >= 0 && c->node_of[gfn - 1] >= 0 &&
            c->node_of[gfn] != c->node_of[gfn - 1] && superpage_possible(c, gfn))
            cut++;
    return cut;
}

// Contiguous: nodes ascend with the frames; each has its fill but for at most 511 pages, unless an
// equal stands in for it; no superpage is cut while there is slack.
static void check_contiguous(const struct random_case *c, unsigned nr, const uint64_t count[8]) {
    uint64_t left = c->need;
    unsigned descents = 0;
    int last = 0;

    for (unsigned gfn = 0; gfn < MAX_GFN; gfn++) {
        if (c->node_of[gfn] < 0)
            continue;
        descents += c->node_of[gfn] < last;
        last = c->node_of[gfn];
    }
    ck_assert_uint_eq(descents, 0);
    for (unsigned i = 0; i < nr; i++) {
        uint64_t full = c->supplier[i].pages < left ? c->supplier[i].pages : left;
        uint64_t with_equals = 0;
        uint64_t equals_pages = 0;

        for (unsigned j = i; j < nr && c->supplier[j].tier == c->supplier[i].tier; j++) {
            with_equals += count[j];
            equals_pages += c->supplier[j].pages;
        }
        if (equals_pages > left)
            equals_pages = left;
        ck_assert(count[i] + 511 >= full || with_equals + 511 >= equals_pages);
        left -= count[i];
    }
    if (c->slack >= 511ULL * nr)
        ck_assert_uint_eq(cut_superpages(c), 0);
}

// Interleaved: nobody who could still give a superpage is more than one behind another.
static void check_interleaved(const struct random_case *c, const uint64_t count[8]) {
    for (unsigned i = 0; i < c->nr_interleaved; i++)
        for (unsigned j = 0; j < c->nr_interleaved; j++)
            ck_assert(c->supplier[i].pages < count[i] + 512 || count[j] <= count[i] + 512);
}

START_TEST(test_properties) {
    struct prng prng = {.state = (uint64_t)_i};

    for (int round = 0; round < 400; round++) {
        struct random_case c = {.need = 0};
        struct assign_request request = {.ranges = c.range, .suppliers = c.supplier};
        struct pieces pieces = {0};
        struct error err = {0};
        uint64_t count[8];

        random_ranges(&prng, &c, &request.nr_ranges);
        random_suppliers(&prng, &c, &request.nr_suppliers);
        request.nr_interleaved = c.nr_interleaved;
        ck_assert_int_eq(assign_pieces(&request, &pieces, &err), 0);
        pieces_apply(&c, &pieces);
        count_nodes(&c, count);
        for (unsigned i = 0; i < request.nr_suppliers; i++)
            ck_assert_uint_le(count[i], c.supplier[i].pages);
        if (c.nr_interleaved)
            check_interleaved(&c, count);
        else
            check_contiguous(&c, request.nr_suppliers, count);
        pieces_done(&pieces);
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("assign");

    tcase_add_loop_test(tcase, test_case, 0, ARRAY_SIZE(cases));
    tcase_add_loop_test(tcase, test_properties, 0, 20);
    tcase_set_timeout(tcase, 60);
    return unit_run("assign", tcase);
}
