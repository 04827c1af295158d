// Which nodes a guest's memory comes from, and in what order.
#ifndef NUMA_PREFERENCE_H
#define NUMA_PREFERENCE_H

#include "lib/numa/planning.h"

// Sets plan->origin and plan->preferred. plan->last_resort tells whether there may be none.
// -EINVAL: strict and a node named that cannot be used; -ENOMEM: no nodes have the memory.
int preference_choose(const struct planning *p, struct plan *plan);

// Sets plan->fallback: the usable nodes beyond the preferred ones, nearest first.
void preference_fallback(const struct planning *p, struct plan *plan);

// Sum of the distances from every node of `from` to `to`; *ret_known: one of them is known.
unsigned preference_distance(const struct host *host, const struct nodelist *from, unsigned to,
                             bool *ret_known);

#endif
