// Best fit: of placements for the same guest the one on whose nodes the least memory is left over.
// Steps of half a vCPU per core: nodes that differ by less count as equally busy.

#include "tests/bench/churn/equals.h"

#include <stdbool.h>

#include "lib/numa/equals.h"
#include "lib/numa/host.h"
#include "tests/bench/churn/production.h"

#define STEP (HOST_LOAD_VCPU / 2)
#define GIB (1024 * HOST_PAGES_PER_MIB)

static enum equals_rule rule_in_use;
static unsigned cores_in_use;

void equals_rule_set(enum equals_rule rule, unsigned cores) {
    rule_in_use = rule;
    cores_in_use = cores;
}

static int compare(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

static uint64_t per_core(const struct equals *one) {
    return one->load / cores_in_use;
}

static int compare_load(const struct equals *a, const struct equals *b) {
    switch (rule_in_use) {
    case EQUALS_STEPS_MOST:
    case EQUALS_STEPS_FIT:
    case EQUALS_STEPS_GIB:
        return compare(per_core(a) / STEP, per_core(b) / STEP);
    default:
        return compare(a->load, b->load);
    }
}

static int compare_pages(const struct equals *a, const struct equals *b) {
    switch (rule_in_use) {
    case EQUALS_STEPS_GIB:
    case EQUALS_VCPUS_GIB:
        if (a->pages / GIB != b->pages / GIB)
            return compare(a->pages / GIB, b->pages / GIB);
        return compare(b->pages, a->pages);
    case EQUALS_VCPUS_FIT:
    case EQUALS_STEPS_FIT:
    case EQUALS_FIT:
        return compare(a->pages, b->pages);
    default:
        return compare(b->pages, a->pages);
    }
}

int equals_compare(const struct equals *a, const struct equals *b) {
    bool memory_first = rule_in_use == EQUALS_MOST || rule_in_use == EQUALS_FIT;
    int order = memory_first ? compare_pages(a, b) : compare_load(a, b);

    if (rule_in_use == EQUALS_PRODUCTION)
        return production_compare(a, b);
    if (order)
        return order;
    return memory_first ? compare_load(a, b) : compare_pages(a, b);
}

int equals_compare_neighbours(uint64_t a_pages, uint64_t b_pages) {
    if (rule_in_use == EQUALS_PRODUCTION)
        return production_compare_neighbours(a_pages, b_pages);
    return rule_in_use == EQUALS_NEAR_LEAST ? compare(a_pages, b_pages) : compare(b_pages, a_pages);
}
