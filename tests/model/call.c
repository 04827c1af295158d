// Finding what answers a hypercall. The tables are the whole truth about what the model can do.

#include "tests/model/call.h"
#include "tests/model/xen.h"

#include <stdio.h>
#include <stdlib.h>

// Commands of memory_op are six bits; the rest is where a continuation goes on.
#define MEMORY_COMMAND_MASK 63

static const struct call_entry *entry_find(const struct call_entry *table, uint64_t op,
                                           const char *family) {
    for (; table->name; table++)
        if (table->op == op)
            return table;
    fprintf(stderr, "model: unknown hypercall: %s %llu\n", family, (unsigned long long)op);
    abort();
}

static void *pointer(uint64_t argument) {
    return (void *)(uintptr_t)argument;
}

static const struct call_entry *domctl_find(struct call *call) {
    struct xen_domctl *op = pointer(call->arg[0]);

    call->data = op;
    call->domid = op->domain;
    return entry_find(call_domctl_table, op->cmd, "domctl");
}

static const struct call_entry *sysctl_find(struct call *call) {
    struct xen_sysctl *op = pointer(call->arg[0]);

    call->data = op;
    return entry_find(call_sysctl_table, op->cmd, "sysctl");
}

// One operation at a time, which is all that the library ever asks for.
static const struct call_entry *mmuext_find(struct call *call) {
    const struct mmuext_op *op = pointer(call->arg[0]);

    if (call->arg[1] != 1) {
        fprintf(stderr, "model: mmuext_op of %llu\n", (unsigned long long)call->arg[1]);
        abort();
    }
    call->data = pointer(call->arg[0]);
    return entry_find(call_mmuext_table, op->cmd, "mmuext_op");
}

// Hypercalls with a command first and its structure second.
static const struct call_entry *command_find(struct call *call, const struct call_entry *table,
                                             uint64_t mask, const char *family) {
    call->data = pointer(call->arg[1]);
    return entry_find(table, call->arg[0] & mask, family);
}

const struct call_entry *call_find(unsigned hypercall, struct call *call) {
    call->domid = DOMID_INVALID;
    switch (hypercall) {
    case __HYPERVISOR_memory_op:
        return command_find(call, call_memory_table, MEMORY_COMMAND_MASK, "memory_op");
    case __HYPERVISOR_domctl:
        return domctl_find(call);
    case __HYPERVISOR_sysctl:
        return sysctl_find(call);
    case __HYPERVISOR_mmuext_op:
        return mmuext_find(call);
    case __HYPERVISOR_hvm_op:
        return command_find(call, call_hvm_table, UINT64_MAX, "hvm_op");
    case __HYPERVISOR_xen_version:
        return command_find(call, call_version_table, UINT64_MAX, "xen_version");
    case __HYPERVISOR_event_channel_op:
        return command_find(call, call_event_table, UINT64_MAX, "event_channel_op");
    default:
        fprintf(stderr, "model: unknown hypercall %u\n", hypercall);
        abort();
    }
}
