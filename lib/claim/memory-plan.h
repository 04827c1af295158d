// Planning a guest's memory from a survey of the host.
#ifndef CLAIM_MEMORY_PLAN_H
#define CLAIM_MEMORY_PLAN_H

#include <stdint.h>

#include <xenctrl.h>

#include "lib/claim/survey.h"
#include "lib/numa/nodeset.h"
#include "lib/numa/planner.h"
#include "lib/numa/policy.h"
#include "lib/util/error.h"
#include "lib/util/range.h"

struct memory_request {
    xc_interface *xch;
    uint32_t domid;
    const struct policy *policy;
    unsigned nr_vcpus;
    nodeset affinity;            // the domain's node affinity
    const struct ranges *ranges; // the guest's memory
    uint64_t target_pages;       // what it starts with; less than the ranges: on demand
};

// What a plan is made from, and what has been learnt about the host since the first.
struct memory_planning {
    const struct memory_request *request;
    const struct survey *survey; // the host, as surveyed last
    const struct ranges *left;   // what is left of an earlier plan; NULL: this is the first
    const struct plan *earlier;  // that plan
    // Nodes that did not give memory which looked free there: they are used only if the guest has
    // no room without them, and then for no more than the host's sum leaves for them.
    nodeset refused;
};

// Plans for what is left, or else for all of the request's ranges, or as much of them as the guest
// starts with. *ret is to be released with plan_done. Fails like plan_make.
int memory_plan(const struct memory_planning *planning, struct plan *ret, struct error *err);

#endif
