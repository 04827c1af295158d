// What the guest's CPUID shows.
#ifndef GUEST_CPU_POLICY_H
#define GUEST_CPU_POLICY_H

#include <stdint.h>

#include <xenctrl.h>

#include "lib/guest/platform.h"
#include "lib/util/error.h"

// Zero-initialise; cpu_features_done releases it.
struct cpu_features {
    uint32_t *words; // a featureset as long as the hypervisor's
    uint32_t nr;
};

// The features that a guest gets: the featureset of `platform`, or Xen's default for HVM or PV
// guests, with what nested virtualisation and never migrating add, and less what platform/nx and
// platform/pae switch off. Changes nothing. -EINVAL: a featureset that does not parse, or is more
// than this host has.
int cpu_features_read(xc_interface *xch, const struct platform *platform, struct cpu_features *ret,
                      struct error *err);

void cpu_features_done(struct cpu_features *features);

// Gives the domain its CPU policy: these features, and the topology that platform/cores-per-socket
// asks for.
int cpu_policy_apply(xc_interface *xch, uint32_t domid, const struct platform *platform,
                     const struct cpu_features *features, struct error *err);

// The same for a guest that is restored from a stream without a CPU policy, as Xen 4.13 and older
// have written it: what those gave every guest stays.
int cpu_policy_restore(xc_interface *xch, uint32_t domid, const struct platform *platform,
                       struct error *err);

#endif
