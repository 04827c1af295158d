// What the rules of README.md ("Where the memory of a guest comes from", "How it decides") make of
// a case: who may supply memory, in what order, and which vCPUs may be put where. Written from
// those texts and by brute force; nothing of the program's code is used.
#ifndef PROPERTIES_EXPECT_H
#define PROPERTIES_EXPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/properties/case.h"
#include "tests/properties/choice.h"
#include "tests/properties/truth.h"

// Nodes by id, as bits. Nodes of one tier are equally good, or the rules do not order them.
struct tier {
    uint64_t nodes;
    bool even; // interleaved
};

// One vCPU before the build: the CPUs that its masks allow, all if nobody has set one.
struct expect_vcpu {
    cpuset hard, runs; // runs: within both masks
    bool free;         // the program chooses where it runs
};

struct expectation {
    uint64_t guest_pages;
    bool wrong;     // the settings are: error 22
    bool may_wrong; // they may be refused with error 22, or obeyed
    // Pages that may be had under the policy: with less than guest_pages the guest must be refused,
    // with as many (and those that libxenguest adds) it must be built.
    uint64_t capacity;
    bool unclear;                     // the rules do not say whether there are nodes for this guest
    uint64_t available[CASE_MAX_IDS]; // beyond claims and reserve
    uint64_t high[CASE_MAX_IDS];      // the part of it above the DMA width
    uint64_t allowed;                 // nodes that may supply memory
    uint64_t named[CASE_MAX_NODES];   // preferred nodes, one set after the other
    unsigned nr_named;
    bool even;        // these are interleaved
    bool automatic;   // nobody has named any
    bool strict;      // only these
    bool last_resort; // what they lack may come from anywhere
    bool nodeless;    // no node is better than another
    bool flat;        // the distances mean nothing, all are 10
    // Others have claims on nodes. The program cannot see them with libraries that have no call for
    // it, and finds out by trying; without a last resort that may be too late.
    bool hidden_claims;
    uint64_t slack; // pages of each node that page tables may take or give back
    // Nodes by index, as in the case.
    struct choice_host host;
    struct choice_guest guest;
    struct expect_vcpu vcpu[CASE_MAX_VCPUS];
    cpuset cpus; // that free vCPUs may use
};

void expect(const struct test_case *c, const struct truth *before, struct expectation *ret);

// The host as the guest's free vCPUs see it, and these.
void expect_vcpus(const struct test_case *c, struct expectation *e);

// The order in which nodes supply memory if the vCPUs are on the nodes of `share`; returns how
// many tiers there are.
unsigned expect_tiers(const struct test_case *c, const struct expectation *e,
                      const double share[CHOICE_MAX_NODES], struct tier ret[CASE_MAX_IDS]);

// A guest's RAM: [0, low_end) without the VGA hole, and [4 GiB, high_end), in frames.
#define EXPECT_VGA_FIRST 0xa0ULL
#define EXPECT_VGA_END 0xc0ULL
#define EXPECT_HIGH 0x100000ULL
struct ram {
    uint64_t low_end, high_end;
};
struct ram expect_ram(const struct test_case *c);
bool expect_is_ram(struct ram ram, uint64_t gfn);

// What the nodes can supply, in all or above the DMA width.
uint64_t expect_sum(const struct expectation *e, uint64_t nodes);
uint64_t expect_sum_high(const struct expectation *e, uint64_t nodes);

// A set by index as a set by id.
uint64_t expect_ids(const struct test_case *c, unsigned nodes);

#endif
