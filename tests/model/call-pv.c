// What builders of PV guests ask for: the width of addresses, page tables that are pinned, and the
// first vCPU's registers, all in the guest's own form.

#include "tests/model/call-pv.h"
#include "tests/model/pv.h"
#include "tests/model/xen.h"

#include <errno.h>

long call_width_set(struct call *call) {
    const struct xen_domctl *op = call->data;
    uint32_t bits = op->u.address_size.size;

    if (!call->d)
        return -ESRCH;
    if (call->d->hvm || (bits != 32 && bits != 64))
        return -EINVAL;
    if (bits != call->d->address_bits && call->d->tot_pages)
        return -EACCES;
    call->d->address_bits = bits;
    return 0;
}

long call_width_get(struct call *call) {
    struct xen_domctl *op = call->data;

    if (!call->d)
        return -ESRCH;
    op->u.address_size.size = call->d->address_bits;
    return 0;
}

// The page that page tables begin with, from the register's value.
static uint64_t root_of(const struct domain *d, const vcpu_guest_context_any_t *context) {
    if (d->address_bits == 64)
        return context->x64.ctrlreg[3] >> 12;
    return (uint32_t)(context->x32.ctrlreg[3] >> 12 | context->x32.ctrlreg[3] << 20);
}

long call_registers_set(struct call *call) {
    const struct xen_domctl *op = call->data;
    struct domain *d = call->d;
    uint64_t root;

    if (!d)
        return -ESRCH;
    if (op->u.vcpucontext.vcpu >= d->nr_vcpus)
        return -EINVAL;
    root = root_of(d, (const void *)op->u.vcpucontext.ctxt.p);
    if (d->hvm || !root || root != d->pinned_mfn)
        return -EINVAL;
    d->started = true;
    return 0;
}

static long table_pin(struct call *call) {
    const struct mmuext_op *op = call->data;
    struct domain *d = domain_find(call->m, (uint32_t)call->arg[3]);
    unsigned bits = op->cmd == MMUEXT_PIN_L4_TABLE ? 64 : 32;

    if (!d)
        return -ESRCH;
    if (d->hvm || bits != d->address_bits || !pv_owns(call->m, d, op->arg1.mfn))
        return -EINVAL;
    d->pinned_mfn = op->arg1.mfn;
    return 0;
}

const struct call_entry call_mmuext_table[] = {
    {MMUEXT_PIN_L3_TABLE, "mmuext_op.pin_l3_table", table_pin},
    {MMUEXT_PIN_L4_TABLE, "mmuext_op.pin_l4_table", table_pin},
    {0, NULL, NULL},
};
