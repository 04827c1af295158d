// The host of the golden vectors, for the tests of the model: two nodes, node 0 of 6
// GiB with a hole, node 1 of 8 GiB, memory below 4 GiB held back, all of it scrubbed.
#ifndef UNIT_MODEL_HOST_H
#define UNIT_MODEL_HOST_H

#include "tests/model/claim.h"
#include "tests/model/domain.h"
#include "tests/model/heap.h"
#include "tests/model/model.h"

#include <check.h>
#include <string.h>
#include <sys/mman.h>

#define NR_CELLS (1U << 20)
#define MODEL_BYTES (sizeof(struct model) + NR_CELLS * sizeof(struct cell))

static struct model *m;

// The invariants of 9.7.
static inline void check_heap(void) {
    const char *wrong = heap_check(m);

    ck_assert_msg(wrong == NULL, "%s", wrong);
}

static inline void host_boot(enum model_release release) {
    static const struct heap_region regions[] = {
        {0x100, 0x80000, 0},
        {0x100000, 0x200000, 0},
        {0x200000, 0x400000, 1},
    };

    m = mmap(NULL, MODEL_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
             -1, 0);
    ck_assert_ptr_ne(m, MAP_FAILED);
    model_init(m, NR_CELLS, release);
    heap_init(m, regions, 3, 3, 32);
    for (unsigned i = 0; i < 3; i++)
        heap_boot_range(m, regions[i].first, regions[i].end);
    check_heap();
    heap_idle_scrub_all(m);
    check_heap();
}

static inline void host_done(void) {
    munmap(m, MODEL_BYTES);
}

// A domain as in the vectors: nothing has been allocated for it, its last node is 0.
static inline struct domain *domain_new(uint32_t domid, uint64_t affinity) {
    struct domain *d = &m->domain[domid];

    memset(d, 0, sizeof(*d));
    d->in_use = true;
    d->domid = domid;
    d->node_affinity = affinity;
    d->max_pages = 0x400000;
    d->claim_spent_node = d->claim_poisoned_node = HEAP_NO_NODE;
    return d;
}

#endif
