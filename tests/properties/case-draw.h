// Drawing the parts of a case.
#ifndef PROPERTIES_CASE_DRAW_H
#define PROPERTIES_CASE_DRAW_H

#include "tests/properties/case.h"

static inline unsigned below(struct test_case *c, unsigned n) {
    return prng_below(&c->prng, n);
}

static inline bool chance(struct test_case *c, unsigned percent) {
    return below(c, 100) < percent;
}

static inline unsigned between(struct test_case *c, unsigned low, unsigned high) {
    return low + below(c, high - low + 1);
}

// The guest's vCPUs and those of others, when the host is known.
void case_make_vcpus(struct test_case *c);

#endif
