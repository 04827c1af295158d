// Where a domain's memory lies, from what Xen prints for debug key `u`.
#ifndef LAB_NUMADUMP_H
#define LAB_NUMADUMP_H

#include <stdint.h>

#define NUMA_DUMP_NODES 64 // Xen's MAX_NUMNODES

struct numa_dump {
    uint64_t total;                  // pages of the domain
    uint64_t pages[NUMA_DUMP_NODES]; // of these on each node
    uint64_t online;                 // bit per node that the dump names
};

// Finds `domid` in `text`, console output of Xen in which other lines may be mixed. If the domain
// was dumped several times, the last one counts; a line cut off at the end of `text` does not.
// Returns 0 and sets *ret, or -ESRCH if the domain is not in the text.
int numa_dump_parse(const char *text, uint32_t domid, struct numa_dump *ret);

#endif
