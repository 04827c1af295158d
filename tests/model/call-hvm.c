// hvm_op, xen_version, event_channel_op: small answers.

#include "tests/model/call.h"
#include "tests/model/xen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_SHUTDOWN_REASON 5 // SHUTDOWN_MAX

// What Xen refuses of a value.
static int param_check(const struct domain *d, uint32_t index, uint64_t value) {
    uint64_t old = d->hvm_param[index];

    switch (index) {
    case HVM_PARAM_VIRIDIAN:
        if ((value & ~(uint64_t)HVMPV_feature_mask) || (value && !(value & HVMPV_base_freq)))
            return -EINVAL;
        return old && old != value ? -EEXIST : 0;
    case HVM_PARAM_TRIPLE_FAULT_REASON:
        return value > MAX_SHUTDOWN_REASON ? -EINVAL : 0;
    case HVM_PARAM_X87_FIP_WIDTH:
        return value != 0 && value != 4 && value != 8 ? -EINVAL : 0;
    case HVM_PARAM_NR_IOREQ_SERVER_PAGES:
        return value == 0 || value > 8 ? -EINVAL : 0;
    default:
        return 0;
    }
}

static long hvm_set_param(struct call *call) {
    const struct xen_hvm_param *param = call->data;
    struct domain *d = domain_find(call->m, param->domid);
    int rc;

    if (!d)
        return -ESRCH;
    if (param->index >= DOMAIN_NR_PARAMS || !d->hvm)
        return -EINVAL;
    rc = param_check(d, param->index, param->value);
    if (rc)
        return rc;
    d->hvm_param[param->index] = param->value;
    d->hvm_params_set |= 1ULL << param->index;
    return 0;
}

static long hvm_get_param(struct call *call) {
    struct xen_hvm_param *param = call->data;
    const struct domain *d = domain_find(call->m, param->domid);

    if (!d)
        return -ESRCH;
    if (param->index >= DOMAIN_NR_PARAMS || !d->hvm)
        return -EINVAL;
    param->value = d->hvm_param[param->index];
    return 0;
}

const struct call_entry call_hvm_table[] = {
    {HVMOP_set_param, "hvm_op.set_param", hvm_set_param},
    {HVMOP_get_param, "hvm_op.get_param", hvm_get_param},
    {0, NULL, NULL},
};

static long version_number(struct call *call) {
    return (long)(call->m->config.major << 16 | call->m->config.minor);
}

static long version_extra(struct call *call) {
    snprintf(call->data, sizeof(xen_extraversion_t), "-model");
    return 0;
}

static long version_capabilities(struct call *call) {
    snprintf(call->data, sizeof(xen_capabilities_info_t),
             "%s%shvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ",
             call->m->config.pv ? "xen-3.0-x86_64 " : "",
             call->m->config.pv32 ? "xen-3.0-x86_32p " : "");
    return 0;
}

static long version_changeset(struct call *call) {
    snprintf(call->data, sizeof(xen_changeset_info_t), "model");
    return 0;
}

static long version_commandline(struct call *call) {
    snprintf(call->data, sizeof(xen_commandline_t), "%s", call->m->config.command_line);
    return 0;
}

static long version_compile(struct call *call) {
    memset(call->data, 0, sizeof(xen_compile_info_t));
    return 0;
}

static long version_platform(struct call *call) {
    xen_platform_parameters_t *parameters = call->data;

    parameters->virt_start = 0xffff800000000000UL;
    return 0;
}

static long version_pagesize(struct call *call) {
    (void)call;
    return XC_PAGE_SIZE;
}

const struct call_entry call_version_table[] = {
    {XENVER_version, "xen_version.version", version_number},
    {XENVER_extraversion, "xen_version.extraversion", version_extra},
    {XENVER_capabilities, "xen_version.capabilities", version_capabilities},
    {XENVER_changeset, "xen_version.changeset", version_changeset},
    {XENVER_compile_info, "xen_version.compile_info", version_compile},
    {XENVER_platform_parameters, "xen_version.platform_parameters", version_platform},
    {XENVER_pagesize, "xen_version.pagesize", version_pagesize},
    {XENVER_commandline, "xen_version.commandline", version_commandline},
    {0, NULL, NULL},
};

static long event_alloc_unbound(struct call *call) {
    struct evtchn_alloc_unbound *op = call->data;
    struct domain *d = domain_find(call->m, op->dom);

    if (!d)
        return -ESRCH;
    op->port = d->next_port++;
    return 0;
}

const struct call_entry call_event_table[] = {
    {EVTCHNOP_alloc_unbound, "event_channel_op.alloc_unbound", event_alloc_unbound},
    {0, NULL, NULL},
};
