// The NUMA host as Linux describes it, for machines without Xen.
#ifndef CAPTURE_LINUX_HOST_H
#define CAPTURE_LINUX_HOST_H

#include "lib/numa/host.h"
#include "lib/util/error.h"

// Reads nodes, memory, CPUs and distances through libnuma. In a domain, dom0 too, these are the
// domain's own and not the machine's. Returns 0 and fills *ret; -ENOSYS if the kernel does not know
// NUMA; -ERANGE if a node's id is beyond what Xen can have.
int linux_host_read(struct host *ret, struct error *err);

#endif
