// What the guest's CPUID shows.
#ifndef GUEST_CPU_POLICY_H
#define GUEST_CPU_POLICY_H

#include <stdint.h>

#include <xenctrl.h>

#include "lib/guest/platform.h"
#include "lib/util/error.h"

// Gives the domain its CPU policy: the featureset of `platform`, or Xen's default for HVM guests,
// with what nested virtualisation adds and less what platform/nx and platform/pae switch off; and
// the topology that platform/cores-per-socket asks for.
int cpu_policy_apply(xc_interface *xch, uint32_t domid, const struct platform *platform,
                     struct error *err);

#endif
