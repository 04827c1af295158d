// CPU policies: the host's, and what the builder makes of them for a domain.
//
// The host is a made-up Intel machine. Its leaves are generated from its feature words, so the two
// views agree; all leaves are told, empty ones too, since the libraries take the number of leaves
// for the room that their own serialising has. A policy that is set is kept as it is for tests to
// look at; Xen's validation of it is not modelled beyond the sizes.

#include "tests/model/call-vcpu.h"
#include "tests/model/xen.h"

#include <errno.h>
#include <string.h>

#define MAX_BASIC_LEAF 0xdU
#define MAX_FEATURE_SUBLEAF 2U
#define HYPERVISOR_LEAF 0x40000000U
#define HYPERVISOR_LEAF_2 0x40000100U
#define MAX_EXTENDED_LEAF 0x80000008U

#define VMX_BIT (1U << 5)     // word 1
#define RDTSCP_BIT (1U << 27) // word 2
#define ITSC_BIT (1U << 8)    // word 7

// Host; the guests' sets leave out what Xen hides by default.
static const uint32_t host_features[POLICY_FEATURE_WORDS] = {
    0x1fcbfbff, 0xf7fa3223, 0x2c100800, 0x00000121, 0x0000000f, 0x009c6fbf, 0,
    0x00000100, 0x00101000, 0xbc000400, 0,          0,          0,          0,
    0,          0,          0x0c000004, 0,          0,
};

void policy_features(uint32_t index, uint32_t ret[POLICY_FEATURE_WORDS]) {
    bool pv = index == XEN_SYSCTL_cpu_featureset_pv || index == XEN_SYSCTL_cpu_featureset_pv_max;

    memcpy(ret, host_features, sizeof(host_features));
    if (index == XEN_SYSCTL_cpu_featureset_raw || index == XEN_SYSCTL_cpu_featureset_host)
        return;
    if (index != XEN_SYSCTL_cpu_featureset_hvm_max) {
        ret[1] &= ~VMX_BIT;
        ret[7] &= ~ITSC_BIT;
    }
    if (pv)
        ret[2] &= ~RDTSCP_BIT;
}

// The feature set that a policy of this index has.
static uint32_t features_of_policy(uint32_t index) {
    switch (index) {
    case XEN_SYSCTL_cpu_policy_pv_max:
        return XEN_SYSCTL_cpu_featureset_pv_max;
    case XEN_SYSCTL_cpu_policy_hvm_max:
        return XEN_SYSCTL_cpu_featureset_hvm_max;
    case XEN_SYSCTL_cpu_policy_pv_default:
        return XEN_SYSCTL_cpu_featureset_pv;
    case XEN_SYSCTL_cpu_policy_hvm_default:
        return XEN_SYSCTL_cpu_featureset_hvm;
    default:
        return index;
    }
}

// How many subleaves Xen tells of the leaf; 0: the leaf has none, and is told itself.
static uint32_t subleaves(uint32_t leaf) {
    switch (leaf) {
    case 4:
        return 5;
    case 7:
        return MAX_FEATURE_SUBLEAF + 1;
    case 0xb:
        return 2;
    case 0xd:
        return 63;
    default:
        return 0;
    }
}

struct leaves {
    xen_cpuid_leaf_t *out;
    unsigned nr;
    const xen_cpuid_leaf_t *known;
    size_t nr_known;
};

// What is not known of the machine is zero.
static void leaf_put(struct leaves *leaves, uint32_t leaf, uint32_t subleaf) {
    xen_cpuid_leaf_t *out = &leaves->out[leaves->nr++];

    *out = (xen_cpuid_leaf_t){.leaf = leaf, .subleaf = subleaf};
    for (size_t i = 0; i < leaves->nr_known; i++)
        if (leaves->known[i].leaf == leaf && leaves->known[i].subleaf == subleaf)
            *out = leaves->known[i];
}

static void leaves_put(struct leaves *leaves, uint32_t first, uint32_t last) {
    for (uint32_t leaf = first; leaf <= last; leaf++) {
        uint32_t nr = subleaves(leaf);

        if (nr == 0)
            leaf_put(leaves, leaf, XEN_CPUID_NO_SUBLEAF);
        for (uint32_t subleaf = 0; subleaf < nr; subleaf++)
            leaf_put(leaves, leaf, subleaf);
    }
}

