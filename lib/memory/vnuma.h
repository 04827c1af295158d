// Telling Xen, and through it hvmloader, which nodes a guest shall see.
#ifndef MEMORY_VNUMA_H
#define MEMORY_VNUMA_H

#include <stdint.h>

#include <xenctrl.h>

#include "lib/numa/host.h"
#include "lib/numa/vnodes.h"
#include "lib/util/error.h"

// Asks whether the domain may be given vnodes at all, and changes nothing. -ENOSYS: Xen, or a
// filter in front of it, does not know the call; -EPERM or -EACCES: a security policy forbids it;
// or what else may go wrong.
int vnuma_probe(xc_interface *xch, uint32_t domid, unsigned nr_vcpus, struct error *err);

// Gives the domain, which has its vCPUs, these vnodes in place of what it had. Distances are the
// host's.
int vnuma_set(xc_interface *xch, uint32_t domid, const struct vnodes *vnodes,
              const struct host *host, struct error *err);

#endif
