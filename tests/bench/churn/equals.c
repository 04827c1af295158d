// Best fit: of placements for the same guest the one on whose nodes the least memory is left over.
// Steps of half a vCPU, or of one, per core: nodes that differ by less count as equally busy.

#include "tests/bench/churn/equals.h"

#include <stdbool.h>

#include "lib/numa/equals.h"
#include "lib/numa/host.h"

#define STEP (HOST_LOAD_VCPU / 2)
#define COARSE_STEP HOST_LOAD_VCPU

static enum equals_rule rule_in_use;

void equals_rule_set(enum equals_rule rule) {
    rule_in_use = rule;
}

static int compare(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

static uint64_t per_core(const struct equals *one) {
    return one->cores ? one->load / one->cores : 0;
}

static int compare_load(const struct equals *a, const struct equals *b) {
    switch (rule_in_use) {
    case EQUALS_STEPS_MOST:
    case EQUALS_STEPS_FIT:
        return compare(per_core(a) / STEP, per_core(b) / STEP);
    case EQUALS_COARSE_FIT:
        return compare(per_core(a) / COARSE_STEP, per_core(b) / COARSE_STEP);
    default:
        return compare(a->load, b->load);
    }
}

static int compare_pages(const struct equals *a, const struct equals *b) {
    switch (rule_in_use) {
    case EQUALS_VCPUS_FIT:
    case EQUALS_STEPS_FIT:
    case EQUALS_COARSE_FIT:
    case EQUALS_FIT:
        return compare(a->pages, b->pages);
    default:
        return compare(b->pages, a->pages);
    }
}

int equals_compare(const struct equals *a, const struct equals *b) {
    bool memory_first = rule_in_use == EQUALS_MOST || rule_in_use == EQUALS_FIT;
    int order = memory_first ? compare_pages(a, b) : compare_load(a, b);

    if (order)
        return order;
    return memory_first ? compare_load(a, b) : compare_pages(a, b);
}

int equals_compare_neighbours(uint64_t a_pages, uint64_t b_pages) {
    return rule_in_use == EQUALS_NEAR_LEAST ? compare(a_pages, b_pages) : compare(b_pages, a_pages);
}
