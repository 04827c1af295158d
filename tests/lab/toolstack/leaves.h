// A domain's CPU policy, read back as CPUID leaves.
#ifndef LAB_LEAVES_H
#define LAB_LEAVES_H

#include "lib/util/error.h"
#include "tests/lab/toolstack/toolstack.h"

#include <stdbool.h>
#include <stdint.h>

struct leaves {
    xen_cpuid_leaf_t *list;
    uint32_t nr;
};

// What a guest learns of its processors, in terms that are the same for Intel's and AMD's.
struct cpu_view {
    unsigned logical;        // logical processors of a package, leaf 1
    unsigned cores;          // cores of a package
    bool cores_have_threads; // the above are threads in truth
};

// Reads a domain's policy; free(ret->list) releases it.
int leaves_read(struct toolstack *ts, uint32_t domid, struct leaves *ret, struct error *err);

struct cpu_view leaves_view(const struct leaves *leaves);

// Feature words in the order of Xen's featureset, as far as a leaf has them.
#define LEAVES_NR_WORDS 11
uint32_t leaves_word(const struct leaves *leaves, unsigned word);

#endif
