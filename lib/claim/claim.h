// Claims: memory that Xen sets aside for a domain before the domain takes it.
//
// What a Xen and its libraries offer differs; the best is staked: a set of claims on several nodes,
// a claim on a single node (XenServer 9), a claim on the host as a whole, none.
#ifndef CLAIM_CLAIM_H
#define CLAIM_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/numa/planner.h"
#include "lib/util/error.h"
#include "lib/util/xen.h"

enum claim_kind {
    CLAIM_NONE,
    CLAIM_TOOLSTACK, // one that was there before we came
    CLAIM_HOST,
    CLAIM_NODE,
    CLAIM_SET,
};

// What claim_stake returns if the memory is not there.
#define CLAIM_REFUSED 1

struct claim_request {
    xc_interface *xch;
    uint32_t domid;
    const struct plan *plan; // how much from where
    uint64_t surplus_pages;  // more than the plan, from anywhere, if the domain's limit allows it
    bool whole_host;         // no claim on nodes
    // No claim on the host. XenServer's older patch crashes when one follows a claim on a node in
    // the same domain, also when that has been used up or released.
    bool never_host;
};

// Stakes a claim. Returns 0 and the kind staked, CLAIM_NONE if this Xen offers nothing that fits
// the plan; CLAIM_REFUSED, the kind that was refused, and an error of ENOMEM, if the memory is not
// there now, on the host or on a node: the plan is outdated; -EDQUOT if the domain's memory limit
// is below the plan; -ESRCH if there is no such domain or it is dying. Without success the domain
// has no claim. One that it has already is kept: CLAIM_TOOLSTACK.
int claim_stake(const struct claim_request *request, enum claim_kind *ret, struct error *err);

// What claim_stake finds wrong before it asks Xen: -EDQUOT or -ESRCH, as above.
int claim_check(uint32_t domid, const struct xen_domain *domain, const struct plan *plan,
                struct error *err);

// The nodes of the plan on which Xen refuses a claim of what is planned there. The domain must have
// no claim, and has none afterwards. A plan for several nodes can be asked about only where there
// are claims on several nodes; elsewhere the answer is an empty set.
nodeset claim_refusing_nodes(const struct claim_request *request);

// Reads on which nodes the claim of a domain is: pages by node. False where Xen does not tell.
bool claim_read_nodes(xc_interface *xch, uint32_t domid, uint64_t ret[HOST_MAX_NODES]);

// Releases whatever claim the domain has, of any kind.
int claim_release(xc_interface *xch, uint32_t domid, struct error *err);

// "none", "toolstack", "host", "node", "set"
const char *claim_text(enum claim_kind kind);

#endif
