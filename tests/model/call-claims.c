// Claim sets on the wire: the version posted in May, which can replace, with a mode for reading
// back, and the later one with an operation for that. No header has them, so their layout is
// written down here.

#include "tests/model/call-vcpu.h"
#include "tests/model/claim.h"
#include "tests/model/xen.h"

#include <errno.h>
#include <string.h>

#define TARGET_HOST 0x80000000U
#define MODE_SET 0U
#define MODE_GET 1U

struct wire_entry {
    uint64_t pages;
    uint32_t target;
    uint32_t pad;
};

struct wire_claims {
    uint64_t entries; // pointer
    uint32_t nr;
    uint32_t mode; // May; later padding
};

static long entries_set(struct call *call, const struct wire_claims *wire) {
    const struct wire_entry *in = (const void *)(uintptr_t)wire->entries;
    struct claim_entry entries[CLAIM_MAX_ENTRIES];

    if (wire->nr > CLAIM_MAX_ENTRIES)
        return -E2BIG;
    if (wire->nr && !in)
        return -EFAULT;
    for (uint32_t i = 0; i < wire->nr; i++) {
        if (in[i].pad)
            return -EINVAL;
        entries[i].pages = in[i].pages;
        entries[i].node = in[i].target == TARGET_HOST ? HEAP_NO_NODE : in[i].target;
        if (entries[i].node != HEAP_NO_NODE && entries[i].node >= HEAP_MAX_NODES)
            return -ENOENT;
    }
    return claim_stake_set(call->m, call->d, entries, wire->nr);
}

static unsigned entries_collect(const struct call *call, struct wire_entry *out) {
    bool host_always = call->m->config.claims == MODEL_CLAIMS_SET;
    unsigned nr = 0;

    if (host_always || call->d->claim_host)
        out[nr++] = (struct wire_entry){.pages = call->d->claim_host, .target = TARGET_HOST};
    for (uint32_t node = 0; node < HEAP_MAX_NODES; node++)
        if (call->d->claim_node[node])
            out[nr++] = (struct wire_entry){.pages = call->d->claim_node[node], .target = node};
    return nr;
}

static long entries_get(struct call *call, struct wire_claims *wire) {
    struct wire_entry entries[CLAIM_MAX_ENTRIES];
    unsigned nr = entries_collect(call, entries);
    bool fits = wire->nr >= nr;

    if (!fits && call->m->config.claims == MODEL_CLAIMS_SET_V8)
        return -ENOBUFS;
    wire->nr = nr;
    if (!fits)
        return -ERANGE;
    if (nr && !wire->entries)
        return -EFAULT;
    memcpy((void *)(uintptr_t)wire->entries, entries, nr * sizeof(*entries));
    return 0;
}

static bool claims_known(const struct call *call, bool second_operation) {
    return call->m->config.claims == MODEL_CLAIMS_SET_V8 ||
           (call->m->config.claims == MODEL_CLAIMS_SET && !second_operation);
}

long call_claims_set(struct call *call) {
    struct xen_domctl *op = call->data;
    struct wire_claims *wire = (void *)&op->u;

    if (!call->d)
        return -ESRCH;
    if (!claims_known(call, false))
        return -ENOSYS;
    if (wire->mode == MODE_SET)
        return entries_set(call, wire);
    if (wire->mode == MODE_GET && call->m->config.claims == MODEL_CLAIMS_SET)
        return entries_get(call, wire);
    return -EINVAL;
}

long call_claims_get(struct call *call) {
    struct xen_domctl *op = call->data;
    struct wire_claims *wire = (void *)&op->u;

    if (!call->d)
        return -ESRCH;
    if (!claims_known(call, true))
        return -ENOSYS;
    return wire->mode ? -EINVAL : entries_get(call, wire);
}
