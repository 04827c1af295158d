// What the rules of README.md ("Where the memory of a guest comes from", "How it decides") and of
// lib/numa/pick.h make of a case: who may supply memory, in what order. Written from those texts
// and by brute force; nothing of the program's code is used.
#ifndef PROPERTIES_EXPECT_H
#define PROPERTIES_EXPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/properties/case.h"
#include "tests/properties/truth.h"

// Nodes by id, as bits. Nodes of one tier are equally good, or the rules do not order them.
struct tier {
    uint64_t nodes;
    bool in_turn; // one after the other: at most one of them has something left
    bool even;    // interleaved
};

struct expectation {
    uint64_t guest_pages;
    bool wrong; // the settings are: error 22
    // Pages that may be had under the policy: with less than guest_pages the guest must be refused,
    // with as many (and those that libxenguest adds) it must be built.
    uint64_t capacity;
    uint64_t available[CASE_MAX_IDS]; // beyond claims and reserve
    struct tier tier[CASE_MAX_IDS];   // best first
    unsigned nr_tiers;
    uint64_t allowed;   // all tiers
    bool last_resort;   // what they lack may come from anywhere
    bool nodeless;      // no node is better than another
    int most_preferred; // node, or -1: not known
    bool flat;          // the distances mean nothing, all are 10
    // Others have claims on nodes. The program cannot see them with libraries that have no call for
    // it, and finds out by trying; without a last resort that may be too late.
    bool hidden_claims;
};

void expect(const struct test_case *c, const struct truth *before, struct expectation *ret);

// A guest's RAM: [0, low_end) without the VGA hole, and [4 GiB, high_end), in frames.
#define EXPECT_VGA_FIRST 0xa0ULL
#define EXPECT_VGA_END 0xc0ULL
#define EXPECT_HIGH 0x100000ULL
struct ram {
    uint64_t low_end, high_end;
};
struct ram expect_ram(const struct test_case *c);
bool expect_is_ram(struct ram ram, uint64_t gfn);

uint64_t expect_sum(const struct expectation *e, uint64_t nodes);

#endif
