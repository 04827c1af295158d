// A parameter that cannot be set is an error: the guest would run with other devices than its
// settings say, and differ again after a migration.

#include "lib/guest/hvm-params.h"

#include <errno.h>

#include <xen/hvm/params.h>
#include <xen/sched.h>

#include "lib/util/xen.h"

struct param {
    uint32_t index;
    const char *name;
    uint64_t value;
};

int hvm_params_set(xc_interface *xch, uint32_t domid, const struct platform *platform,
                   struct error *err) {
    const struct param params[] = {
        {HVM_PARAM_HPET_ENABLED, "HPET_ENABLED", platform->hpet},
        {HVM_PARAM_TRIPLE_FAULT_REASON, "TRIPLE_FAULT_REASON", SHUTDOWN_crash},
    };

    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        errno = 0;
        if (xc_hvm_param_set(xch, domid, params[i].index, params[i].value))
            return xen_error(err, xch, "setting HVM parameter %s", params[i].name);
    }
    errno = 0;
    if (xc_domain_set_time_offset(xch, domid, platform->time_offset))
        return xen_error(err, xch, "setting a time offset of %d s", platform->time_offset);
    return 0;
}
