// All drafts agree on the wire: domctl 91 with a pointer to entries of 16 bytes, their number, and
// a word that is 0 for setting, be it called mode or padding.

#include "tests/model/claim-api/claim-api.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <xencall.h>

#define DOMCTL_SET_CLAIMS 91
#define ENTRY_BYTES 16

struct wire_claims {
    uint64_t entries; // pointer
    uint32_t nr;
    uint32_t mode;
};

static int call_domctl(xencall_handle *call, uint32_t domid, uint32_t mode, const void *entries,
                       uint32_t nr) {
    struct xen_domctl *op = xencall_alloc_buffer(call, sizeof(*op));
    void *copy = xencall_alloc_buffer(call, (size_t)nr * ENTRY_BYTES);
    int r = -1;

    if (op && copy) {
        struct wire_claims wire = {.entries = (uintptr_t)copy, .nr = nr, .mode = mode};

        memset(op, 0, sizeof(*op));
        op->cmd = DOMCTL_SET_CLAIMS;
        op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
        op->domain = (domid_t)domid;
        memcpy(&op->u, &wire, sizeof(wire));
        memcpy(copy, entries, (size_t)nr * ENTRY_BYTES);
        r = xencall1(call, __HYPERVISOR_domctl, (uintptr_t)op);
    }
    xencall_free_buffer(call, copy);
    xencall_free_buffer(call, op);
    return r;
}

static int set_claims(uint32_t domid, uint32_t mode, const void *entries, uint32_t nr) {
    xencall_handle *call = xencall_open(NULL, 0);
    int r, saved_errno;

    if (!call)
        return -1;
    r = call_domctl(call, domid, mode, entries, nr);
    saved_errno = errno;
    xencall_close(call);
    errno = saved_errno;
    return r;
}

#if CLAIM_API == 1
int xc_domain_claim_memory(xc_interface *xch, uint32_t domid, uint32_t nr,
                           const memory_claim_t *claims) {
    (void)xch;
    return set_claims(domid, 0, claims, nr);
}
#elif CLAIM_API == 2
int xc_domain_claim_memory(xc_interface *xch, uint32_t domid, uint32_t mode, uint32_t *nr,
                           xen_memory_claim_t *claims) {
    (void)xch;
    return set_claims(domid, mode, claims, *nr);
}
#elif CLAIM_API == 3
int xc_domain_set_memory_claims(xc_interface *xch, uint32_t domid,
                                const xen_domctl_memory_claim_t *claims, uint32_t nr) {
    (void)xch;
    return set_claims(domid, 0, claims, nr);
}
#else
int xc_domain_set_memory_claims(xc_interface *xch, uint32_t domid, uint32_t nr,
                                const xen_domctl_memory_claim_t *claims) {
    (void)xch;
    return set_claims(domid, 0, claims, nr);
}
#endif