unsigned policy_leaves(uint32_t index, xen_cpuid_leaf_t ret[POLICY_MAX_LEAVES]) {
    const uint32_t none = XEN_CPUID_NO_SUBLEAF;
    uint32_t f[POLICY_FEATURE_WORDS];

    policy_features(features_of_policy(index), f);
    const xen_cpuid_leaf_t known[] = {
        {0, none, MAX_BASIC_LEAF, 0x756e6547, 0x6c65746e, 0x49656e69}, // GenuineIntel
        {1, none, 0x000306f2, 0x00200800, f[1], f[0]},
        {2, none, 0x76036301, 0x00f0b5ff, 0, 0x00c10000},
        {4, 0, 0x1c004121, 0x01c0003f, 0x0000003f, 0},
        {4, 1, 0x1c004122, 0x01c0003f, 0x0000003f, 0},
        {4, 2, 0x1c004143, 0x01c0003f, 0x000001ff, 0},
        {4, 3, 0x1c03c163, 0x04c0003f, 0x00006fff, 6},
        {5, none, 0x40, 0x40, 3, 0x2120},
        {7, 0, MAX_FEATURE_SUBLEAF, f[5], f[6], f[9]},
        {7, 1, f[10], f[12], f[14], f[15]},
        {7, 2, 0, 0, 0, f[13]},
        {0xb, 0, 1, 2, 0x100, 0},
        {0xb, 1, 4, 16, 0x201, 0},
        {0xd, 0, 7, 0x340, 0x340, 0},
        {0xd, 1, f[4], 0, 0, 0},
        {0xd, 2, 0x100, 0x240, 0, 0},
        {0x80000000, none, MAX_EXTENDED_LEAF, 0, 0, 0},
        {0x80000001, none, 0, 0, f[3], f[2]},
        {0x80000002, none, 0x65646f4d, 0x6c6c, 0, 0}, // "Modell"
        {0x80000006, none, 0, 0, 0x01006040, 0},
        {0x80000007, none, 0, 0, 0, f[7]},
        {0x80000008, none, 0x302e, f[8], 0, 0},
    };
    struct leaves leaves = {.out = ret, .known = known, .nr_known = sizeof(known) / sizeof(*known)};

    leaves_put(&leaves, 0, MAX_BASIC_LEAF);
    leaf_put(&leaves, HYPERVISOR_LEAF, none);
    leaf_put(&leaves, HYPERVISOR_LEAF_2, none);
    leaves_put(&leaves, 0x80000000, MAX_EXTENDED_LEAF);
    return leaves.nr;
}

void policy_msrs(xen_msr_entry_t ret[POLICY_NR_MSRS]) {
    memset(ret, 0, POLICY_NR_MSRS * sizeof(*ret));
    ret[0].idx = 0xce;  // platform information
    ret[1].idx = 0x10a; // architectural capabilities
    ret[1].val = host_features[16];
}

// A domain that nobody has given a policy has the default one.
static void policy_default(struct domain *d) {
    xen_cpuid_leaf_t leaves[POLICY_MAX_LEAVES];
    xen_msr_entry_t msrs[POLICY_NR_MSRS];
    unsigned nr;

    if (d->policy_leaves)
        return;
    nr = policy_leaves(
        d->hvm ? XEN_SYSCTL_cpu_policy_hvm_default : XEN_SYSCTL_cpu_policy_pv_default, leaves);
    policy_msrs(msrs);
    memcpy(d->policy, leaves, nr * sizeof(*leaves));
    memcpy(d->policy + nr * sizeof(*leaves), msrs, sizeof(msrs));
    d->policy_leaves = nr;
    d->policy_msrs = POLICY_NR_MSRS;
}

long call_policy_get(struct call *call) {
    struct xen_domctl *op = call->data;
    struct xen_domctl_cpu_policy *policy = &op->u.cpu_policy;
    struct domain *d = call->d;

    if (!d)
        return -ESRCH;
    policy_default(d);
    if (policy->nr_leaves < d->policy_leaves || policy->nr_msrs < d->policy_msrs)
        return -ENOBUFS;
    memcpy(policy->leaves.p, d->policy, d->policy_leaves * sizeof(*policy->leaves.p));
    memcpy(policy->msrs.p, d->policy + d->policy_leaves * sizeof(*policy->leaves.p),
           d->policy_msrs * sizeof(*policy->msrs.p));
    policy->nr_leaves = d->policy_leaves;
    policy->nr_msrs = d->policy_msrs;
    return 0;
}

long call_policy_set(struct call *call) {
    const struct xen_domctl *op = call->data;
    const struct xen_domctl_cpu_policy *policy = &op->u.cpu_policy;
    size_t leaves = policy->nr_leaves * sizeof(*policy->leaves.p);
    size_t msrs = policy->nr_msrs * sizeof(*policy->msrs.p);
    struct domain *d = call->d;

    if (!d)
        return -ESRCH;
    if (leaves + msrs > DOMAIN_POLICY_BYTES)
        return -E2BIG;
    memcpy(d->policy, policy->leaves.p, leaves);
    memcpy(d->policy + leaves, policy->msrs.p, msrs);
    d->policy_leaves = policy->nr_leaves;
    d->policy_msrs = policy->nr_msrs;
    return 0;
}
