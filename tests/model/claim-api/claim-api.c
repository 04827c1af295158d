// All drafts agree on the wire: domctl 91 with a pointer to entries of 16 bytes, their number, and
// a word that is 0 for setting, be it called mode or padding. Reading back is mode 1 in the draft
// that has modes, else domctl 92.

#include "tests/model/claim-api/claim-api.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <xencall.h>

#define DOMCTL_SET_CLAIMS 91
#define DOMCTL_GET_CLAIMS 92
#define ENTRY_BYTES 16

struct wire_claims {
    uint64_t entries; // pointer
    uint32_t nr;
    uint32_t mode;
};

// Copies the entries in and out, as a library does: the pointer in `wire` is the caller's.
static int call_domctl(xencall_handle *call, uint32_t cmd, uint32_t domid,
                       struct wire_claims *wire) {
    void *entries = (void *)(uintptr_t)wire->entries;
    size_t bytes = (size_t)wire->nr * ENTRY_BYTES;
    struct xen_domctl *op = xencall_alloc_buffer(call, sizeof(*op));
    void *copy = xencall_alloc_buffer(call, bytes);
    int r = -1;

    if (op && copy) {
        memset(op, 0, sizeof(*op));
        op->cmd = cmd;
        op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
        op->domain = (domid_t)domid;
        wire->entries = (uintptr_t)copy;
        memcpy(&op->u, wire, sizeof(*wire));
        if (bytes)
            memcpy(copy, entries, bytes);
        r = xencall1(call, __HYPERVISOR_domctl, (uintptr_t)op);
        memcpy(wire, &op->u, sizeof(*wire));
        if (bytes)
            memcpy(entries, copy, bytes);
    }
    xencall_free_buffer(call, copy);
    xencall_free_buffer(call, op);
    return r;
}

// `*nr` becomes what Xen says.
static int call_claims(uint32_t cmd, uint32_t domid, uint32_t mode, void *entries, uint32_t *nr) {
    struct wire_claims wire = {.entries = (uintptr_t)entries, .nr = *nr, .mode = mode};
    xencall_handle *call = xencall_open(NULL, 0);
    int r, saved_errno;

    if (!call)
        return -1;
    r = call_domctl(call, cmd, domid, &wire);
    saved_errno = errno;
    *nr = wire.nr;
    xencall_close(call);
    errno = saved_errno;
    return r;
}

#if CLAIM_API == 2
int xc_domain_claim_memory(xc_interface *xch, uint32_t domid, uint32_t mode, uint32_t *nr,
                           xen_memory_claim_t *claims) {
    (void)xch;
    return call_claims(DOMCTL_SET_CLAIMS, domid, mode, claims, nr);
}
#else
// Xen only reads the entries, whatever the pointer is.
static int set_claims(uint32_t domid, const void *claims, uint32_t nr) {
    union {
        const void *in;
        void *out;
    } entries = {.in = claims};

    return call_claims(DOMCTL_SET_CLAIMS, domid, 0, entries.out, &nr);
}

#if CLAIM_API == 1
int xc_domain_claim_memory(xc_interface *xch, uint32_t domid, uint32_t nr,
                           const memory_claim_t *claims) {
    (void)xch;
    return set_claims(domid, claims, nr);
}
#elif CLAIM_API == 3
int xc_domain_set_memory_claims(xc_interface *xch, uint32_t domid,
                                const xen_domctl_memory_claim_t *claims, uint32_t nr) {
    (void)xch;
    return set_claims(domid, claims, nr);
}

int xc_domain_get_memory_claims(xc_interface *xch, uint32_t domid,
                                xen_domctl_memory_claim_t *claims, uint32_t *nr) {
    (void)xch;
    return call_claims(DOMCTL_GET_CLAIMS, domid, 0, claims, nr);
}
#else
int xc_domain_set_memory_claims(xc_interface *xch, uint32_t domid, uint32_t nr,
                                const xen_domctl_memory_claim_t *claims) {
    (void)xch;
    return set_claims(domid, claims, nr);
}

int xc_domain_get_memory_claims(xc_interface *xch, uint32_t domid, uint32_t *nr,
                                xen_domctl_memory_claim_t *claims) {
    (void)xch;
    return call_claims(DOMCTL_GET_CLAIMS, domid, 0, claims, nr);
}
#endif
#endif
