// The memory of vnodes: which node supplies which frames of each.
#ifndef NUMA_VIRTUAL_PLAN_H
#define NUMA_VIRTUAL_PLAN_H

#include "lib/numa/planning.h"
#include "lib/numa/spread.h"

// Fills plan->pieces for plan->vnodes: each vnode's frames come from its own node, and what that
// lacks from the nearest to that node by the rules of spread.h, but no node gives what another
// vnode on it needs. With numa-max-nodes no further node than the vnodes' and those of `spread`, if
// these are not too many. plan->preferred begins with the vnodes' nodes afterwards. -ENOMEM: the
// nodes allowed lack the memory.
int virtual_assign(const struct planning *p, const struct spread_rule *rule,
                   const struct spread *spread, struct plan *plan);

#endif
