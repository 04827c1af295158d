// EINVAL is what Xen answers to a claim that the domain has already, to a target below what it owns
// or above its limit, to a dying domain, and to forms of the call that it does not know. So the
// domain is read before and after, and EINVAL that nothing of this explains means "not supported".
//
// Targets of the classic call are absolute: they include what the domain owns already. Those of a
// claim set are on top of it.

#include "lib/claim/claim.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xencall.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"
#include "probe.h"

// What a rung of the ladder says if it is not there: neither CLAIM_REFUSED nor a negative errno.
#define UNSUPPORTED 2

#define RELEASE_ATTEMPTS 3

static uint64_t plan_pages(const struct plan *plan) {
    uint64_t nr_pages = plan->nodeless_pages;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        nr_pages += plan->node_pages[node];
    return nr_pages;
}

// The only node of the plan, or HOST_MAX_NODES.
static unsigned plan_single_node(const struct plan *plan) {
    unsigned single = HOST_MAX_NODES;

    if (plan->nodeless_pages)
        return HOST_MAX_NODES;
    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        if (!plan->node_pages[node])
            continue;
        if (single != HOST_MAX_NODES)
            return HOST_MAX_NODES;
        single = node;
    }
    return single;
}

static int refused(struct error *err, uint64_t nr_pages, const char *where) {
    error_set(err, ENOMEM, "Xen refused a claim of %" PRIu64 " MiB on %s: not enough memory",
              (uint64_t)(nr_pages / HOST_PAGES_PER_MIB), where);
    return CLAIM_REFUSED;
}

#if CLAIM_SET_API
#if CLAIM_SET_API >= 3
typedef xen_domctl_memory_claim_t claim_entry;
#elif CLAIM_SET_API == 2
typedef xen_memory_claim_t claim_entry;
#else
typedef memory_claim_t claim_entry;
#endif
// The target that is no node. Each draft has another name for it.
#define CLAIM_SET_HOST 0x80000000U

static int call_claim_set(const struct claim_request *request, claim_entry *entries, uint32_t nr) {
#if CLAIM_SET_API == 3
    return xc_domain_set_memory_claims(request->xch, request->domid, entries, nr);
#elif CLAIM_SET_API == 4
    return xc_domain_set_memory_claims(request->xch, request->domid, nr, entries);
#elif CLAIM_SET_API == 2
    return xc_domain_claim_memory(request->xch, request->domid, 0, &nr, entries);
#else
    return xc_domain_claim_memory(request->xch, request->domid, nr, entries);
#endif
}

static int stake_set(const struct claim_request *request, uint64_t surplus, struct error *err) {
    const struct plan *plan = request->plan;
    claim_entry entries[HOST_MAX_NODES + 1] = {0};
    uint32_t nr = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        if (plan->node_pages[node]) {
            entries[nr].pages = plan->node_pages[node];
            entries[nr++].target = node;
        }
    }
    if (plan->nodeless_pages + surplus) {
        entries[nr].pages = plan->nodeless_pages + surplus;
        entries[nr++].target = CLAIM_SET_HOST;
    }
    if (!call_claim_set(request, entries, nr))
        return 0;
    if (errno == ENOMEM)
        return refused(err, plan_pages(plan) + surplus, "the planned nodes");
    return UNSUPPORTED;
}

nodeset claim_refusing_nodes(const struct claim_request *request) {
    nodeset nodes = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        claim_entry entry = {.pages = request->plan->node_pages[node], .target = node};

        if (!entry.pages)
            continue;
        errno = 0;
        if (!call_claim_set(request, &entry, 1))
            xc_domain_claim_pages(request->xch, request->domid, 0);
        else if (errno == ENOMEM)
            nodes |= nodeset_of(node);
    }
    return nodes;
}
#else
static int stake_set(const struct claim_request *request, uint64_t surplus, struct error *err) {
    (void)request;
    (void)surplus;
    (void)err;
    return UNSUPPORTED;
}

