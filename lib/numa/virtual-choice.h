// Choosing the vnodes of a guest: how many, on which nodes, and what each has.
#ifndef NUMA_VIRTUAL_CHOICE_H
#define NUMA_VIRTUAL_CHOICE_H

#include "lib/numa/planning.h"
#include "lib/numa/spread.h"

// Sets plan->vnodes as numa-virtual says, and where there are any the plan's CPU nodes to theirs.
// `spread` is where the memory would come from without vnodes, plan->preferred and plan->fallback
// the order of the nodes.
//
// auto: one for each node with CPUs that would supply at least a tenth of the guest, if there are
// several; the vCPUs in proportion to the CPU nodes' shares, or, if one of them is none, to the
// memory; or none, with plan->note. A number: so many, one for each node in the plan's order, but
// of the fallback nodes those that have room for an even part first. Only nodes on which the guest
// may run and from which it may have memory count. A list: just these, each on its node; where this
// host has no such node, that is a warning, and another one supplies it. In any case vCPUs that
// will run on certain nodes are in vnodes there as far as their blocks allow; otherwise, of nodes
// on which the guest has claims, the one with most has the largest vnode.
//
// The vnodes of an earlier plan, or of one that something has followed, stay. -EINVAL: what the
// setting asks for cannot be had.
int virtual_choose(const struct planning *p, const struct spread_rule *rule,
                   const struct spread *spread, struct plan *plan);

#endif
