// Guests that do not exist yet, on a host that is only described: what each of them finds and what
// it leaves to the next.
#ifndef PLACEMENT_PREVIEW_H
#define PLACEMENT_PREVIEW_H

#include <stdint.h>

#include "lib/numa/host.h"
#include "lib/placement/guest-memory.h"
#include "lib/util/error.h"
#include "lib/util/xen-cpus.h"

// Pages of the paging pool that a toolstack gives a guest: xapi and libxl have the same rule, 1 MiB
// for each vCPU and 8 KiB for each MiB of memory.
uint64_t preview_pool_pages(unsigned nr_vcpus, unsigned mem_max_mib);

// Where a pool of so many pages lies when it has been filled, with no node named: on all nodes that
// have CPUs and memory left, alike; then on the others. On a host that lacks the memory it is
// smaller.
void preview_pool(const struct host *host, uint64_t pool_pages, uint64_t ret[HOST_MAX_NODES]);

// Takes pages from the host's nodes.
void preview_take(struct host *host, const uint64_t pages[HOST_MAX_NODES]);

// The host when a previewed guest (guest_memory_preview) has been built: less its memory, with its
// vCPUs where they follow to.
void preview_build(const struct guest_memory *memory, struct host *ret);

// The processors of a described host, numbered in the order of its nodes, threads of a core in a
// row. *ret is to be released with xen_cpus_done.
int preview_cpus(const struct host *host, unsigned threads_per_core, struct xen_cpus *ret,
                 struct error *err);

#endif
