// Domain controls that have files of their own.
#ifndef MODEL_CALL_VCPU_H
#define MODEL_CALL_VCPU_H

#include "tests/model/call.h"
#include "tests/model/xen.h"

// Claim sets, which no header has.
#define DOMCTL_SET_CLAIMS 91
#define DOMCTL_GET_CLAIMS 92

// XenServer 9: a domain's pages by node.
#define DOMCTL_NUMA_OP 1101

call_handler call_hypercall_page, call_context_get, call_record_get, call_context_set;
call_handler call_policy_get, call_policy_set;
call_handler call_claims_set, call_claims_get;
call_handler call_node_pages;

// CPU feature words and policies of the host, for the sysctls.
#define POLICY_FEATURE_WORDS 19 // 4.17
#define POLICY_MAX_LEAVES 128
#define POLICY_NR_MSRS 2
// What buffers must hold in the worst case; the libraries need them for their own serialising.
#define POLICY_WORST_LEAVES 256
#define POLICY_WORST_MSRS 16

void policy_features(uint32_t index, uint32_t ret[POLICY_FEATURE_WORDS]);
// Fills in the leaves of one of the host's policies and returns how many there are.
unsigned policy_leaves(uint32_t index, xen_cpuid_leaf_t ret[POLICY_MAX_LEAVES]);
void policy_msrs(xen_msr_entry_t ret[POLICY_NR_MSRS]);

void call_info_fill(const struct domain *d, struct xen_domctl_getdomaininfo *info);
// The domain with the lowest id from `domid` on.
const struct domain *call_info_first(const struct model *m, uint32_t domid);

#endif
