// XenServer's libxenguest takes the number of cores per socket with the rest of the CPU policy;
// upstream's does not. There the policy is read back, edited and set once more.

#include "lib/guest/topology.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xenguest.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

enum vendor { VENDOR_OTHER, VENDOR_INTEL, VENDOR_AMD };

// First four letters of the vendor's name in leaf 0.
#define EBX_INTEL 0x756e6547U // "Genu", ineIntel
#define EBX_AMD 0x68747541U   // "Auth", enticAMD
#define EBX_HYGON 0x6f677948U // "Hygo", nGenuine

static enum vendor vendor_of(const xen_cpuid_leaf_t *leaves, uint32_t nr_leaves) {
    for (uint32_t i = 0; i < nr_leaves; i++) {
        if (leaves[i].leaf != 0)
            continue;
        if (leaves[i].b == EBX_INTEL)
            return VENDOR_INTEL;
        if (leaves[i].b == EBX_AMD || leaves[i].b == EBX_HYGON)
            return VENDOR_AMD;
    }
    return VENDOR_OTHER;
}

// Puts a value into `bits` bits from `shift` up; one that does not fit becomes the largest that
// does, which systems take for "that many or more".
static void put_field(uint32_t *reg, unsigned shift, unsigned bits, uint32_t value) {
    uint32_t max = (1U << bits) - 1;

    *reg = (*reg & ~(max << shift)) | (value < max ? value : max) << shift;
}

static void edit_leaf(xen_cpuid_leaf_t *leaf, enum vendor vendor, unsigned ids) {
    switch (leaf->leaf) {
    case 1:
        leaf->d |= 1U << 28;             // HTT: the next field counts
        put_field(&leaf->b, 16, 8, ids); // logical processors in the package
        break;
    case 4: // caches; type 0: no more of them
        if (vendor != VENDOR_INTEL || !(leaf->a & 0x1f))
            break;
        put_field(&leaf->a, 26, 6, ids - 1); // cores in the package
        put_field(&leaf->a, 14, 12, 0);      // threads that share the cache
        break;
    case 0x80000001:
        if (vendor == VENDOR_AMD)
            leaf->c |= 1U << 1; // CmpLegacy: those are cores, not threads
        break;
    case 0x80000008:
        if (vendor != VENDOR_AMD)
            break;
        put_field(&leaf->c, 12, 4, 0);      // ApicIdCoreSize: the next field counts
        put_field(&leaf->c, 0, 8, ids - 1); // cores in the package
        break;
    }
}

void topology_edit(xen_cpuid_leaf_t *leaves, uint32_t nr_leaves, unsigned cores_per_socket) {
    enum vendor vendor = vendor_of(leaves, nr_leaves);

    for (uint32_t i = 0; i < nr_leaves; i++)
        edit_leaf(&leaves[i], vendor, 2 * cores_per_socket);
}

static void policy_destroy(xc_cpu_policy_t **policy) {
    xc_cpu_policy_destroy(*policy);
}

static int edit_policy(xc_interface *xch, xc_cpu_policy_t *policy, unsigned cores_per_socket,
                       struct error *err) {
    CLEANUP(cleanup_free) xen_cpuid_leaf_t *leaves = NULL;
    CLEANUP(cleanup_free) xen_msr_entry_t *msrs = NULL;
    uint32_t nr_leaves = 0, nr_msrs = 0;

    errno = 0;
    if (xc_cpu_policy_get_size(xch, &nr_leaves, &nr_msrs))
        return xen_error(err, xch, "asking for the size of a CPU policy");
    leaves = calloc(nr_leaves ? nr_leaves : 1, sizeof(*leaves));
    msrs = calloc(nr_msrs ? nr_msrs : 1, sizeof(*msrs));
    if (!leaves || !msrs)
        return error_set(err, ENOMEM, "no memory for a CPU policy");
    errno = 0;
    if (xc_cpu_policy_serialise(xch, policy, leaves, &nr_leaves, msrs, &nr_msrs))
        return xen_error(err, xch, "reading the leaves of the CPU policy");
    topology_edit(leaves, nr_leaves, cores_per_socket);
    errno = 0;
    if (xc_cpu_policy_update_cpuid(xch, policy, leaves, nr_leaves))
        return xen_error(err, xch, "changing the topology in the CPU policy");
    return 0;
}

int topology_set(xc_interface *xch, uint32_t domid, unsigned cores_per_socket, struct error *err) {
    CLEANUP(policy_destroy) xc_cpu_policy_t *policy = xc_cpu_policy_init();
    int rc;

    if (!policy)
        return error_set(err, ENOMEM, "no memory for a CPU policy");
    errno = 0;
    if (xc_cpu_policy_get_domain(xch, domid, policy))
        return xen_error(err, xch, "reading back the CPU policy");
    rc = edit_policy(xch, policy, cores_per_socket, err);
    if (rc)
        return rc;
    errno = 0;
    if (xc_cpu_policy_set_domain(xch, domid, policy))
        return xen_error(err, xch, "setting a CPU policy with %u cores per socket",
                         cores_per_socket);
    return 0;
}
