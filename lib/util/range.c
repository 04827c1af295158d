// Frames are counted in 64 bits everywhere: a range of a 16 TiB guest has 2^32 of them.

#include "lib/util/range.h"

#include <errno.h>
#include <stdlib.h>

struct range range_overlap(struct range a, struct range b) {
    uint64_t a_end = a.gfn + a.nr_pages, b_end = b.gfn + b.nr_pages;
    uint64_t begin = a.gfn > b.gfn ? a.gfn : b.gfn;
    uint64_t end = a_end < b_end ? a_end : b_end;

    return (struct range){begin, end > begin ? end - begin : 0};
}

int ranges_add(struct ranges *ranges, uint64_t gfn, uint64_t nr_pages) {
    struct range *last = ranges->nr ? &ranges->list[ranges->nr - 1] : NULL;

    if (!nr_pages)
        return 0;
    if (last && last->gfn + last->nr_pages == gfn) {
        last->nr_pages += nr_pages;
        return 0;
    }
    if (!ranges->list || ranges->nr == ranges->capacity) {
        size_t capacity = ranges->capacity ? 2 * ranges->capacity : 8;
        struct range *list = reallocarray(ranges->list, capacity, sizeof(*list));

        if (!list)
            return -ENOMEM;
        ranges->list = list;
        ranges->capacity = capacity;
    }
    ranges->list[ranges->nr++] = (struct range){gfn, nr_pages};
    return 0;
}

static int compare_gfn(const void *a, const void *b) {
    const struct range *left = a, *right = b;

    return (left->gfn > right->gfn) - (left->gfn < right->gfn);
}

void ranges_normalise(struct ranges *ranges) {
    size_t nr = 0;

    if (!ranges->nr)
        return;
    qsort(ranges->list, ranges->nr, sizeof(*ranges->list), compare_gfn);
    for (size_t i = 1; i < ranges->nr; i++) {
        struct range *last = &ranges->list[nr];

        if (last->gfn + last->nr_pages == ranges->list[i].gfn)
            last->nr_pages += ranges->list[i].nr_pages;
        else
            ranges->list[++nr] = ranges->list[i];
    }
    ranges->nr = nr + 1;
}

int ranges_append(struct ranges *ranges, const struct ranges *from) {
    int rc = 0;

    for (size_t i = 0; i < from->nr && !rc; i++)
        rc = ranges_add(ranges, from->list[i].gfn, from->list[i].nr_pages);
    return rc;
}

uint64_t ranges_pages(const struct ranges *ranges) {
    uint64_t nr_pages = 0;

    for (size_t i = 0; i < ranges->nr; i++)
        nr_pages += ranges->list[i].nr_pages;
    return nr_pages;
}

void ranges_done(struct ranges *ranges) {
    free(ranges->list);
    *ranges = (struct ranges){0};
}

void range_cut(struct range range, unsigned order, struct range *head, struct range *extents,
               struct range *tail) {
    uint64_t size = 1ULL << order;
    uint64_t end = range.gfn + range.nr_pages;
    uint64_t first = (range.gfn + size - 1) & -size;
    uint64_t last = end & -size;

    if (first >= last) {
        *head = range;
        *extents = *tail = (struct range){end, 0};
        return;
    }
    *head = (struct range){range.gfn, first - range.gfn};
    *extents = (struct range){first, last - first};
    *tail = (struct range){last, end - last};
}
