// How many vCPUs of other domains belong on each node.
#ifndef CLAIM_LOAD_H
#define CLAIM_LOAD_H

#include <stdint.h>

#include <xenctrl.h>

#include "lib/numa/host.h"

// Sets the nodes' `load` from the affinities of all domains but `domid`. A vCPU counts on the nodes
// of the CPUs on which it should run, in proportion to these, if that leaves out a CPU of its pool;
// and if it is online, or none of its domain is yet. What Xen does not tell counts as no load: it
// only decides between nodes that are as good as each other.
void load_read(xc_interface *xch, uint32_t domid, struct host *host);

#endif
