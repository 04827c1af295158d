// Populate on demand: a cache of frames that the guest gets when it touches an address.
#ifndef MODEL_POD_H
#define MODEL_POD_H

#include "tests/model/domain.h"

// XENMEM_set_pod_target. Returns 0, -EINVAL, -ENOMEM with the cache partly filled.
int pod_set_target(struct model *m, struct domain *d, uint64_t target);

// Marks 2^order frames at `gfn`. -EBUSY where something is populated, -ENOMEM.
int pod_mark(struct model *m, struct domain *d, uint64_t gfn, unsigned order);

// Gives the guest memory from the cache at `gfn`. -ENOMEM when the cache is empty.
int pod_populate(struct model *m, struct domain *d, uint64_t gfn);

#endif
