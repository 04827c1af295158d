// XenServer 9: a domain's pages by node. No header has it, so its layout is written down here.

#include "tests/model/call-vcpu.h"
#include "tests/model/claim.h"
#include "tests/model/xen.h"

#include <errno.h>
#include <string.h>

struct wire_node_pages {
    uint32_t op; // 0: count
    uint32_t nr_nodes;
    uint64_t pages; // pointer; without one only the number of nodes is told
};

long call_node_pages(struct call *call) {
    struct xen_domctl *op = call->data;
    struct wire_node_pages *wire = (void *)&op->u;
    uint64_t *out = (void *)(uintptr_t)wire->pages;
    uint64_t pages[HEAP_MAX_NODES];
    uint32_t nr = 64 - (uint32_t)__builtin_clzll(call->m->heap.online);

    if (!claim_on_node_known(call->m))
        return -ENOSYS;
    if (!call->d)
        return -ESRCH;
    if (wire->op)
        return -EOPNOTSUPP;
    if (out && wire->nr_nodes < nr)
        return -ERANGE;
    wire->nr_nodes = nr;
    if (!out)
        return 0;
    domain_node_pages(call->m, call->d, true, pages);
    memcpy(out, pages, nr * sizeof(*out));
    return 0;
}
