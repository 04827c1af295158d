// Creation in the order of xenopsd: flags that cannot be changed later first, then vCPUs, memory
// limit and paging pool, each of which needs the one before, then the event channels.

#include "tests/lab/toolstack/domain.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

// Beyond guest RAM: video memory, 8 MiB in today's templates, and xapi's extra MiB, in
// which the builder's special pages fit.
#define VIDEO_MIB 8
#define EXTRA_MIB 1

#define PAGES_PER_MIB 256
#define DESTROY_SECONDS 300

static int failed(const char *what, struct error *err) {
    return error_set(err, errno, "%s: %s", what, strerror(errno));
}

// A random UUID, version 4.
static int handle_make(unsigned char handle[16], struct error *err) {
    if (getrandom(handle, 16, 0) != 16)
        return failed("getrandom", err);
    handle[6] = (unsigned char)((handle[6] & 0x0f) | 0x40);
    handle[8] = (unsigned char)((handle[8] & 0x3f) | 0x80);
    return 0;
}

static int port_make(struct toolstack *ts, uint32_t domid, uint32_t *ret, struct error *err) {
    int port = xc_evtchn_alloc_unbound(ts->xch, domid, 0);

    if (port < 0)
        return failed("xc_evtchn_alloc_unbound", err);
    *ret = (uint32_t)port;
    return 0;
}

// xapi's formula without its multiplier, rounded up.
static unsigned int pool_mib(uint32_t vcpus, uint64_t mem_mib) {
    uint64_t pages = UINT64_C(256) * vcpus + 2 * mem_mib;

    return (unsigned int)((pages + PAGES_PER_MIB - 1) / PAGES_PER_MIB);
}

static int domain_equip(struct toolstack *ts, const struct lab_domain_settings *settings,
                        struct lab_domain *domain, struct error *err) {
    unsigned int video_mib = settings->pvh || settings->pv ? 0 : VIDEO_MIB;
    uint64_t max_kib = (settings->mem_mib + video_mib + EXTRA_MIB) * 1024;
    unsigned int pool =
        settings->pool_mib ? settings->pool_mib : pool_mib(settings->vcpus, settings->mem_mib);
    int rc;

    if (xc_domain_max_vcpus(ts->xch, domain->domid, settings->vcpus) < 0)
        return failed("xc_domain_max_vcpus", err);
    if (xc_domain_setmaxmem(ts->xch, domain->domid, max_kib) < 0)
        return failed("xc_domain_setmaxmem", err);
    if (!settings->pv && xc_shadow_control(ts->xch, domain->domid,
                                           XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, &pool, 0) < 0)
        return failed("paging pool", err);
    rc = port_make(ts, domain->domid, &domain->store_port, err);
    if (rc == 0)
        rc = port_make(ts, domain->domid, &domain->console_port, err);
    return rc;
}

static uint32_t emulation_of(const struct lab_domain_settings *settings) {
    if (settings->pv)
        return 0;
    return settings->pvh ? XEN_X86_EMU_LAPIC : XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI;
}

int lab_domain_create(struct toolstack *ts, const struct lab_domain_settings *settings,
                      struct lab_domain *ret, struct error *err) {
    struct xen_domctl_createdomain config = {
        .flags = (settings->pv ? 0 : XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap) |
                 (settings->nested ? XEN_DOMCTL_CDF_nested_virt : 0),
        .max_vcpus = settings->vcpus,
        .max_evtchn_port = UINT32_MAX, // no limit but the hypervisor's
        .max_grant_frames = 64,
        .max_maptrack_frames = 1024,
        .grant_opts = XEN_DOMCTL_GRANT_version(2),
        .arch.emulation_flags = emulation_of(settings),
    };
    struct lab_domain domain = {0};
    int rc = handle_make(domain.handle, err);

    if (rc < 0)
        return rc;
    memcpy(config.handle, domain.handle, sizeof(config.handle));
    if (xc_domain_create(ts->xch, &domain.domid, &config) < 0)
        return failed("xc_domain_create", err);
    rc = domain_equip(ts, settings, &domain, err);
    if (rc < 0) {
        lab_domain_discard(ts, domain.domid);
        return rc;
    }
    *ret = domain;
    return 0;
}

int lab_domain_create_holder(struct toolstack *ts, uint64_t mem_mib, uint32_t *ret_domid,
                             struct error *err) {
    struct xen_domctl_createdomain config = {
        .max_vcpus = 1,
        .max_evtchn_port = UINT32_MAX,
        .max_grant_frames = 1,
        .max_maptrack_frames = 1,
        .grant_opts = XEN_DOMCTL_GRANT_version(2),
    };
    uint32_t domid = 0;
    int rc = handle_make(config.handle, err);

    if (rc < 0)
        return rc;
    if (xc_domain_create(ts->xch, &domid, &config) < 0)
        return failed("xc_domain_create", err);
    if (xc_domain_setmaxmem(ts->xch, domid, (mem_mib + EXTRA_MIB) * 1024) < 0) {
        rc = failed("xc_domain_setmaxmem", err);
        lab_domain_discard(ts, domid);
        return rc;
    }
    *ret_domid = domid;
    return 0;
}

int lab_domain_info(struct toolstack *ts, uint32_t domid, xc_domaininfo_t *ret, struct error *err) {
    // The list starts at the first domain from `domid` on. (xc_domain_getinfo_single is not in
    // every supported release, and xc_domain_getinfo is gone from the later ones.)
    int nr = xc_domain_getinfolist(ts->xch, domid, 1, ret);

    if (nr < 0)
        return failed("xc_domain_getinfolist", err);
    return nr == 0 || ret->domain != domid ? -ESRCH : 0;
}

int lab_domain_destroy(struct toolstack *ts, uint32_t domid, struct error *err) {
    const struct timespec pause = {.tv_nsec = 50000000};
    const time_t limit = time(NULL) + DESTROY_SECONDS;
    xc_domaininfo_t info;
    int rc;

    if (xc_domain_destroy(ts->xch, domid) < 0 && errno != ESRCH)
        return failed("xc_domain_destroy", err);
    // A domain stays as long as somebody holds its pages: xenstored, until it has seen the end.
    for (;;) {
        rc = lab_domain_info(ts, domid, &info, err);
        if (rc == -ESRCH)
            return 0;
        if (rc < 0)
            return rc;
        if (time(NULL) > limit)
            return error_set(err, ETIMEDOUT, "domain %u is still dying after %d s", domid,
                             DESTROY_SECONDS);
        nanosleep(&pause, NULL);
    }
}

void lab_domain_discard(struct toolstack *ts, uint32_t domid) {
    struct error err = {0};

    lab_domain_destroy(ts, domid, &err);
    error_done(&err);
}
