// Virtual nodes, or vnodes: the NUMA nodes that a guest sees, each with a part of its vCPUs and of
// its memory, and the physical node that both belong on.
//
// vnodes follow each other: the first has the lowest vCPUs and the lowest memory, and so on. Guest
// memory has a hole below 4 GiB; a vnode that crosses it has two ranges.
#ifndef NUMA_VNODES_H
#define NUMA_VNODES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/numa/host.h"
#include "lib/numa/nodeset.h"
#include "lib/util/error.h"
#include "lib/util/range.h"

#define VNODES_MAX 32 // Xen takes no more
// hvmloader tells the guest of its vCPUs' nodes in APIC ids of 8 bits, and vCPU n has id 2n.
#define VNODES_MAX_VCPUS 128
#define VNODES_MIN_MIB 4 // Linux ignores a node with less
#define VNODES_MAX_MIB (1 << 24)
#define VNODES_ANY_NODE HOST_MAX_NODES // in a list: wherever it fits

struct vnode {
    unsigned node; // physical
    unsigned nr_vcpus;
    uint64_t nr_pages; // of guest addresses, the VGA hole included
};

struct vnodes {
    unsigned nr;        // 0: the guest sees no nodes
    uint64_t low_pages; // frames of memory below the hole, the VGA hole included; a list has 0
    struct vnode vnode[VNODES_MAX];
};

// Parses a list like "2:4096@1;2:4096@0": for each vnode how many vCPUs it has, how many MiB and on
// which node they belong; without "@1" on any. Returns 0 and fills *ret; -EINVAL if it is not such
// a list; -ERANGE if a number is beyond what it can be. The error quotes the part at fault.
int vnodes_parse(const char *text, struct vnodes *ret, struct error *err);

// Long enough for any list.
struct vnodes_text {
    char s[VNODES_MAX * 16 + 1];
};

// The text that vnodes_parse turns back into the same vnodes, if these have whole MiB.
struct vnodes_text vnodes_text(const struct vnodes *vnodes);

bool vnodes_equal(const struct vnodes *a, const struct vnodes *b);

// The physical nodes of all vnodes that have one.
nodeset vnodes_nodes(const struct vnodes *vnodes);

// The frames of one vnode: one range, or two. Returns how many.
unsigned vnodes_ranges(const struct vnodes *vnodes, unsigned index, struct range ret[2]);

// How many of the frames in the list are the vnode's.
uint64_t vnodes_pages(const struct vnodes *vnodes, unsigned index, const struct ranges *ranges);

// The lowest vCPU of one vnode.
unsigned vnodes_first_vcpu(const struct vnodes *vnodes, unsigned index);

// The distance that the guest is told: the host's. vnodes of the same node, or on a host whose
// distances mean nothing, are as far apart as nodes of which nothing is known (20), as a guest
// takes no table in which two nodes are local to each other.
#define VNODES_DISTANCE_REMOTE 20
unsigned vnodes_distance(const struct vnodes *vnodes, const struct host *host, unsigned from,
                         unsigned to);

#endif
