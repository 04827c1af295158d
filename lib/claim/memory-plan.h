// Planning a guest's memory from a survey of the host.
#ifndef CLAIM_MEMORY_PLAN_H
#define CLAIM_MEMORY_PLAN_H

#include <stdbool.h>
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
    const struct guest_vcpus *vcpus;
    const unsigned *devices;           // passed through, by node
    const struct virtual_guest *guest; // for vnodes; NULL: none
    nodeset affinity;                  // the domain's node affinity, if somebody has set one
    const struct ranges *ranges;       // the guest's memory
    uint64_t target_pages;             // what it starts with; less than the ranges: on demand
    // Called with each plan that is about to be claimed, unless it is for another process, under
    // the ledger's lock; NULL: not called. Anything but 0, a negative errno with its error set,
    // ends the reservation. *ret_changed: memory has moved, and the plan is to be made again, with
    // the same CPU nodes.
    int (*follow)(void *context, const struct plan *plan, const struct host *host,
                  bool *ret_changed, struct error *err);
    void *follow_context;
    // The same for a preview: changes the host's figures as following the plan would. Returns
    // whether it has.
    bool (*foresee)(void *context, const struct plan *plan, struct host *host);
};

// What a plan is made from, and what has been learnt about the host since the first.
struct memory_planning {
    const struct memory_request *request;
    const struct survey *survey; // the host, as surveyed last
    const struct ranges *left;   // what is left of an earlier plan; NULL: this is the first
    const struct plan *earlier;  // that plan
    const struct plan *followed; // the first plan, which vCPUs and page tables have followed
    // Nodes that did not give memory which looked free there: they are used only if the guest has
    // no room without them, and then for no more than the host's sum leaves for them.
    nodeset refused;
};

// Plans for what is left, or else for all of the request's ranges, or as much of them as the guest
// starts with. *ret is to be released with plan_done. Fails like plan_make.
int memory_plan(const struct memory_planning *planning, struct plan *ret, struct error *err);

#endif
