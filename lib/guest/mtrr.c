// Xen has them in a record of each vCPU's context, that of a vCPU which is not yet online included.
// What they say of single ranges is left to the library. A dom0 under Secure Boot passes the calls
// on that set such a record, but not the one that reads a single one.

#include "lib/guest/mtrr.h"

#include <errno.h>
#include <inttypes.h>

#include <xen/hvm/save.h>
#include <xen/xen.h>

#include "lib/util/xen.h"

// Bits of IA32_MTRR_DEF_TYPE (Intel SDM, volume 3, 12.11.2.1).
#define TYPE_MASK 0xffU
#define TYPE_WRITE_BACK 6U
#define ENABLED (1U << 11)

static int check_vcpu(xc_interface *xch, uint32_t domid, unsigned vcpu, struct error *err) {
    HVM_SAVE_TYPE(MTRR) mtrr;

    errno = 0;
    if (xc_domain_hvm_getcontext_partial(xch, domid, HVM_SAVE_CODE(MTRR), (uint16_t)vcpu, &mtrr,
                                         sizeof(mtrr))) {
        if (errno == ENOSYS || errno == EPERM) {
            xc_clear_last_error(xch);
            return 0;
        }
        return xen_error(err, xch, "reading the MTRRs of vCPU %u", vcpu);
    }
    if ((mtrr.msr_mtrr_def_type & (ENABLED | TYPE_MASK)) != (ENABLED | TYPE_WRITE_BACK))
        return error_set(err, EIO,
                         "libxenguest could not set the MTRRs of vCPU %u: its memory would be "
                         "uncached (default type %#" PRIx64 ")",
                         vcpu, mtrr.msr_mtrr_def_type);
    return 0;
}

int mtrr_check(xc_interface *xch, uint32_t domid, unsigned nr_vcpus, struct error *err) {
    int rc = 0;

    for (unsigned vcpu = 0; vcpu < nr_vcpus && !rc; vcpu++)
        rc = check_vcpu(xch, domid, vcpu, err);
    return rc;
}
