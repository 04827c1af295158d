// Judging a build: everything that is wrong with it, as lines of text.
#ifndef PROPERTIES_JUDGE_H
#define PROPERTIES_JUDGE_H

#include <stdio.h>

#include "tests/properties/case.h"
#include "tests/properties/expect.h"
#include "tests/properties/truth.h"

struct outcome {
    int status;         // of the program
    const char *answer; // all that it wrote on the control channel
    const char *report; // xenguest/placement, or NULL
    struct guest_truth guest;
    struct truth after;
};

// Where the vCPUs are after the build.
struct judge_vcpus {
    bool known;     // and were put there as they should be
    unsigned nodes; // of the free vCPUs, by index
    double share[CHOICE_MAX_NODES];
};

struct judgement {
    FILE *out;
    const struct test_case *c;
    const struct truth *before;
    const struct expectation *e;
    const struct outcome *o;
    struct ram ram;
    uint64_t pages[CASE_MAX_IDS];               // of RAM, on each node
    uint64_t leaves[CASE_MAX_IDS][TRUTH_SIZES]; // 1 GiB, 2 MiB, 4 KiB
    uint64_t special;                           // frames that are not RAM
    uint64_t anywhere; // pages that the report says were taken without naming a node
    struct judge_vcpus vcpus;
    struct tier tier[CASE_MAX_IDS];
    unsigned nr_tiers;
    double ratio; // of the placement's cost to the best one's; 0: not judged
    unsigned nr_wrong;
};

// Writes what is wrong to j->out and counts it in j->nr_wrong. The caller has filled in the
// pointers.
void judge(struct judgement *j);

// Part of it, for builds that went well.
void judge_vcpus(struct judgement *j);
void judge_choice(struct judgement *j); // after judge_vcpus
void judge_placement(struct judgement *j);
void judge_sizes(struct judgement *j);
void judge_report(struct judgement *j);
void judge_virtual(struct judgement *j); // in place of choice and placement, if it sees its nodes

#define WRONG(j, ...) ((j)->nr_wrong++, fprintf((j)->out, "  " __VA_ARGS__), fputc('\n', (j)->out))

// Pages beyond those of the guest that must be free for a build to be a must: libxenguest adds 16,
// and the claim has as many again in reserve.
#define JUDGE_SPARE 32
#define JUDGE_SPECIAL 16 // pages that libxenguest adds; they may lie anywhere
// What a node may keep where another one's part begins, so that no superpage is split.
#define JUDGE_BORDER 511
// What shares of vCPUs may differ by for the same reason.
#define JUDGE_SHARE 512

#endif
