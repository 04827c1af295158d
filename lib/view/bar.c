// What is there at all has at least one character, so that a small guest is not lost on a large
// node.

#include "lib/view/bar.h"

#include <stdio.h>

#define CELLS 20

// In UTF-8: a medium shade, a full block, a middle dot.
static const char shade[] = {(char)0xe2, (char)0x96, (char)0x92, '\0'};
static const char block[] = {(char)0xe2, (char)0x96, (char)0x88, '\0'};
static const char dot[] = {(char)0xc2, (char)0xb7, '\0'};

static unsigned cells(uint64_t part, uint64_t all, unsigned most) {
    unsigned nr = all ? (unsigned)((part * CELLS + all / 2) / all) : 0;

    nr = part && !nr ? 1 : nr;
    return nr < most ? nr : most;
}

static void add(struct view_bar *bar, size_t *used, const char *text, unsigned nr) {
    for (unsigned i = 0; i < nr && *used < sizeof(bar->s); i++)
        *used += (size_t)snprintf(bar->s + *used, sizeof(bar->s) - *used, "%s", text);
}

struct view_bar view_bar(const struct view_style *style, uint64_t all, uint64_t used,
                         uint64_t guest) {
    unsigned nr_guest = cells(guest, all, CELLS);
    unsigned nr_used = cells(used, all, CELLS - nr_guest);
    struct view_bar bar = {""};
    size_t at = 0;

    add(&bar, &at, style->utf8 ? shade : "#", nr_used);
    add(&bar, &at, "\033[32m", style->colour && nr_guest);
    add(&bar, &at, style->utf8 ? block : "=", nr_guest);
    add(&bar, &at, "\033[0m", style->colour && nr_guest);
    add(&bar, &at, style->utf8 ? dot : ".", CELLS - nr_used - nr_guest);
    return bar;
}
