// Claims: memory that Xen sets aside for a domain before the domain takes it.
//
// What a Xen and its libraries offer differs; the best is staked: a set of claims on several nodes,
// a claim on a single node (XenServer 9), a claim on the host as a whole, none.
#ifndef MEMORY_CLAIM_H
#define MEMORY_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/numa/planner.h"
#include "lib/util/error.h"

enum claim_kind {
    CLAIM_NONE,
    CLAIM_TOOLSTACK, // one that was there before we came
    CLAIM_HOST,
    CLAIM_NODE,
    CLAIM_SET,
};

struct claim_request {
    xc_interface *xch;
    uint32_t domid;
    const struct plan *plan; // how much from where
    uint64_t surplus_pages;  // more than the plan, from anywhere, if the domain's limit allows it
    bool whole_host;         // no claim on nodes
};

// Stakes a claim. Returns 0 and what was staked, CLAIM_NONE if this Xen offers nothing that fits
// the plan; -ENOMEM if the memory is not there now, on the host or on a node: the plan is outdated;
// -EDQUOT if the domain's memory limit is below the plan; -ESRCH if there is no such domain or it
// is dying. On failure the domain has no claim. One that it has already is kept: CLAIM_TOOLSTACK.
int claim_stake(const struct claim_request *request, enum claim_kind *ret, struct error *err);

// Releases whatever claim the domain has, of any kind.
int claim_release(xc_interface *xch, uint32_t domid, struct error *err);

// "none", "toolstack", "host", "node", "set"
const char *claim_text(enum claim_kind kind);

#endif
