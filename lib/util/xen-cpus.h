// The host's logical processors as Xen numbers them, and maps of them.
#ifndef UTIL_XEN_CPUS_H
#define UTIL_XEN_CPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/util/error.h"

// Zero-initialise before use; xen_cpus_done releases it. Ids of a CPU that is not there are ~0.
struct xen_cpus {
    xc_cputopo_t *topo; // by CPU: core, socket and node
    unsigned nr;
    size_t map_bytes; // of a map with a bit for each CPU, as libxenctrl takes it
};

int xen_cpus_read(xc_interface *xch, struct xen_cpus *ret, struct error *err);

void xen_cpus_done(struct xen_cpus *cpus);

// True if the CPU is online and its node is known.
bool xen_cpus_online(const struct xen_cpus *cpus, unsigned cpu);

// True if no CPU before this one in the map is of the same core. `map` NULL: of all CPUs.
bool xen_cpus_first_of_core(const struct xen_cpus *cpus, unsigned cpu, const uint8_t *map);

// An empty map, which the caller frees; NULL without memory.
uint8_t *xen_cpumap_new(const struct xen_cpus *cpus);

static inline bool xen_cpumap_has(const uint8_t *map, unsigned cpu) {
    return map[cpu / 8] >> cpu % 8 & 1;
}

static inline void xen_cpumap_add(uint8_t *map, unsigned cpu) {
    map[cpu / 8] |= (uint8_t)(1U << cpu % 8);
}

// Keeps of `map` what `within` has; all of `within` if that is nothing.
void xen_cpumap_narrow(const struct xen_cpus *cpus, uint8_t *map, const uint8_t *within);

// Counts the CPUs of a map by node, those of nodes below nr_nodes; returns how many in all.
unsigned xen_cpumap_count(const struct xen_cpus *cpus, const uint8_t *map, unsigned *ret_by_node,
                          unsigned nr_nodes);

// Sets in `map`, which is empty, the online CPUs of a pool. Where Xen does not tell which these
// are, all online CPUs.
void xen_cpus_of_pool(xc_interface *xch, const struct xen_cpus *cpus, uint32_t pool, uint8_t *map);

#endif
