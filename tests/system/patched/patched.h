// xc_cpuid_apply_policy as XenServer's libxenguest has it, with one argument more, for building the
// program against it. The installed library has upstream's, which stays visible to patched.c.
#ifndef SYSTEM_PATCHED_H
#define SYSTEM_PATCHED_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

int patched_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore,
                               const uint32_t *featureset, unsigned nr_features, bool pae,
                               bool itsc, bool nested_virt, unsigned cores_per_socket,
                               const struct xc_xend_cpuid *cpuid, const struct xc_msr *msr);

#define xc_cpuid_apply_policy patched_cpuid_apply_policy

#endif
