// A domain's physical address space: which frame is at which gfn, with leaves of what size.
#ifndef MODEL_P2M_H
#define MODEL_P2M_H

#include "tests/model/domain.h"

#define P2M_POD UINT64_MAX // the value of an entry that is populated on demand

struct p2m_entry {
    uint64_t mfn; // P2M_POD: not yet populated
    unsigned leaf_order;
};

// Makes the tables that exist in every domain. Returns 0, -ENOMEM.
int p2m_init(struct model *m, struct domain *d);

// Puts 2^order frames at `gfn`, in the largest leaves that the alignment allows; `mfn` may be
// P2M_POD. What was there is forgotten, not freed. Returns 0, or -ENOMEM when the paging pool
// is exhausted, with part of the extent in place.
int p2m_set(struct model *m, struct domain *d, uint64_t gfn, uint64_t mfn, unsigned order);

// Removes [gfn, gfn + nr), splitting leaves where needed. Returns 0, -ENOMEM.
int p2m_remove(struct model *m, struct domain *d, uint64_t gfn, uint64_t nr);

bool p2m_lookup(struct model *m, const struct domain *d, uint64_t gfn, struct p2m_entry *ret);

// Is any of [gfn, gfn + nr) mapped?
bool p2m_any(struct model *m, const struct domain *d, uint64_t gfn, uint64_t nr);

// Frames in leaves of 1 GiB, 2 MiB and 4 KiB, and frames on demand.
struct p2m_count {
    uint64_t order18, order9, order0, pod;
};
struct p2m_count p2m_count(struct model *m, const struct domain *d);

// The highest mapped gfn, 0 if there is none.
uint64_t p2m_highest(struct model *m, const struct domain *d);

#endif
