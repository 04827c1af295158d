// A random case: a host, what others do on it, a guest, and what its administrator wants.
#ifndef PROPERTIES_CASE_H
#define PROPERTIES_CASE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/unit/prng.h"

#define CASE_MAX_NODES 8
#define CASE_MAX_IDS 64
#define CASE_ORDERS 19
#define CASE_UNKNOWN 255 // a distance that is not known

enum case_policy {
    CASE_AUTO,
    CASE_PREFERRED,
    CASE_STRICT,
    CASE_INTERLEAVE,
    CASE_ANY,
    CASE_POLICIES
};

enum case_fallback { CASE_NEAREST, CASE_NONE, CASE_SOME };

// What the guest's size is compared with.
enum case_size { CASE_SMALL, CASE_PART, CASE_NODE, CASE_MORE, CASE_HOST, CASE_SIZES };

struct case_node {
    unsigned id, mib, cpus;
    bool fragmented; // its free memory is `extents`, by order
    uint64_t extents[CASE_ORDERS];
    unsigned free_mib; // else so much is free, from the bottom
    unsigned dirty_mib;
    unsigned fill_order, fill_extents; // what another domain takes
    unsigned claimed_mib;              // what another domain has claimed there
};

struct test_case {
    uint64_t seed;
    unsigned index;
    struct prng prng;
    unsigned nr;
    struct case_node node[CASE_MAX_NODES];
    unsigned threads_per_core;
    unsigned distance[CASE_MAX_NODES][CASE_MAX_NODES];
    const char *release, *claims;
    unsigned max_order;
    bool hap_1gb, scrub_freed;
    bool filler_dies;      // and leaves its memory dirty
    unsigned claimed_mib;  // host-wide, by another domain
    bool toolstack_claims; // the toolstack has claimed the guest's memory, host-wide
    enum case_size size;
    unsigned mib, vcpus; // mib: see case_size_guest
    enum case_policy policy;
    unsigned named[CASE_MAX_NODES]; // numa-nodes or -mem_pnode, by id
    unsigned nr_named;
    bool by_option;
    enum case_fallback fallback;
    uint64_t fallback_nodes;
    bool superpage;
    unsigned reserve_mib;
    uint64_t affinity; // of the domain to nodes, by id; 0: nobody has set any
};

// The same from the same seed and index.
void case_make(struct test_case *c, uint64_t seed, unsigned index);

// Chooses the guest's size when it is known how many pages are free on each node.
void case_size_guest(struct test_case *c, const uint64_t free_pages[CASE_MAX_IDS]);

// The host in the format of fixtures/hosts; the guest's settings as keys of Xenstore.
void case_write_host(const struct test_case *c, FILE *out);
void case_write_keys(const struct test_case *c, FILE *out);

#endif
