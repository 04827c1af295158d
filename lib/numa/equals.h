// Choosing among placements, and among neighbours, that are as near as each other.
//
// Nothing that a guest feels differs between them. What differs is how they leave the host for the
// guests to come. docs/deciding.md compares rules by what a host looks like after a year.
#ifndef NUMA_EQUALS_H
#define NUMA_EQUALS_H

#include <stdint.h>

// A placement whose cost and number of nodes are those of the other one.
struct equals {
    uint64_t load;  // vCPUs of other domains on the CPU nodes, in HOST_LOAD_VCPU
    unsigned cores; // of the CPU nodes
    uint64_t pages; // that all nodes used can give together, the guest's among them
};

// Negative: a is the better one; positive: b is; 0: they are alike.
int equals_compare(const struct equals *a, const struct equals *b);

// The same for two nodes that could supply what the nearer ones lack, by what each can give.
int equals_compare_neighbours(uint64_t a_pages, uint64_t b_pages);

#endif