nodeset claim_refusing_nodes(const struct claim_request *request) {
    unsigned node = plan_single_node(request->plan);

    return node == HOST_MAX_NODES ? 0 : nodeset_of(node);
}
#endif

#if CLAIM_GET_API
bool claim_read_nodes(xc_interface *xch, uint32_t domid, uint64_t ret[HOST_MAX_NODES]) {
    claim_entry entries[HOST_MAX_NODES + 1] = {0};
    uint32_t nr = HOST_MAX_NODES + 1;
#if CLAIM_GET_API == 2
    int r = xc_domain_claim_memory(xch, domid, 1, &nr, entries);
#elif CLAIM_GET_API == 3
    int r = xc_domain_get_memory_claims(xch, domid, entries, &nr);
#else
    int r = xc_domain_get_memory_claims(xch, domid, &nr, entries);
#endif

    if (r)
        return false;
    memset(ret, 0, HOST_MAX_NODES * sizeof(*ret));
    for (uint32_t i = 0; i < nr; i++) {
        if (entries[i].target < HOST_MAX_NODES)
            ret[entries[i].target] = entries[i].pages;
    }
    return true;
}
#else
bool claim_read_nodes(xc_interface *xch, uint32_t domid, uint64_t ret[HOST_MAX_NODES]) {
    (void)xch;
    (void)domid;
    (void)ret;
    return false;
}
#endif

// The node form of the classic call, which libxenctrl has no function for.
static int call_claim_node(uint32_t domid, unsigned node, uint64_t target) {
    xencall_handle *call = xencall_open(NULL, 0);
    struct xen_memory_reservation *reservation;
    int r = -1, saved_errno;

    if (!call)
        return -1;
    reservation = xencall_alloc_buffer(call, sizeof(*reservation));
    if (reservation) {
        memset(reservation, 0, sizeof(*reservation));
        reservation->nr_extents = target;
        reservation->mem_flags = XENMEMF_exact_node(node);
        reservation->domid = (domid_t)domid;
        r = xencall2(call, __HYPERVISOR_memory_op, XENMEM_claim_pages, (uintptr_t)reservation);
    }
    saved_errno = errno;
    xencall_free_buffer(call, reservation);
    xencall_close(call);
    errno = saved_errno;
    return r;
}

static int stake_node(const struct claim_request *request, uint64_t target, struct error *err) {
    unsigned node = plan_single_node(request->plan);
    char where[32];

    if (node == HOST_MAX_NODES)
        return UNSUPPORTED;
    if (!call_claim_node(request->domid, node, target))
        return 0;
    snprintf(where, sizeof(where), "node %u", node);
    if (errno == ENOMEM)
        return refused(err, target, where);
    return UNSUPPORTED;
}

static int stake_host(const struct claim_request *request, uint64_t target, struct error *err) {
    if (!xc_domain_claim_pages(request->xch, request->domid, target))
        return 0;
    if (errno == ENOMEM)
        return refused(err, target, "the host");
    return UNSUPPORTED;
}

static int check_limit(uint32_t domid, const struct xen_domain *domain, const struct plan *plan,
                       struct error *err) {
    uint64_t target = domain->tot_pages + plan_pages(plan);

    if (target <= domain->max_pages)
        return 0;
    return error_set(err, EDQUOT,
                     "the guest needs %" PRIu64 " pages, but the limit of domain %u is %" PRIu64,
                     target, domid, domain->max_pages);
}

// Success alone does not say that the domain has a claim: libxenctrl turns "no such hypercall" into
// success for the classic call. If it cannot be found out, the domain shall have none.
static int confirm_claim(const struct claim_request *request, bool *ret, struct error *err) {
    CLEANUP(error_done) struct error other = {0};
    struct xen_domain domain;
    int rc;

    rc = xen_domain_read(request->xch, request->domid, &domain, err);
    if (rc)
        claim_release(request->xch, request->domid, &other);
    else
        *ret = domain.outstanding_pages != 0;
    return rc;
}

