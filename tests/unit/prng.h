// Pseudo-random numbers for property tests: the same sequence from the same seed, everywhere.
#ifndef TESTS_PRNG_H
#define TESTS_PRNG_H

#include <stdint.h>

struct prng {
    uint64_t state; // the seed; any value
};

// splitmix64 (Steele, Lea, Flood 2014).
static inline uint64_t prng_next(struct prng *prng) {
    uint64_t z = prng->state += 0x9e3779b97f4a7c15ULL;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

// A number from 0 to n - 1, n > 0.
static inline unsigned prng_below(struct prng *prng, unsigned n) {
    return (unsigned)(prng_next(prng) % n);
}

#endif
