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
#define CASE_MAX_CPUS 128
#define CASE_MAX_VCPUS 64
#define CASE_MAX_OTHERS 4
#define CASE_MAX_DEVICES 2
#define CASE_NO_NODE (-1)
#define CASE_VIRTUAL_AUTO 99

enum case_policy {
    CASE_AUTO,
    CASE_PREFERRED,
    CASE_STRICT,
    CASE_INTERLEAVE,
    CASE_ANY,
    CASE_POLICIES
};

enum case_fallback { CASE_NEAREST, CASE_NONE, CASE_SOME };

enum case_follow { CASE_FOLLOW, CASE_MOVE, CASE_PIN, CASE_LEAVE, CASE_FOLLOWS };

enum case_devices { CASE_PREFER, CASE_IGNORE, CASE_REQUIRE };

// The masks of a guest's vCPUs.
enum case_masks {
    CASE_FREE,
    CASE_HARD_ONE,     // all on one node
    CASE_HARD_HALVES,  // half on one node, half on another
    CASE_HARD_ODD,     // the same, but one in four
    CASE_HARD_SINGLE,  // one CPU each, on two nodes
    CASE_HARD_SOME,    // half on one node, the others free
    CASE_HARD_SEVERAL, // all within several nodes
    CASE_HARD_THREADS, // all within some CPUs of several nodes
    CASE_SOFT_ONE,
    CASE_SOFT_HALVES,
    CASE_SOFT_ODD,
    CASE_SOFT_SOME,
    CASE_SOFT_SEVERAL,
    CASE_BOTH, // hard within several nodes, soft on one of them
    CASE_MASKS
};

// Host CPUs, as bits.
typedef unsigned __int128 cpuset;

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

// A domain whose vCPUs run on one node.
struct case_other {
    unsigned node, vcpus; // node: by index
    bool hard;
};

struct test_case {
    cpuset hard[CASE_MAX_VCPUS], soft[CASE_MAX_VCPUS]; // of the guest; 0: nobody has set it
    uint64_t seed;
    struct prng prng;
    struct case_node node[CASE_MAX_NODES];
    const char *release, *claims;
    uint64_t fallback_nodes;
    uint64_t affinity; // of the domain to nodes, by id; 0: nobody has set any
    unsigned index;
    unsigned nr; // nodes
    unsigned threads_per_core;
    unsigned distance[CASE_MAX_NODES][CASE_MAX_NODES];
    unsigned max_order;
    unsigned claimed_mib; // host-wide, by another domain
    enum case_size size;
    unsigned mib, vcpus, current; // mib: see case_size_guest; current: vCPUs plugged in
    enum case_masks masks;
    unsigned nr_others;
    struct case_other other[CASE_MAX_OTHERS];
    enum case_policy policy;
    unsigned named[CASE_MAX_NODES]; // numa-nodes or -mem_pnode, by id
    unsigned nr_named;
    enum case_fallback fallback;
    unsigned reserve_mib;
    enum case_follow follow;
    unsigned max_nodes;     // 0: not set
    unsigned virtual_nodes; // numa-virtual: a number, CASE_VIRTUAL_AUTO, or 0: off
    enum case_devices devices;
    unsigned nr_devices;          // PCI devices passed through
    int device[CASE_MAX_DEVICES]; // their nodes, by index, or CASE_NO_NODE
    bool hap_1gb, scrub_freed;
    bool filler_dies;       // and leaves its memory dirty
    bool toolstack_claims;  // the toolstack has claimed the guest's memory, host-wide
    bool hard_by_toolstack; // else by keys
    bool by_option;
    bool superpage;
    bool page_tables_follow; // else they are to be left
};

// The same from the same seed and index.
void case_make(struct test_case *c, uint64_t seed, unsigned index);

// The node's CPUs; all of the host's.
cpuset case_node_cpus(const struct test_case *c, unsigned index);
cpuset case_all_cpus(const struct test_case *c);

// Chooses the guest's size when it is known how many pages are free on each node.
void case_size_guest(struct test_case *c, const uint64_t free_pages[CASE_MAX_IDS]);

// The address of a device.
#define CASE_DEVICE "0000:%02x:00.0"
#define CASE_DEVICE_BUS(i) (0x40 + (i))

// The host in the format of fixtures/hosts; the guest's settings as keys of Xenstore.
void case_write_host(const struct test_case *c, FILE *out);
void case_write_keys(const struct test_case *c, FILE *out);

#endif
