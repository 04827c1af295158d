// A domain's paging pool: the pages that its page tables are made of.
#ifndef MODEL_PAGING_H
#define MODEL_PAGING_H

#include "tests/model/domain.h"

// Resizes the pool; never below what is in use. It grows by single pages, from wherever the
// domain's node affinity says, and shrinks from the first one. Returns 0, -ENOMEM (as far as it
// got).
int paging_resize(struct model *m, struct domain *d, uint64_t pages);

// Frees the pool of a domain that dies.
void paging_free(struct model *m, struct domain *d);

#endif
