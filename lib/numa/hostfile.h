// Host descriptions: a NUMA host in a JSON file, for tests, the lab and planning without Xen.
//
// {
//   "description": "four nodes in a ring",       optional, free text
//   "threads_per_core": 1,                       optional, default 1
//   "nodes": [
//     { "id": 0,                                 Xen's node id, ascending, gaps allowed, < 64
//       "memory_mib": 16384,                     0: a node without memory
//       "cpus": 4,                               logical processors; 0: a memory-only node
//       "free": {"18": 8, "9": 500, "0": 77},    optional: free extents by order (0..18) when the
//                                                host is fragmented
//       "free_mib": 12000,                       optional, instead of "free": how much is free when
//                                                the extents are not known; without either, all is
//       "dirty_mib": 1024 } ],                   optional: free memory not yet scrubbed; default 0
//   "distances": [[10, 20], [20, 10]],           row: from, column: to, in the order of "nodes";
//                                                255: unreachable. Optional: 10 and 20 without it
//   "devices": [                                 optional: PCI devices that Xen knows
//     { "address": "0000:41:00.0",               as sysfs writes it; none twice
//       "node": 2 } ]                            one of "nodes"; optional: nobody knows it
// }
//
// CPUs are numbered consecutively in the order of the nodes. Unknown members are errors.
#ifndef NUMA_HOSTFILE_H
#define NUMA_HOSTFILE_H

#include "lib/numa/host.h"
#include "lib/util/error.h"

#include <limits.h>

#define HOSTFILE_MAX_ORDER 18 // 1 GiB, the largest extent Xen's allocator keeps
#define HOSTFILE_MAX_DEVICES 64
#define HOSTFILE_NO_NODE UINT_MAX

struct hostfile_node {
    bool fragmented;                               // free_extents is given
    uint64_t free_extents[HOSTFILE_MAX_ORDER + 1]; // number of free extents by order
    uint64_t dirty_pages;
};

struct hostfile_device {
    uint16_t segment;
    uint8_t bus;
    uint8_t devfn;
    unsigned node; // HOSTFILE_NO_NODE: not known
};

struct hostfile {
    char *description; // owned; NULL without one
    unsigned threads_per_core;
    struct host host; // free_pages as described, claimed_pages 0; distances as written, 255 kept
    struct hostfile_node node[HOST_MAX_NODES]; // by node id
    unsigned nr_devices;
    struct hostfile_device device[HOSTFILE_MAX_DEVICES];
};

// Parses "0000:41:00.0", in lower case and with all digits, and leaves the node unknown. Returns
// false, with *ret as it was, for anything else.
bool hostfile_device_parse(const char *text, struct hostfile_device *ret);

// segment << 16 | bus << 8 | devfn
static inline uint32_t hostfile_device_sbdf(const struct hostfile_device *device) {
    return (uint32_t)device->segment << 16 | (uint32_t)device->bus << 8 | device->devfn;
}

// Parses `text`, a whole JSON document. Returns 0 and fills *ret, to be released with
// hostfile_done; -EINVAL with an explanation that names the member at fault; -ENOMEM.
// Distances are not judged: a matrix that makes no sense is a host worth testing with.
int hostfile_parse(const char *text, struct hostfile *ret, struct error *err);

void hostfile_done(struct hostfile *file);

#endif