int claim_check(uint32_t domid, const struct xen_domain *domain, const struct plan *plan,
                struct error *err) {
    // Up to 4.18 the claim of a dying domain is accepted, and lost until Xen boots again.
    if (domain->dying)
        return error_set(err, ESRCH, "domain %u is being destroyed", domid);
    return check_limit(domid, domain, plan, err);
}

static int stake_kind(const struct claim_request *request, enum claim_kind kind, uint64_t target,
                      uint64_t surplus, struct error *err) {
    errno = 0;
    switch (kind) {
    case CLAIM_SET:
        return request->whole_host ? UNSUPPORTED : stake_set(request, surplus, err);
    case CLAIM_NODE:
        return request->whole_host ? UNSUPPORTED : stake_node(request, target + surplus, err);
    default:
        return request->never_host ? UNSUPPORTED : stake_host(request, target + surplus, err);
    }
}

int claim_stake(const struct claim_request *request, enum claim_kind *ret, struct error *err) {
    static const enum claim_kind kinds[] = {CLAIM_SET, CLAIM_NODE, CLAIM_HOST};
    struct xen_domain domain;
    uint64_t target, surplus;
    bool staked = false;
    int rc;

    rc = xen_domain_read(request->xch, request->domid, &domain, err);
    if (!rc)
        rc = claim_check(request->domid, &domain, request->plan, err);
    if (rc)
        return rc;
    if (domain.outstanding_pages) {
        *ret = CLAIM_TOOLSTACK;
        return 0;
    }
    // XenServer 9 remembers the node of a claim that has been used up, and crashes when a claim on
    // the host follows, unless it is released all the same.
    xc_domain_claim_pages(request->xch, request->domid, 0);
    target = domain.tot_pages + plan_pages(request->plan);
    surplus = request->surplus_pages;
    if (surplus > domain.max_pages - target)
        surplus = domain.max_pages - target;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        *ret = kinds[i];
        rc = stake_kind(request, kinds[i], target, surplus, err);
        if (rc == UNSUPPORTED)
            continue;
        if (!rc)
            rc = confirm_claim(request, &staked, err);
        if (!rc && !staked)
            *ret = CLAIM_NONE;
        return rc;
    }
    *ret = CLAIM_NONE;
    return 0;
}

// Whether the domain has a claim left; a domain that is gone has none.
static int is_outstanding(xc_interface *xch, uint32_t domid, struct error *err) {
    struct xen_domain domain;
    int rc = xen_domain_read(xch, domid, &domain, err);

    return rc == -ESRCH ? 0 : rc ? rc : domain.outstanding_pages != 0;
}

int claim_release(xc_interface *xch, uint32_t domid, struct error *err) {
    int code = EIO, rc = 0;

    // A claim that stays would be lost to everybody until the domain is destroyed, so what fails is
    // tried again; and it is the domain that tells whether it worked.
    for (int attempt = 0; attempt < RELEASE_ATTEMPTS; attempt++) {
        errno = 0;
        // Whatever its kind, a target of nothing ends a claim.
        if (xc_domain_claim_pages(xch, domid, 0) && errno)
            code = errno;
        rc = is_outstanding(xch, domid, err);
        if (!rc) {
            error_done(err);
            return 0;
        }
    }
    return rc < 0 ? rc
                  : error_set(err, code, "the memory claim of domain %u cannot be released: %s",
                              domid, strerror(code));
}

const char *claim_text(enum claim_kind kind) {
    static const char *const texts[] = {
        [CLAIM_NONE] = "none", [CLAIM_TOOLSTACK] = "toolstack",
        [CLAIM_HOST] = "host", [CLAIM_NODE] = "node",
        [CLAIM_SET] = "set",
    };

    return texts[kind];
}
