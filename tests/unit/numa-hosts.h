// Hosts for tests and benchmarks of planning: regular ones and random ones.
#ifndef TESTS_NUMA_HOSTS_H
#define TESTS_NUMA_HOSTS_H

#include <stdlib.h>

#include "lib/numa/host.h"
#include "tests/unit/prng.h"

enum host_shape {
    SHAPE_UNIFORM, // 10 and 20
    SHAPE_RING,    // 10 more for every step
    SHAPE_MESH,    // 8 nodes wide, 5 more for every step
    SHAPE_NESTED,  // 4 nodes a socket, 4 sockets a board: 12, 20, 32
    SHAPE_FEW,     // random, few values: many ties
    SHAPE_RANDOM,  // random, symmetric: no order whatever
    SHAPE_NR
};

static inline unsigned hosts_distance(struct prng *prng, enum host_shape shape, int nr, int i,
                                      int j) {
    int steps = abs(i - j);

    switch (shape) {
    case SHAPE_UNIFORM:
        return 20;
    case SHAPE_RING:
        steps = steps < nr - steps ? steps : nr - steps;
        return steps < 24 ? 10 + 10 * (unsigned)steps : 250;
    case SHAPE_MESH:
        return 10 + 5 * (unsigned)(abs(i / 8 - j / 8) + abs(i % 8 - j % 8));
    case SHAPE_NESTED:
        return i / 4 == j / 4 ? 12 : i / 16 == j / 16 ? 20 : 32;
    case SHAPE_FEW:
        return 11 + 5 * prng_below(prng, 4);
    default:
        return 11 + prng_below(prng, 190);
    }
}

// A host of `nr` nodes with up to `max_pages` each, all online, some partly full.
static inline struct host hosts_make(struct prng *prng, enum host_shape shape, unsigned nr,
                                     unsigned max_pages) {
    struct host host = {.nr_nodes = nr};

    for (unsigned i = 0; i < nr; i++) {
        struct host_node *node = &host.node[i];

        node->online = true;
        node->size_pages = max_pages;
        node->free_pages = prng_below(prng, 3) ? prng_below(prng, max_pages + 1) : max_pages;
        node->nr_cores = 1 + prng_below(prng, 4);
        node->nr_cpus = 2 * node->nr_cores;
        host.distance[i][i] = HOST_DISTANCE_LOCAL;
        for (unsigned j = 0; j < i; j++)
            host.distance[i][j] = host.distance[j][i] =
                (uint8_t)hosts_distance(prng, shape, (int)nr, (int)i, (int)j);
    }
    return host;
}

#endif
