// The length of a featureset is the hypervisor's: it is asked first, so that a featureset written
// by an older or newer host is extended or checked against it.

#include "lib/guest/cpu-policy.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <xenguest.h>

#include "lib/guest/featureset.h"
#include "lib/guest/topology.h"
#include "lib/util/cleanup.h"
#include "lib/util/xen.h"
#include "probe.h"

static int read_host(xc_interface *xch, struct cpu_features *ret, struct error *err) {
    errno = 0;
    if (xc_get_cpu_featureset(xch, XEN_SYSCTL_cpu_featureset_host, &ret->nr, NULL))
        return xen_error(err, xch, "asking for the length of the host's CPU featureset");
    if (!ret->nr)
        return error_set(err, ENODATA, "the hypervisor reports an empty CPU featureset");
    ret->words = calloc(ret->nr, sizeof(*ret->words));
    if (!ret->words)
        return error_set(err, ENOMEM, "no memory for a CPU featureset");
    errno = 0;
    if (xc_get_cpu_featureset(xch, XEN_SYSCTL_cpu_featureset_host, &ret->nr, ret->words))
        return xen_error(err, xch, "reading the host's CPU featureset");
    return 0;
}

static int read_guest(xc_interface *xch, const struct platform *platform,
                      struct cpu_features *guest, struct error *err) {
    const uint32_t set =
        platform->hvm ? XEN_SYSCTL_cpu_featureset_hvm : XEN_SYSCTL_cpu_featureset_pv;
    const char *text = platform->featureset;
    int rc;

    guest->words = calloc(guest->nr, sizeof(*guest->words));
    if (!guest->words)
        return error_set(err, ENOMEM, "no memory for a CPU featureset");
    if (text) {
        rc = featureset_parse(text, guest->words, guest->nr, err);
        return rc ? error_prefix(err, "Xenstore key platform/featureset") : 0;
    }
    errno = 0;
    if (xc_get_cpu_featureset(xch, set, &guest->nr, guest->words))
        return xen_error(err, xch, "reading the CPU featureset for %s guests",
                         platform->hvm ? "HVM" : "PV");
    return 0;
}

// Nested virtualisation is offered by both vendors' names; Xen takes away what the host's CPU does
// not have. A constant TSC rate can only be promised to a guest that stays on this host. A PV guest
// has Xen's page tables: PAE always, and nothing to nest.
static void adjust(const struct platform *platform, const struct cpu_features *host,
                   struct cpu_features *guest) {
    if (platform->nested && platform->hvm) {
        featureset_set(guest->words, guest->nr, FEATURESET_VMX, true);
        featureset_set(guest->words, guest->nr, FEATURESET_SVM, true);
    }
    if (!platform->nx)
        featureset_set(guest->words, guest->nr, FEATURESET_NX, false);
    if (!platform->pae && platform->hvm)
        featureset_set(guest->words, guest->nr, FEATURESET_PAE, false);
    if (platform->nomigrate && featureset_has(host->words, host->nr, FEATURESET_ITSC))
        featureset_set(guest->words, guest->nr, FEATURESET_ITSC, true);
}

// With a featureset given, the library takes no notice of its pae, itsc and nested arguments.
static int call_library(xc_interface *xch, uint32_t domid, const struct platform *platform,
                        const struct cpu_features *guest, bool restored) {
#if CPUID_APPLY_POLICY_ARGS == 11
    return xc_cpuid_apply_policy(xch, domid, restored, guest->words, guest->nr, false, false,
                                 platform->nested, platform->cores_per_socket, NULL, NULL);
#else
    return xc_cpuid_apply_policy(xch, domid, restored, guest->words, guest->nr, false, false,
                                 platform->nested, NULL, NULL);
#endif
}

int cpu_features_read(xc_interface *xch, const struct platform *platform, struct cpu_features *ret,
                      struct error *err) {
    CLEANUP(cpu_features_done) struct cpu_features host = {0};
    CLEANUP(cpu_features_done) struct cpu_features guest = {0};
    int rc;

    rc = read_host(xch, &host, err);
    if (rc)
        return rc;
    guest.nr = host.nr;
    rc = read_guest(xch, platform, &guest, err);
    if (rc)
        return rc;
    adjust(platform, &host, &guest);
    *ret = guest;
    guest = (struct cpu_features){0};
    return 0;
}

void cpu_features_done(struct cpu_features *features) {
    free(features->words);
    *features = (struct cpu_features){0};
}

static int apply(xc_interface *xch, uint32_t domid, const struct platform *platform,
                 const struct cpu_features *features, bool restored, struct error *err) {
    int rc;

    errno = 0;
    rc = call_library(xch, domid, platform, features, restored);
    if (rc) {
        // Returns a negative errno, with or without setting errno itself.
        if (!errno)
            errno = -rc;
        return xen_error(err, xch, "applying the CPU policy");
    }
    if (CPUID_APPLY_POLICY_ARGS == 11 || !platform->cores_per_socket)
        return 0;
    return topology_set(xch, domid, platform->cores_per_socket, err);
}

int cpu_policy_apply(xc_interface *xch, uint32_t domid, const struct platform *platform,
                     const struct cpu_features *features, struct error *err) {
    return apply(xch, domid, platform, features, false, err);
}

int cpu_policy_restore(xc_interface *xch, uint32_t domid, const struct platform *platform,
                       struct error *err) {
    CLEANUP(cpu_features_done) struct cpu_features features = {0};
    int rc = cpu_features_read(xch, platform, &features, err);

    return rc ? rc : apply(xch, domid, platform, &features, true, err);
}
