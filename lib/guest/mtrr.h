// The MTRRs of a PVH guest's vCPUs.
#ifndef GUEST_MTRR_H
#define GUEST_MTRR_H

#include <stdint.h>

#include <xenctrl.h>

#include "lib/util/error.h"

// Checks that each vCPU has its MTRRs enabled, with write-back for what none of them has: the
// library sets that while it boots the image and does not look whether Xen took it. No firmware
// comes after it, so that a vCPU without it would find all memory uncached. -EIO: a vCPU is
// without; else what Xen answers when it is asked. A call that is forbidden (ENOSYS, EPERM) is no
// failure: then nobody can tell.
int mtrr_check(xc_interface *xch, uint32_t domid, unsigned nr_vcpus, struct error *err);

#endif
