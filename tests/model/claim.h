// Claims: pages that a domain has set aside before it allocates them.
//
// What a Xen offers differs by release and vendor; `enum model_claims` says which one is modelled.
#ifndef MODEL_CLAIM_H
#define MODEL_CLAIM_H

#include "tests/model/heap.h"

#define CLAIM_MAX_ENTRIES 65

enum model_claims {
    MODEL_CLAIMS_NONE,     // a hypervisor without the operation
    MODEL_CLAIMS_HOST,     // upstream: host-wide
    MODEL_CLAIMS_NODE,     // XenServer 9: host-wide, or on a single node
    MODEL_CLAIMS_NODE_OLD, // the same, before releasing made it forget the node
    MODEL_CLAIMS_SET,      // claim sets as posted in May (replaceable)
    MODEL_CLAIMS_SET_V8,   // claim sets, later: not replaceable, empty set releases, paused only
    MODEL_CLAIMS_COUNT,
};

struct claim_entry {
    uint64_t pages;
    uint32_t node; // HEAP_NO_NODE: host-wide
};

// Does this Xen know claims on a single node?
bool claim_on_node_known(const struct model *m);

// What the domain has outstanding, over all nodes and host-wide.
uint64_t claim_outstanding(const struct domain *d);

// XENMEM_claim_pages: `nr` is absolute; 0 releases everything. `node` is HEAP_NO_NODE or, where
// claims on a node are known, the node of an exact-node request. Returns 0 or Xen's negative errno.
int claim_stake(struct model *m, struct domain *d, uint64_t nr, uint32_t node);

// Claim sets: pages are incremental and replace all claims of the domain, or change nothing.
// Returns 0 or Xen's negative errno.
int claim_stake_set(struct model *m, struct domain *d, const struct claim_entry *entries,
                    unsigned nr);

void claim_release(struct model *m, struct domain *d);

// The allocator's gates: may `d` (or NULL) take `nr` frames, on the host, on the node?
bool claim_host_admits(const struct model *m, const struct domain *d, uint64_t nr, bool uncounted);
bool claim_node_admits(const struct model *m, const struct domain *d, uint32_t node, uint64_t nr,
                       bool uncounted);

// Reduces the domain's claims by `nr` frames that it got on `node`.
void claim_redeem(struct model *m, struct domain *d, uint32_t node, uint64_t nr);

// The older releases let an outstanding claim grow by what its domain frees.
void claim_regrow(struct model *m, struct domain *d, uint64_t nr);

#endif
