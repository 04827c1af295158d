// How a guest's vCPUs are divided into sockets, as CPUID tells it.
#ifndef GUEST_TOPOLOGY_H
#define GUEST_TOPOLOGY_H

#include <stdint.h>

#include <xenctrl.h>

#include "lib/util/error.h"

// Changes the topology in a guest's CPUID leaves to sockets of cores_per_socket cores of one thread
// each. Xen numbers the vCPUs' APICs 0, 2, 4, ..., so a socket spans twice as many APIC ids.
void topology_edit(xen_cpuid_leaf_t *leaves, uint32_t nr_leaves, unsigned cores_per_socket);

// Does so in the CPU policy that the domain has. The domain must not have run yet.
int topology_set(xc_interface *xch, uint32_t domid, unsigned cores_per_socket, struct error *err);

#endif
