// Memory below the DMA width: Xen keeps it for devices that cannot address more, and gives it last.
#ifndef CLAIM_LOW_MEMORY_H
#define CLAIM_LOW_MEMORY_H

#include <xenctrl.h>

#include "lib/numa/host.h"

// Sets the DMA width, and how much of each node's free memory is below it. The other figures of the
// host must be there. A host of one node has no such width; what Xen does not tell stays 0.
void low_memory_read(xc_interface *xch, struct host *host);

// The same for a host that is not asked: as if its nodes followed each other from address 0,
// without holes.
void low_memory_estimate(struct host *host);

// The width that Xen itself takes where its command line does not say (`dma_bits=`): what a quarter
// of the first node spans, at most 32 bits. `commandline`: Xen's.
unsigned low_memory_bits(const struct host *host, const char *commandline);

#endif
