// The guests that come to a host, one after the other: sizes and lifetimes.
#ifndef CHURN_ARRIVALS_H
#define CHURN_ARRIVALS_H

#include <stdint.h>

#include "tests/unit/prng.h"

struct arrival {
    unsigned vcpus;
    uint64_t mib;
    double hours; // that it lives
};

// Draws the next one; the same sequence from the same seed.
struct arrival arrivals_next(struct prng *prng);

// Draws one that is found on a host at a random moment, with the hours that it still lives.
struct arrival arrivals_present(struct prng *prng);

// The expected value of one arrival's memory, in MiB, vCPUs and hours.
struct arrival_means {
    double mib, vcpus, hours;
};
struct arrival_means arrivals_means(void);

#endif
