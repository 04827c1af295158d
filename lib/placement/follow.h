// Letting a guest follow its memory: its vCPUs, and what it is given later.
#ifndef PLACEMENT_FOLLOW_H
#define PLACEMENT_FOLLOW_H

#include <stdint.h>

#include <xenctrl.h>

#include "lib/numa/host.h"
#include "lib/numa/nodeset.h"
#include "lib/numa/policy.h"
#include "lib/placement/affinity.h"
#include "lib/util/error.h"

struct follow {
    xc_interface *xch;
    uint32_t domid;
    unsigned nr_vcpus;
    const struct policy *policy;
    const struct host *host;
    bool vcpus_free;    // nobody has said where the vCPUs should run
    nodeset used;       // where the memory is
    nodeset more_nodes; // on which the vCPUs should run as well
};

// Lets vCPUs follow the memory if nobody has said where they should run, and sees to it that the
// domain's node affinity is where its memory is. *ret is the nodes of the soft affinity that was
// set, also after a failure; 0: none was.
int follow_memory(const struct follow *follow, nodeset *ret, struct error *err);

#endif
