// The policy is taken through the library, which has the leaves in a format that Xen promises to
// keep.

#include "tests/lab/toolstack/leaves.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xenguest.h>

#define NO_SUBLEAF XEN_CPUID_NO_SUBLEAF
#define EBX_INTEL 0x756e6547U // the first letters of GenuineIntel

static int serialise(struct toolstack *ts, xc_cpu_policy_t *policy, struct leaves *ret,
                     struct error *err) {
    uint32_t nr_leaves = 0;
    uint32_t nr_msrs = 0;
    xen_msr_entry_t *msrs;
    int rc = 0;

    if (xc_cpu_policy_get_size(ts->xch, &nr_leaves, &nr_msrs))
        return error_set(err, errno, "xc_cpu_policy_get_size: %s", strerror(errno));
    ret->list = calloc(nr_leaves + 1UL, sizeof(*ret->list));
    ret->nr = nr_leaves;
    msrs = calloc(nr_msrs + 1UL, sizeof(*msrs));
    if (!ret->list || !msrs)
        rc = error_set(err, ENOMEM, "out of memory");
    else if (xc_cpu_policy_serialise(ts->xch, policy, ret->list, &ret->nr, msrs, &nr_msrs))
        rc = error_set(err, errno, "xc_cpu_policy_serialise: %s", strerror(errno));
    free(msrs);
    return rc;
}

int leaves_read(struct toolstack *ts, uint32_t domid, struct leaves *ret, struct error *err) {
    xc_cpu_policy_t *policy = xc_cpu_policy_init();
    int rc;

    *ret = (struct leaves){0};
    if (!policy)
        return error_set(err, ENOMEM, "out of memory");
    if (xc_cpu_policy_get_domain(ts->xch, domid, policy))
        rc = error_set(err, errno, "xc_cpu_policy_get_domain: %s", strerror(errno));
    else
        rc = serialise(ts, policy, ret, err);
    xc_cpu_policy_destroy(policy);
    if (rc < 0) {
        free(ret->list);
        ret->list = NULL;
    }
    return rc;
}

// Zeros if it is not there, as CPUID gives them.
static xen_cpuid_leaf_t leaf_of(const struct leaves *leaves, uint32_t leaf, uint32_t subleaf) {
    for (uint32_t i = 0; i < leaves->nr; i++)
        if (leaves->list[i].leaf == leaf && leaves->list[i].subleaf == subleaf)
            return leaves->list[i];
    return (xen_cpuid_leaf_t){0};
}

struct cpu_view leaves_view(const struct leaves *leaves) {
    const xen_cpuid_leaf_t basic = leaf_of(leaves, 1, NO_SUBLEAF);
    struct cpu_view view = {.logical = basic.b >> 16 & 0xff};

    if (leaf_of(leaves, 0, NO_SUBLEAF).b == EBX_INTEL) {
        const xen_cpuid_leaf_t cache = leaf_of(leaves, 4, 0);

        view.cores = (cache.a >> 26) + 1;
        view.cores_have_threads = cache.a >> 14 & 0xfff;
    } else {
        const xen_cpuid_leaf_t sizes = leaf_of(leaves, 0x80000008, NO_SUBLEAF);
        const unsigned cmp_legacy = leaf_of(leaves, 0x80000001, NO_SUBLEAF).c >> 1 & 1;

        // ApicIdCoreSize would say it in another way, if it were not 0.
        view.cores = sizes.c >> 12 & 0xf ? 1U << (sizes.c >> 12 & 0xf) : (sizes.c & 0xff) + 1;
        view.cores_have_threads = !cmp_legacy;
    }
    return view;
}

uint32_t leaves_word(const struct leaves *leaves, unsigned word) {
    switch (word) {
    case 0:
        return leaf_of(leaves, 1, NO_SUBLEAF).d;
    case 1:
        return leaf_of(leaves, 1, NO_SUBLEAF).c;
    case 2:
        return leaf_of(leaves, 0x80000001, NO_SUBLEAF).d;
    case 3:
        return leaf_of(leaves, 0x80000001, NO_SUBLEAF).c;
    case 4:
        return leaf_of(leaves, 0xd, 1).a;
    case 5:
        return leaf_of(leaves, 7, 0).b;
    case 6:
        return leaf_of(leaves, 7, 0).c;
    case 7:
        return leaf_of(leaves, 0x80000007, NO_SUBLEAF).d;
    case 8:
        return leaf_of(leaves, 0x80000008, NO_SUBLEAF).b;
    case 9:
        return leaf_of(leaves, 7, 0).d;
    case 10:
        return leaf_of(leaves, 7, 1).a;
    default:
        return 0;
    }
}
