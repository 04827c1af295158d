// All keys are read and checked also if platform/viridian is off: a value that makes no sense is a
// mistake wherever it stands.

#include "lib/guest/viridian.h"

#include <stddef.h>

#include <xenctrl.h>

#include <xen/hvm/params.h>

struct feature {
    const char *key;
    uint64_t bits;
};

// Xen's synthetic timers deliver through its synthetic interrupt controller.
#define STIMER_BITS ((uint64_t)(HVMPV_synic | HVMPV_stimer))
#define CLOCK_BITS ((uint64_t)(HVMPV_time_ref_count | HVMPV_reference_tsc))

static const struct feature features[] = {
    {"platform/viridian_time_ref_count", HVMPV_time_ref_count},
    {"platform/viridian_reference_tsc", HVMPV_reference_tsc},
    {"platform/viridian_hcall_remote_tlb_flush", HVMPV_hcall_remote_tlb_flush},
    {"platform/viridian_hcall_ipi", HVMPV_hcall_ipi},
    {"platform/viridian_apic_assist", HVMPV_apic_assist},
    {"platform/viridian_crash_ctl", HVMPV_crash_ctl},
};

// Adds the bits to *mask if the key is on.
static int add_feature(struct store *store, const char *key, bool if_missing, uint64_t bits,
                       uint64_t *mask, struct error *err) {
    bool on;
    int rc;

    rc = store_read_bool(store, key, if_missing, false, &on, err);
    if (!rc && on)
        *mask |= bits;
    return rc;
}

int viridian_read(struct store *store, bool vgpu, uint64_t *ret, struct error *err) {
    uint64_t mask = HVMPV_base_freq | HVMPV_cpu_hotplug;
    bool on;
    int rc;

    rc = store_read_bool(store, "platform/viridian", false, false, &on, err);
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]) && !rc; i++)
        rc = add_feature(store, features[i].key, false, features[i].bits, &mask, err);
    if (!rc)
        rc = add_feature(store, "platform/viridian_stimer", vgpu && mask & CLOCK_BITS, STIMER_BITS,
                         &mask, err);
    if (!rc)
        *ret = on ? mask : 0;
    return rc;
}
