// sysctl 1117 with {u32 nodes, u32 0, pointer to entries of 24 bytes}; XENMEM_claim_pages with the
// node in its flags; domctl 1101 with {u32 operation, u32 nodes, pointer to numbers of pages}.

#include "tests/model/numa-api/numa-api.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <xencall.h>

#define SYSCTL_NUMA_MEMINFO 1117
#define DOMCTL_NUMA_OP 1101
#define NO_NODE (~0U)
#define MAX_NODE 0xfeU // what the flags have room for

struct wire_meminfo {
    uint32_t nr_nodes;
    uint32_t reserved;
    uint64_t entries; // pointer
};

struct wire_node_pages {
    uint32_t op;
    uint32_t nr_nodes;
    uint64_t pages; // pointer
};

// `copy` is NULL if nobody wants the entries.
static int call_meminfo(xencall_handle *call, unsigned *max_nodes, const void *copy) {
    struct wire_meminfo wire = {.nr_nodes = *max_nodes, .entries = (uintptr_t)copy};
    struct xen_sysctl *op = xencall_alloc_buffer(call, sizeof(*op));
    int r;

    if (!op)
        return -1;
    memset(op, 0, sizeof(*op));
    op->cmd = SYSCTL_NUMA_MEMINFO;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    memcpy(&op->u, &wire, sizeof(wire));
    r = xencall1(call, __HYPERVISOR_sysctl, (uintptr_t)op);
    memcpy(&wire, &op->u, sizeof(wire));
    if (!r)
        *max_nodes = wire.nr_nodes;
    xencall_free_buffer(call, op);
    return r;
}

static int meminfo_fetch(xencall_handle *call, unsigned *max_nodes,
                         xen_sysctl_node_meminfo_t *meminfo) {
    size_t bytes = *max_nodes * sizeof(*meminfo);
    void *copy = xencall_alloc_buffer(call, bytes);
    int r = -1;

    if (copy)
        r = call_meminfo(call, max_nodes, copy);
    if (!r)
        memcpy(meminfo, copy, *max_nodes * sizeof(*meminfo));
    xencall_free_buffer(call, copy);
    return r;
}

int xc_numa_meminfo(xc_interface *xch, unsigned int *max_nodes,
                    xen_sysctl_node_meminfo_t *meminfo) {
    xencall_handle *call = xencall_open(NULL, 0);
    int r, saved_errno;

    (void)xch;
    if (!call)
        return -1;
    r = meminfo ? meminfo_fetch(call, max_nodes, meminfo) : call_meminfo(call, max_nodes, NULL);
    saved_errno = errno;
    xencall_close(call);
    errno = saved_errno;
    return r;
}

static int call_claim(xencall_handle *call, uint32_t domid, unsigned flags, unsigned long target) {
    struct xen_memory_reservation *reservation = xencall_alloc_buffer(call, sizeof(*reservation));
    int r;

    if (!reservation)
        return -1;
    memset(reservation, 0, sizeof(*reservation));
    reservation->nr_extents = target;
    reservation->mem_flags = flags;
    reservation->domid = (domid_t)domid;
    r = xencall2(call, __HYPERVISOR_memory_op, XENMEM_claim_pages, (uintptr_t)reservation);
    xencall_free_buffer(call, reservation);
    return r;
}

int xc_domain_claim_pages_node(xc_interface *xch, uint32_t domid, unsigned int node,
                               unsigned long nr_pages) {
    xencall_handle *call;
    int r, saved_errno;

    (void)xch;
    if (node != NO_NODE && node > MAX_NODE) {
        errno = ERANGE;
        return -1;
    }
    call = xencall_open(NULL, 0);
    if (!call)
        return -1;
    r = call_claim(call, domid, node == NO_NODE ? 0 : XENMEMF_exact_node(node), nr_pages);
    saved_errno = errno;
    xencall_close(call);
    errno = saved_errno;
    return r;
}

static int call_node_pages(xencall_handle *call, uint32_t domid, uint32_t *nr_nodes,
                           const uint64_t *copy) {
    struct wire_node_pages wire = {.nr_nodes = *nr_nodes, .pages = (uintptr_t)copy};
    struct xen_domctl *op = xencall_alloc_buffer(call, sizeof(*op));
    int r;

    if (!op)
        return -1;
    memset(op, 0, sizeof(*op));
    op->cmd = DOMCTL_NUMA_OP;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = (domid_t)domid;
    memcpy(&op->u, &wire, sizeof(wire));
    r = xencall1(call, __HYPERVISOR_domctl, (uintptr_t)op);
    memcpy(&wire, &op->u, sizeof(wire));
    if (!r)
        *nr_nodes = wire.nr_nodes;
    xencall_free_buffer(call, op);
    return r;
}

int xc_domain_numa_get_node_pages(xc_interface *xch, uint32_t domid, uint32_t *nr_nodes,
                                  uint64_t *pages) {
    xencall_handle *call = xencall_open(NULL, 0);
    uint64_t *copy;
    int r = -1, saved_errno;

    (void)xch;
    if (!call)
        return -1;
    copy = xencall_alloc_buffer(call, *nr_nodes * sizeof(*copy));
    if (copy)
        r = call_node_pages(call, domid, nr_nodes, copy);
    if (!r)
        memcpy(pages, copy, *nr_nodes * sizeof(*pages));
    saved_errno = errno;
    xencall_free_buffer(call, copy);
    xencall_close(call);
    errno = saved_errno;
    return r;
}
