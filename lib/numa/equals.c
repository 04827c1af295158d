// The fewest vCPUs decide. They come first: guests that take hardly any memory would otherwise all
// run on the same node.
//
// Where nodes have as many, and at least one for two cores, the guest goes where it fits best, that
// is where the least memory is. What is left elsewhere, in one place, can hold a guest that needs
// it; whoever always takes the node with most memory makes all nodes equally full, and the next
// large guest finds room on none of them. On nodes with fewer vCPUs the most is taken: guests that
// run anywhere count as no vCPUs, so memory in use is the only sign of them.

#include "lib/numa/equals.h"

#include "lib/numa/host.h"

static int compare(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

// Whether the nodes have a vCPU for two cores, or more.
static bool is_busy(const struct equals *one) {
    return one->cores && 2 * one->load >= HOST_LOAD_VCPU * (uint64_t)one->cores;
}

int equals_compare(const struct equals *a, const struct equals *b) {
    int order = compare(a->load, b->load);

    if (!order)
        order = is_busy(a) - is_busy(b);
    if (!order)
        order = is_busy(a) ? compare(a->pages, b->pages) : compare(b->pages, a->pages);
    return order;
}

int equals_compare_neighbours(uint64_t a_pages, uint64_t b_pages) {
    return compare(b_pages, a_pages);
}
