// All keys are read and checked also if platform/viridian is off: a value that makes no sense is a
// mistake wherever it stands.
//
// Some features are only of use, or only harmless, together with others. Their default looks at the
// bits that are set so far, so they come last in the table.

#include "lib/guest/viridian.h"

#include <stddef.h>

#include <xenctrl.h>

#include <xen/hvm/params.h>

struct feature {
    const char *key;
    uint64_t bits;
    // Whether the feature is on without its key; NULL: it is not.
    bool (*is_default)(const struct viridian_guest *guest, uint64_t mask);
};

// The vCPUs that one word of Hyper-V's processor masks has room for.
#define VCPUS_PER_MASK 64

static bool stimer_is_default(const struct viridian_guest *guest, uint64_t mask) {
    return guest->vgpu && mask & (HVMPV_time_ref_count | HVMPV_reference_tsc);
}

static bool no_vp_limit_is_default(const struct viridian_guest *guest, uint64_t mask) {
    (void)mask;
    return guest->nr_vcpus > VCPUS_PER_MASK;
}

static bool ex_processor_masks_is_default(const struct viridian_guest *guest, uint64_t mask) {
    return guest->nr_vcpus > VCPUS_PER_MASK &&
           mask & (HVMPV_hcall_remote_tlb_flush | HVMPV_hcall_ipi);
}

static const struct feature features[] = {
    {"platform/viridian_time_ref_count", HVMPV_time_ref_count, NULL},
    {"platform/viridian_reference_tsc", HVMPV_reference_tsc, NULL},
    {"platform/viridian_hcall_remote_tlb_flush", HVMPV_hcall_remote_tlb_flush, NULL},
    {"platform/viridian_hcall_ipi", HVMPV_hcall_ipi, NULL},
    {"platform/viridian_apic_assist", HVMPV_apic_assist, NULL},
    {"platform/viridian_crash_ctl", HVMPV_crash_ctl, NULL},
    // Xen's synthetic timers deliver through its synthetic interrupt controller.
    {"platform/viridian_stimer", HVMPV_synic | HVMPV_stimer, stimer_is_default},
    {"platform/viridian_ex_processor_masks", HVMPV_ex_processor_masks,
     ex_processor_masks_is_default},
    {"platform/viridian_no_vp_limit", HVMPV_no_vp_limit, no_vp_limit_is_default},
};

// Adds the feature's bits to *mask if it is on.
static int add_feature(struct store *store, const struct viridian_guest *guest,
                       const struct feature *feature, uint64_t *mask, struct error *err) {
    bool if_missing = feature->is_default && feature->is_default(guest, *mask);
    bool on;
    int rc;

    rc = store_read_bool(store, feature->key, if_missing, false, &on, err);
    if (!rc && on)
        *mask |= feature->bits;
    return rc;
}

int viridian_read(struct store *store, const struct viridian_guest *guest, uint64_t *ret,
                  struct error *err) {
    uint64_t mask = HVMPV_base_freq | HVMPV_cpu_hotplug;
    bool on;
    int rc;

    rc = store_read_bool(store, "platform/viridian", false, false, &on, err);
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]) && !rc; i++)
        rc = add_feature(store, guest, &features[i], &mask, err);
    if (!rc)
        *ret = on ? mask : 0;
    return rc;
}
