// Dividing a guest's vCPUs and memory among vnodes.
#ifndef NUMA_VIRTUAL_H
#define NUMA_VIRTUAL_H

#include <stdint.h>

#include "lib/numa/nodeset.h"
#include "lib/numa/vnodes.h"
#include "lib/util/error.h"

// What is divided.
struct virtual_guest {
    unsigned nr_vcpus;
    unsigned cores_per_socket; // divides nr_vcpus; 0: 1
    uint64_t low_pages;        // frames of memory below the hole, the VGA hole included
    uint64_t nr_pages;         // all frames of memory
    nodeset can_run;           // nodes on which a vCPU may run; empty: all that have CPUs
    const nodeset *vcpu_nodes; // where each vCPU will run, as far as that is known; NULL: anywhere
};

// Divides the vCPUs among `nr` vnodes in proportion to `weights` (NULL: evenly), each at least one:
// whole sockets, unless there are fewer of them than vnodes, and then whole vnodes to each socket.
// Sets nr_vcpus of all vnodes, but neither node nor nr_pages. -EINVAL: more vnodes than vCPUs, or
// than there can be, or more vCPUs than hvmloader can tell the guest about.
int virtual_divide(const struct virtual_guest *guest, const uint64_t *weights, unsigned nr,
                   struct vnodes *vnodes, struct error *err);

// Divides the memory among vnodes in proportion to their vCPUs. Borders are at multiples of 2 MiB,
// or at the hole; at the nearest multiple of 1 GiB, where a page of that size is saved, if it is
// away from the exact border by at most 1/VIRTUAL_SLACK of either vnode beside it, and if no more
// memory has to come from other nodes than the vnodes' own for all that: `room` is what each
// physical node has. Sets nr_pages of all vnodes, whose nr_vcpus and node are set. -EINVAL: too
// little for a vnode.
#define VIRTUAL_SLACK 32
int virtual_size(const struct virtual_guest *guest, const uint64_t room[HOST_MAX_NODES],
                 struct vnodes *vnodes, struct error *err);

// Whether vnodes that somebody has listed have all vCPUs and all memory of the guest; else -EINVAL.
int virtual_check(const struct virtual_guest *guest, const struct vnodes *vnodes,
                  struct error *err);

#endif
