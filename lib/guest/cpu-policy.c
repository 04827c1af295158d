// The length of a featureset is the hypervisor's: it is asked first, so that a featureset written
// by an older or newer host is extended or checked against it.

#include "lib/guest/cpu-policy.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <xenguest.h>

#include "lib/guest/featureset.h"
#include "lib/util/cleanup.h"
#include "lib/util/xen.h"
#include "probe.h"

static int host_featureset_length(xc_interface *xch, uint32_t *ret, struct error *err) {
    *ret = 0;
    errno = 0;
    if (xc_get_cpu_featureset(xch, XEN_SYSCTL_cpu_featureset_host, ret, NULL))
        return xen_error(err, xch, "asking for the length of the host's CPU featureset");
    if (!*ret)
        return error_set(err, ENODATA, "the hypervisor reports an empty CPU featureset");
    return 0;
}

static int guest_featureset(xc_interface *xch, const struct platform *platform, uint32_t *words,
                            uint32_t nr_words, struct error *err) {
    int rc;

    if (platform->featureset) {
        rc = featureset_parse(platform->featureset, words, nr_words, err);
        return rc ? error_prefix(err, "Xenstore key platform/featureset") : 0;
    }
    errno = 0;
    if (xc_get_cpu_featureset(xch, XEN_SYSCTL_cpu_featureset_hvm, &nr_words, words))
        return xen_error(err, xch, "reading the CPU featureset for HVM guests");
    return 0;
}

static void clear_feature(uint32_t *words, uint32_t nr_words, unsigned word, unsigned bit) {
    if (word < nr_words)
        words[word] &= ~(1U << bit);
}

// With a featureset given, the library takes no notice of its pae, itsc and nested arguments.
static int apply(xc_interface *xch, uint32_t domid, const uint32_t *words, uint32_t nr_words) {
#if CPUID_APPLY_POLICY_ARGS == 11
    return xc_cpuid_apply_policy(xch, domid, false, words, nr_words, false, false, false, 0, NULL,
                                 NULL);
#else
    return xc_cpuid_apply_policy(xch, domid, false, words, nr_words, false, false, false, NULL,
                                 NULL);
#endif
}

int cpu_policy_apply(xc_interface *xch, uint32_t domid, const struct platform *platform,
                     struct error *err) {
    CLEANUP(cleanup_free) uint32_t *words = NULL;
    uint32_t nr_words;
    int rc;

    rc = host_featureset_length(xch, &nr_words, err);
    if (rc)
        return rc;
    words = calloc(nr_words, sizeof(*words));
    if (!words)
        return error_set(err, ENOMEM, "no memory for a CPU featureset");
    rc = guest_featureset(xch, platform, words, nr_words, err);
    if (rc)
        return rc;
    if (!platform->nx)
        clear_feature(words, nr_words, FEATURESET_NX_WORD, FEATURESET_NX_BIT);
    if (!platform->pae)
        clear_feature(words, nr_words, FEATURESET_PAE_WORD, FEATURESET_PAE_BIT);
    errno = 0;
    rc = apply(xch, domid, words, nr_words);
    if (rc) {
        // Returns a negative errno, with or without setting errno itself.
        if (!errno)
            errno = -rc;
        return xen_error(err, xch, "applying the CPU policy");
    }
    return 0;
}
