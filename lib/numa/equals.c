// The fewest vCPUs come before the most memory: guests that take hardly any memory would otherwise
// all run on the node that has most of it.

#include "lib/numa/equals.h"

static int compare(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

int equals_compare(const struct equals *a, const struct equals *b) {
    int order = compare(a->load, b->load);

    return order ? order : compare(b->pages, a->pages);
}

int equals_compare_neighbours(uint64_t a_pages, uint64_t b_pages) {
    return compare(b_pages, a_pages);
}
