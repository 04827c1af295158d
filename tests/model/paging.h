// A domain's paging pool: the pages that its page tables are made of.
#ifndef MODEL_PAGING_H
#define MODEL_PAGING_H

#include "tests/model/domain.h"

// Resizes the pool. It grows by single pages, from wherever the domain's node affinity says, which
// go to the end of its list; it shrinks from the beginning. Returns 0; -ENOMEM if it got only as
// far as memory, or pages in no table, allow.
int paging_resize(struct model *m, struct domain *d, uint64_t pages);

// Takes the first page of the list for a table. Returns 0, or -ENOMEM if there is none.
int paging_take(struct model *m, struct domain *d, uint64_t *ret_mfn);

// A table is no longer in use: its page goes to the end of the list.
void paging_return(struct model *m, struct domain *d, uint64_t mfn);

// Frees the pool of a domain that dies, with its tables.
void paging_free(struct model *m, struct domain *d);

// Pages of the pool on each node: in tables, and not.
void paging_node_pages(struct model *m, const struct domain *d, uint64_t ret_used[HEAP_MAX_NODES],
                       uint64_t ret_free[HEAP_MAX_NODES]);

#endif
