// A parameter that cannot be set is an error: the guest would run with other devices than its
// settings say, and differ again after a migration.

#include "lib/guest/hvm-params.h"

#include <errno.h>

#include <xen/hvm/params.h>
#include <xen/sched.h>

#include "lib/util/xen.h"

static int set_param(xc_interface *xch, uint32_t domid, uint32_t index, const char *name,
                     uint64_t value, struct error *err) {
    errno = 0;
    if (xc_hvm_param_set(xch, domid, index, value))
        return xen_error(err, xch, "setting HVM parameter %s to %#llx", name,
                         (unsigned long long)value);
    return 0;
}

int hvm_params_check(xc_interface *xch, uint32_t domid, bool device_model, struct error *err) {
    static const struct {
        const char *name;
        uint32_t index;
        bool device_model;
    } params[] = {
        {"STORE_PFN", HVM_PARAM_STORE_PFN, false},
        {"CONSOLE_PFN", HVM_PARAM_CONSOLE_PFN, false},
        {"IOREQ_PFN", HVM_PARAM_IOREQ_PFN, false},
        {"BUFIOREQ_PFN", HVM_PARAM_BUFIOREQ_PFN, false},
        {"IOREQ_SERVER_PFN", HVM_PARAM_IOREQ_SERVER_PFN, true},
        {"NR_IOREQ_SERVER_PAGES", HVM_PARAM_NR_IOREQ_SERVER_PAGES, true},
        {"IDENT_PT", HVM_PARAM_IDENT_PT, false},
        {"PAGING_RING_PFN", HVM_PARAM_PAGING_RING_PFN, false},
        {"MONITOR_RING_PFN", HVM_PARAM_MONITOR_RING_PFN, false},
        {"SHARING_RING_PFN", HVM_PARAM_SHARING_RING_PFN, false},
    };

    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        uint64_t value;

        if (params[i].device_model && !device_model)
            continue;
        errno = 0;
        if (xc_hvm_param_get(xch, domid, params[i].index, &value))
            return xen_error(err, xch, "reading HVM parameter %s", params[i].name);
        if (!value)
            return error_set(err, EIO, "libxenguest could not set HVM parameter %s",
                             params[i].name);
    }
    return 0;
}

// A width that somebody has set already, the toolstack or an earlier life of the guest, stays.
static int set_x87_width(xc_interface *xch, uint32_t domid, uint32_t width, struct error *err) {
    uint64_t now;

    errno = 0;
    if (xc_hvm_param_get(xch, domid, HVM_PARAM_X87_FIP_WIDTH, &now))
        return xen_error(err, xch, "reading HVM parameter X87_FIP_WIDTH");
    if (now)
        return 0;
    return set_param(xch, domid, HVM_PARAM_X87_FIP_WIDTH, "X87_FIP_WIDTH", width, err);
}

int hvm_params_set(xc_interface *xch, uint32_t domid, const struct platform *platform,
                   struct error *err) {
    int rc = 0;

    if (platform->viridian)
        rc = set_param(xch, domid, HVM_PARAM_VIRIDIAN, "VIRIDIAN", platform->viridian, err);
    if (!rc && platform->x87_fip_width)
        rc = set_x87_width(xch, domid, platform->x87_fip_width, err);
    return rc ? rc : hvm_params_set_unsaved(xch, domid, platform, err);
}

int hvm_params_set_unsaved(xc_interface *xch, uint32_t domid, const struct platform *platform,
                           struct error *err) {
    int rc = set_param(xch, domid, HVM_PARAM_HPET_ENABLED, "HPET_ENABLED", platform->hpet, err);

    if (!rc)
        rc = set_param(xch, domid, HVM_PARAM_TRIPLE_FAULT_REASON, "TRIPLE_FAULT_REASON",
                       SHUTDOWN_crash, err);
    if (rc)
        return rc;
    errno = 0;
    if (xc_domain_set_time_offset(xch, domid, platform->time_offset))
        return xen_error(err, xch, "setting a time offset of %d s", platform->time_offset);
    return 0;
}
