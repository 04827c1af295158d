// The fewest vCPUs come before any memory: guests that take hardly any would otherwise all run on
// the same node.
//
// Then the least memory: the guest goes where it fits best, and what is left in one place elsewhere
// can hold a guest that needs it. Whoever always takes the node with most memory makes all nodes
// equally full, and the next large guest finds room on none of them. Less than a GiB makes no
// difference to guests; there the most is taken, which leaves Xen more choice of extents.

#include "lib/numa/equals.h"

#include "lib/numa/host.h"

#define PAGES_PER_GIB (1024 * HOST_PAGES_PER_MIB)

static int compare(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

int equals_compare(const struct equals *a, const struct equals *b) {
    int order = compare(a->load, b->load);

    if (!order)
        order = compare(a->pages / PAGES_PER_GIB, b->pages / PAGES_PER_GIB);
    return order ? order : compare(b->pages, a->pages);
}

int equals_compare_neighbours(uint64_t a_pages, uint64_t b_pages) {
    return compare(b_pages, a_pages);
}
