// What is true on the modelled machine, read from its state: never from what the program says.
#ifndef PROPERTIES_TRUTH_H
#define PROPERTIES_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/model/model.h"
#include "tests/properties/case.h"

#define TRUTH_MAX_IDS 64
#define TRUTH_SIZES 3 // extents of 1 GiB, 2 MiB, 4 KiB

// The machine: what is free, as whole extents and in all.
struct truth {
    uint64_t online;
    uint64_t free_pages[TRUTH_MAX_IDS];
    uint64_t low_pages[TRUTH_MAX_IDS];       // of these, below the DMA width
    uint64_t pool_pages;                     // the guest's page tables may take
    uint64_t free_gib[TRUTH_MAX_IDS];        // extents of 1 GiB
    uint64_t free_superpages[TRUTH_MAX_IDS]; // extents of 2 MiB that smaller blocks hold
    uint64_t claimed_pages[TRUTH_MAX_IDS];   // on the node
    uint64_t claimed_nodeless;               // on no node
    uint64_t toolstack_pages; // claimed for the guest before its build, not part of that
};

void truth_read(struct model *m, struct truth *ret);

// A guest's address space.
struct guest_truth {
    uint64_t tot_pages;
    uint64_t claimed_pages;
    uint64_t end;    // the arrays' length
    uint8_t *node;   // by frame: node id + 1, 0: nothing there
    uint8_t *order;  // by frame: of the leaf
    uint64_t mapped; // frames
    bool shared;     // a machine frame is mapped twice
    uint64_t node_affinity;
    unsigned nr_vcpus;
    struct {
        cpuset hard, soft; // 0: all that Xen knows of
    } vcpu[CASE_MAX_VCPUS];
    struct vnuma vnuma; // what Xen was told of its nodes
};

void guest_truth_read(struct model *m, const struct domain *d, struct guest_truth *ret);
void guest_truth_done(struct guest_truth *guest);

#endif
