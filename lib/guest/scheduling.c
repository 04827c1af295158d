// Which scheduler runs a domain depends on its CPU pool. Rather than asking for pool and scheduler,
// each one's parameters are asked for: Xen answers EINVAL unless it is the domain's.

#include "lib/guest/scheduling.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/guest/cpumap.h"
#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

// --- affinity ---

int scheduling_parse_affinity(const char *text, unsigned vcpu, unsigned nr_cpus, uint8_t *map,
                              struct error *err) {
    if (cpumap_parse(text, nr_cpus, map, err))
        return error_prefix(err, "Xenstore key platform/vcpu/%u/affinity", vcpu);
    return 0;
}

static int set_affinity(xc_interface *xch, uint32_t domid, unsigned vcpu, const char *text,
                        unsigned nr_cpus, struct error *err) {
    CLEANUP(cleanup_free) uint8_t *map = xc_cpumap_alloc(xch);
    int rc;

    if (!map)
        return error_set(err, ENOMEM, "no memory for a map of %u CPUs", nr_cpus);
    rc = scheduling_parse_affinity(text, vcpu, nr_cpus, map, err);
    if (rc)
        return rc;
    errno = 0;
    if (xc_vcpu_setaffinity(xch, domid, (int)vcpu, map, NULL, XEN_VCPUAFFINITY_HARD))
        return xen_error(err, xch, "setting the hard affinity of vCPU %u to \"%s\"", vcpu, text);
    return 0;
}

// The toolstack writes a character for each CPU; fewer are from a smaller host, and silently keep
// the guest from using the rest of this one.
static void warn_of_short(const struct platform *platform, unsigned nr_online,
                          struct warnings *warnings) {
    for (unsigned vcpu = 0; vcpu < platform->nr_vcpus; vcpu++) {
        const char *text = platform->affinity[vcpu];

        if (!text || strlen(text) >= nr_online)
            continue;
        warnings_add(warnings,
                     "Xenstore key platform/vcpu/%u/affinity: \"%s\" says nothing about all of the "
                     "host's %u CPUs; the vCPU will not run on the rest",
                     vcpu, text, nr_online);
        return;
    }
}

int scheduling_set_affinity(xc_interface *xch, uint32_t domid, const struct platform *platform,
                            struct warnings *warnings, struct error *err) {
    xc_physinfo_t host = {0};
    int rc = 0;

    errno = 0;
    if (xc_physinfo(xch, &host))
        return xen_error(err, xch, "asking for the number of CPUs");
    for (unsigned vcpu = 0; vcpu < platform->nr_vcpus && !rc; vcpu++) {
        if (platform->affinity[vcpu])
            rc = set_affinity(xch, domid, vcpu, platform->affinity[vcpu], host.max_cpu_id + 1, err);
    }
    if (!rc)
        warn_of_short(platform, host.nr_cpus, warnings);
    return rc;
}

// --- weight and cap ---

struct share {
    uint16_t weight, cap;
};

static int get_credit(xc_interface *xch, uint32_t domid, struct share *ret) {
    struct xen_domctl_sched_credit credit = {0};
    int r = xc_sched_credit_domain_get(xch, domid, &credit);

    *ret = (struct share){credit.weight, credit.cap};
    return r;
}

static int set_credit(xc_interface *xch, uint32_t domid, struct share share) {
    struct xen_domctl_sched_credit credit = {.weight = share.weight, .cap = share.cap};

    return xc_sched_credit_domain_set(xch, domid, &credit);
}

static int get_credit2(xc_interface *xch, uint32_t domid, struct share *ret) {
    struct xen_domctl_sched_credit2 credit2 = {0};
    int r = xc_sched_credit2_domain_get(xch, domid, &credit2);

    *ret = (struct share){credit2.weight, credit2.cap};
    return r;
}

static int set_credit2(xc_interface *xch, uint32_t domid, struct share share) {
    struct xen_domctl_sched_credit2 credit2 = {.weight = share.weight, .cap = share.cap};

    return xc_sched_credit2_domain_set(xch, domid, &credit2);
}

static const struct {
    int (*get)(xc_interface *xch, uint32_t domid, struct share *ret);
    int (*set)(xc_interface *xch, uint32_t domid, struct share share);
} schedulers[] = {
    {get_credit, set_credit},
    {get_credit2, set_credit2},
};
#define NR_SCHEDULERS ((int)(sizeof(schedulers) / sizeof(schedulers[0])))

// Finds the domain's scheduler and reads its share. Returns an index, NR_SCHEDULERS if there is
// none for it, or a negative errno.
static int find_scheduler(xc_interface *xch, uint32_t domid, struct share *ret, struct error *err) {
    for (int i = 0; i < NR_SCHEDULERS; i++) {
        errno = 0;
        if (!schedulers[i].get(xch, domid, ret))
            return i;
        if (errno != EINVAL)
            return xen_error(err, xch, "reading the domain's weight and cap");
    }
    return NR_SCHEDULERS;
}

int scheduling_set_share(xc_interface *xch, uint32_t domid, const struct platform *platform,
                         struct warnings *warnings, struct error *err) {
    struct share share;
    int i;

    if (!platform->weight && !platform->cap)
        return 0;
    i = find_scheduler(xch, domid, &share, err);
    if (i < 0)
        return i;
    if (i == NR_SCHEDULERS) {
        warnings_add(warnings, "the domain's scheduler is neither credit nor credit2: "
                               "platform/vcpu/weight and cap have no effect");
        return 0;
    }
    if (platform->weight)
        share.weight = platform->weight;
    if (platform->cap)
        share.cap = platform->cap;
    errno = 0;
    if (schedulers[i].set(xch, domid, share))
        return xen_error(err, xch, "setting the scheduler's weight to %u and cap to %u",
                         share.weight, share.cap);
    return 0;
}
