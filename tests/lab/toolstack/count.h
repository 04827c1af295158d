// Counting what a builder asks the kernel and Xen for.
#ifndef LAB_COUNT_H
#define LAB_COUNT_H

#include "lib/util/error.h"
#include "tests/lab/toolstack/spawn.h"

#include <stdint.h>

#define COUNT_SYSCALLS 512  // more than Linux has
#define COUNT_HYPERCALLS 64 // as many as Xen has
#define COUNT_COMMANDS 128  // of one hypercall; larger numbers count as the last
#define COUNT_ORDERS 19     // of extents, up to 1 GiB

struct count_pending {
    uint64_t hypercall; // address of the populate call that has begun, in the builder; 0: none
    unsigned order;     // of its extents
    uint64_t nr_extents;
};

// Zero-initialise before use.
struct count {
    uint64_t syscalls[COUNT_SYSCALLS];
    uint64_t hypercalls[COUNT_HYPERCALLS];
    uint64_t memory_ops[COUNT_COMMANDS];
    uint64_t domctls[COUNT_COMMANDS];
    uint64_t mappings;              // other requests to privcmd
    uint64_t list_bytes;            // of the lists of frames in populate calls
    uint64_t extents[COUNT_ORDERS]; // that these calls have got, by order
    uint64_t short_calls;           // of these, those that got less than they asked for
    struct count_pending pending;
};

// Follows a builder, started with `traced`, to its end, and waits for it. Returns 0 and sets
// *ret_status as waitpid does, and spawn->peak_kib.
int count_follow(struct spawn *spawn, struct count *count, int *ret_status, struct error *err);

void count_print(const struct count *count);

#endif
