// PV domains: they know which frames of the machine they have, and bring page tables of their own.
#ifndef MODEL_PV_H
#define MODEL_PV_H

#include "tests/model/domain.h"

// Makes a new domain one of them: no paging, and a page that it shares with Xen. Returns 0,
// -ENOMEM.
int pv_make(struct model *m, struct domain *d);

// Gives back what pv_make took.
void pv_free(struct model *m, struct domain *d);

// Whether the frame is the domain's to map.
bool pv_owns(struct model *m, const struct domain *d, uint64_t mfn);

#endif
