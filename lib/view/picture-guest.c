// Frames are drawn to scale, holes included. Pieces that take turns would be finer than what can be
// seen: they lie above each other over the frames that they share. Below, the largest page that
// each part can have by its alignment.

#include "lib/view/picture-parts.h"

#include "lib/memory/extents.h"
#include "lib/util/range.h"
#include "lib/view/line.h"

#define BAR 56
#define SIZES 14          // height of the row of page sizes
#define HEIGHT 150        // with sizes, axis and holes
#define HEIGHT_OF_BAR 100 // without
#define PAGES_PER_GIB (1ULL << 18)

struct scale {
    const struct picture *picture;
    uint64_t top; // first frame behind the guest's memory
    double y;
    FILE *out;
};

static uint64_t piece_pages(const struct piece *piece) {
    return piece->run_pages * piece->nr_runs;
}

static uint64_t piece_end(const struct piece *piece) {
    return piece->gfn + (piece->nr_runs - 1) * piece->stride_pages + piece->run_pages;
}

static double x_of(const struct scale *scale, uint64_t gfn) {
    return PICTURE_LEFT + (double)gfn * (PICTURE_WIDTH - 2 * PICTURE_LEFT) / (double)scale->top;
}

static bool overlap(const struct piece *a, const struct piece *b) {
    return a->gfn < piece_end(b) && b->gfn < piece_end(a);
}

// Its place among the pieces that share its frames, and how many these are.
static unsigned turn_of(const struct picture *picture, size_t index, unsigned *ret_nr) {
    unsigned turn = 0;

    *ret_nr = 0;
    for (size_t i = 0; i < picture->nr_pieces; i++) {
        if (!overlap(&picture->pieces[i], &picture->pieces[index]))
            continue;
        turn += i < index;
        (*ret_nr)++;
    }
    return turn;
}

static void draw_piece(const struct scale *scale, size_t index) {
    const struct piece *piece = &scale->picture->pieces[index];
    unsigned nr, turn = turn_of(scale->picture, index, &nr);
    double left = x_of(scale, piece->gfn), right = x_of(scale, piece_end(piece));

    picture_memory(scale->out,
                   (struct picture_box){left, scale->y + (double)BAR * turn / nr, right - left,
                                        (double)BAR / nr},
                   piece->node, piece_pages(piece));
}

// --- page sizes ---

static void draw_size(const struct scale *scale, struct range range, enum extent_size size) {
    static const char *const texts[EXTENT_NR_SIZES] = {"1 GiB", "2 MiB", "4 KiB"};
    static const double opacities[EXTENT_NR_SIZES] = {0.75, 0.45, 0.15};
    double left = x_of(scale, range.gfn), right = x_of(scale, range.gfn + range.nr_pages);

    if (!range.nr_pages)
        return;
    fprintf(scale->out,
            "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\" class=\"o\" "
            "fill-opacity=\"%.2f\"/>\n",
            left, scale->y + BAR + 4, right - left, SIZES, opacities[size]);
    if (right - left > 40)
        picture_text(scale->out, (left + right) / 2, scale->y + BAR + 14.5, "c", "%s", texts[size]);
}

static void draw_sizes(const struct scale *scale, const struct piece *piece) {
    const struct range whole = {piece->gfn, piece_end(piece) - piece->gfn};
    struct range before, behind, rest[2];

    if (piece->nr_runs > 1) {
        draw_size(scale, whole, EXTENT_2M);
        return;
    }
    range_cut(whole, extent_order(EXTENT_1G), &rest[0], &before, &rest[1]);
    draw_size(scale, before, EXTENT_1G);
    for (int i = 0; i < 2; i++) {
        struct range middle;

        range_cut(rest[i], extent_order(EXTENT_2M), &before, &middle, &behind);
        draw_size(scale, before, EXTENT_4K);
        draw_size(scale, middle, EXTENT_2M);
        draw_size(scale, behind, EXTENT_4K);
    }
}

// --- holes ---

// The first piece that begins at or behind a frame; NULL: none.
static const struct piece *next_piece(const struct picture *picture, uint64_t gfn) {
    const struct piece *next = NULL;

    for (size_t i = 0; i < picture->nr_pieces; i++) {
        const struct piece *piece = &picture->pieces[i];

        if (piece->gfn >= gfn && (!next || piece->gfn < next->gfn))
            next = piece;
    }
    return next;
}

static uint64_t covered_to(const struct picture *picture, uint64_t gfn) {
    for (size_t i = 0; i < picture->nr_pieces; i++) {
        const struct piece *piece = &picture->pieces[i];

        if (piece->gfn <= gfn && piece_end(piece) > gfn) {
            gfn = piece_end(piece);
            i = (size_t)-1;
        }
    }
    return gfn;
}

static void draw_hole_text(const struct scale *scale, double x, uint64_t from, uint64_t to) {
    bool in_mib = from % HOST_PAGES_PER_MIB == 0 && to % HOST_PAGES_PER_MIB == 0;
    unsigned long long each = in_mib ? HOST_PAGES_PER_MIB : 1;

    picture_text(scale->out, x, scale->y + BAR + 46, "s", "hole: %llu to %llu %s",
                 from * (in_mib ? 1 : 4) / each, to * (in_mib ? 1 : 4) / each,
                 in_mib ? "MiB" : "KiB");
}

static void draw_holes(const struct scale *scale) {
    uint64_t gfn = covered_to(scale->picture, 0);
    const struct piece *next;
    double x = PICTURE_LEFT;

    while ((next = next_piece(scale->picture, gfn))) {
        double left = x_of(scale, gfn), right = x_of(scale, next->gfn);

        fprintf(scale->out,
                "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\" class=\"f\"/>\n", left,
                scale->y, right - left, BAR);
        draw_hole_text(scale, x, gfn, next->gfn);
        x += 220;
        gfn = covered_to(scale->picture, next->gfn);
    }
}

static void draw_axis(const struct scale *scale) {
    uint64_t step = PAGES_PER_GIB;

    while (scale->top / step > 12)
        step *= 2;
    for (uint64_t gfn = 0; gfn <= scale->top; gfn += step)
        picture_text(scale->out, x_of(scale, gfn), scale->y + BAR + 32, "s", "%llu GiB",
                     (unsigned long long)(gfn / PAGES_PER_GIB));
}

double picture_guest_height(const struct picture *picture) {
    if (!picture->nr_pieces)
        return 0;
    return picture->by_address ? HEIGHT : HEIGHT_OF_BAR;
}

void picture_guest(const struct picture *picture, double y, FILE *out) {
    struct scale scale = {.picture = picture, .y = y + 22, .out = out};

    for (size_t i = 0; i < picture->nr_pieces; i++) {
        uint64_t end = piece_end(&picture->pieces[i]);

        scale.top = end > scale.top ? end : scale.top;
    }
    picture_text(out, 16, y + 14, "t", "%s",
                 picture->by_address
                     ? "the guest's memory by address, and the largest pages that it can have"
                     : "the guest's memory by node; its addresses are not recorded");
    for (size_t i = 0; i < picture->nr_pieces; i++)
        draw_piece(&scale, i);
    if (!picture->by_address)
        return;
    for (size_t i = 0; i < picture->nr_pieces; i++)
        draw_sizes(&scale, &picture->pieces[i]);
    draw_holes(&scale);
    draw_axis(&scale);
}
