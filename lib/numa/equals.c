// As long as the nodes have two cores for each vCPU, the fewest vCPUs decide, then the most memory.
// vCPUs come first: guests that take hardly any memory would otherwise all run on the same node.
// And guests that run anywhere count as no load, so memory in use is the only sign of them.
//
// Where more vCPUs are, nodes that differ by less than half a vCPU per core are as busy as each
// other, and the guest goes where it fits best, that is where the least memory is. What is left
// elsewhere, in one place, can hold a guest that needs it; whoever always takes the node with most
// memory makes all nodes equally full, and the next large guest finds room on none of them. Less
// than a GiB makes no difference to guests; there the most is taken, which gives Xen more choice.

#include "lib/numa/equals.h"

#include "lib/numa/host.h"

#define STEP (HOST_LOAD_VCPU / 2)
#define PAGES_PER_GIB (1024 * HOST_PAGES_PER_MIB)

static int compare(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

// How busy the nodes are, in steps of half a vCPU per core.
static uint64_t steps(const struct equals *one) {
    return one->cores ? one->load / one->cores / STEP : 0;
}

int equals_compare(const struct equals *a, const struct equals *b) {
    int order = compare(steps(a), steps(b));

    if (order)
        return order;
    if (steps(a))
        order = compare(a->pages / PAGES_PER_GIB, b->pages / PAGES_PER_GIB);
    else
        order = compare(a->load, b->load);
    return order ? order : compare(b->pages, a->pages);
}

int equals_compare_neighbours(uint64_t a_pages, uint64_t b_pages) {
    return compare(b_pages, a_pages);
}
