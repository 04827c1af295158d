// A guest on the modelled host: what it takes from Xen, and how it gives it back.
#ifndef CHURN_GUEST_H
#define CHURN_GUEST_H

#include "lib/numa/nodeset.h"
#include "lib/util/range.h"
#include "tests/bench/churn/hosts.h"
#include "tests/bench/churn/pool.h"

#define GUEST_XENHEAP_PAGES 64 // structures of domain and vCPUs, grant table
#define GUEST_NR_RANGES 3

struct guest {
    struct pool pool;    // of its page tables
    struct pool extents; // all other memory
    uint32_t last;       // Xen's last_alloc_node
    unsigned vcpus;
    uint64_t pages; // of its memory
    struct range ranges[GUEST_NR_RANGES];
    nodeset cpu_nodes; // of its vCPUs' soft affinity; all nodes: none
    nodeset affinity;  // of the domain: where Xen takes from when nobody names a node
    // What it got.
    uint64_t node_pages[HOST_MAX_NODES];
    uint64_t pages_1g, pages_2m, pages_4k;
    uint64_t xenheap[GUEST_XENHEAP_PAGES]; // mfns
    unsigned nr_xenheap;
};

// Creates the domain: Xen's own structures, and the paging pool in the size that xenopsd asks for,
// from all nodes as nobody has said anything yet. NULL: no memory.
struct guest *guest_create(struct machine *machine, unsigned vcpus, uint64_t mib);

// Populates the range as libxenguest does: upwards, each time in the largest extent that is aligned
// and can be had, from the nodes of `from`. False: out of memory.
bool guest_populate(struct machine *machine, struct guest *guest, struct range range,
                    const struct pool_source *from);

// Populates what it can of the range in extents of that order, until there is none left. Returns
// where it stopped; `range` is aligned to the order.
uint64_t guest_populate_order(struct machine *machine, struct guest *guest, struct range range,
                              unsigned order, const struct pool_source *from);

// The special pages, from wherever the domain's node affinity says.
bool guest_finish(struct machine *machine, struct guest *guest);

// Ends it; its memory is scrubbed at once. Frees `guest`.
void guest_destroy(struct machine *machine, struct guest *guest);

#endif
