// Who has a say in which nodes a guest's memory comes from, and in what order.
#ifndef NUMA_PREFERENCE_H
#define NUMA_PREFERENCE_H

#include "lib/numa/planning.h"
#include "lib/numa/spread.h"

// Sets plan->origin, plan->last_resort and, where somebody has named or claimed nodes,
// plan->preferred; and the rule by which the nodes then supply memory. PLAN_FROM_PICKED: nobody has
// a say, except who has given the vCPUs an affinity. -EINVAL: nodes named that the settings do not
// allow.
int preference_choose(const struct planning *p, struct plan *plan, struct spread_rule *rule);

#endif
