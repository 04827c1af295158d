// All keys are read here, once, before anything is done to the domain. They are no transaction: the
// toolstack has written them before it starts a build. Whatever the later steps would silently cut
// to their width is checked here, where the key can be named. That is an error, but for what a
// guest can do to itself.

#include "lib/guest/platform.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/guest/hvmloader-flags.h"
#include "lib/guest/viridian.h"
#include "lib/util/cleanup.h"
#include "lib/util/number.h"

// TSC_MODE_DEFAULT, _ALWAYS_EMULATE, _NEVER_EMULATE and, in older releases, _PVRDTSCP.
#define MAX_TSC_MODE 3

static int read_counts(struct store *store, struct platform *platform, struct error *err) {
    uint64_t number, current;
    int rc;

    rc = store_read_number(store, "platform/vcpu/number", PLATFORM_MAX_VCPUS, &number, err);
    if (rc)
        return rc;
    if (!number)
        return error_set(err, EINVAL, "Xenstore key platform/vcpu/number is missing or 0");
    rc = store_read_number(store, "platform/vcpu/current", PLATFORM_MAX_VCPUS, &current, err);
    if (rc)
        return rc;
    if (!current)
        return error_set(err, EINVAL, "Xenstore key platform/vcpu/current is missing or 0");
    if (current > number)
        return error_set(err, EINVAL,
                         "Xenstore key platform/vcpu/current: %u is above platform/vcpu/number, %u",
                         (unsigned)current, (unsigned)number);
    platform->nr_vcpus = (unsigned)number;
    platform->nr_vcpus_online = (unsigned)current;
    return 0;
}

static int read_affinities(struct store *store, struct platform *platform, struct error *err) {
    int rc = 0;

    platform->affinity = calloc(PLATFORM_MAX_VCPUS, sizeof(*platform->affinity));
    if (!platform->affinity)
        return error_set(err, ENOMEM, "no memory for the affinities of %u vCPUs",
                         platform->nr_vcpus);
    for (unsigned vcpu = 0; vcpu < platform->nr_vcpus && !rc; vcpu++) {
        char key[64];

        snprintf(key, sizeof(key), "platform/vcpu/%u/affinity", vcpu);
        rc = store_read(store, key, &platform->affinity[vcpu], err);
    }
    return rc;
}

static int read_scheduling(struct store *store, struct platform *platform, struct error *err) {
    uint64_t weight, cap;
    int rc;

    rc = store_read_number(store, "platform/vcpu/weight", UINT16_MAX, &weight, err);
    if (!rc)
        rc = store_read_number(store, "platform/vcpu/cap", UINT16_MAX, &cap, err);
    if (rc)
        return rc;
    platform->weight = (uint16_t)weight;
    platform->cap = (uint16_t)cap;
    return 0;
}

static int read_topology(struct store *store, struct platform *platform, struct error *err) {
    uint64_t cores;
    int rc;

    rc = store_read_number(store, "platform/cores-per-socket", UINT32_MAX, &cores, err);
    if (rc)
        return rc;
    if (cores && platform->nr_vcpus % cores)
        return error_set(err, EINVAL,
                         "Xenstore key platform/cores-per-socket: %u vCPUs cannot be divided into "
                         "sockets of %u cores",
                         platform->nr_vcpus, (unsigned)cores);
    platform->cores_per_socket = (unsigned)cores;
    return 0;
}

static int read_vcpus(struct store *store, bool hvm, struct platform *platform, struct error *err) {
    int rc;

    rc = read_counts(store, platform, err);
    if (!rc)
        rc = read_affinities(store, platform, err);
    if (!rc)
        rc = read_scheduling(store, platform, err);
    if (!rc && hvm)
        rc = read_topology(store, platform, err);
    return rc;
}

static int read_bools(struct store *store, struct platform *platform, struct error *err) {
    bool experimental;
    const struct {
        const char *key;
        bool *ret;
    } keys[] = {
        {"platform/nx", &platform->nx},
        {"platform/apic", &platform->apic},
        {"platform/pae", &platform->pae},
        {"platform/nomigrate", &platform->nomigrate},
        // What nested-virt was called when it was new.
        {"platform/exp-nested-hvm", &experimental},
    };
    int rc = 0;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !rc; i++)
        rc = store_read_bool(store, keys[i].key, false, false, keys[i].ret, err);
    if (!rc)
        rc = store_read_bool(store, "platform/nested-virt", experimental, false, &platform->nested,
                             err);
    if (!rc)
        rc = store_read_bool(store, "platform/hpet", true, true, &platform->hpet, err);
    if (!rc)
        platform->nomigrate |= platform->nested;
    return rc;
}

static int read_x87(struct store *store, struct platform *platform, struct error *err) {
    uint64_t width;
    int rc;

    rc = store_read_number(store, "platform/x87-fip-width", 8, &width, err);
    if (!rc && width != 0 && width != 4 && width != 8)
        rc = error_set(err, EINVAL, "Xenstore key platform/x87-fip-width: %u is none of 0, 4 and 8",
                       (unsigned)width);
    if (!rc)
        platform->x87_fip_width = (uint32_t)width;
    return rc;
}

// The offset follows the guest's own clock. One that Xen's library cannot take is therefore no
// error: its owner could never start the guest again to set the clock right.
static int read_time_offset(struct store *store, struct platform *platform,
                            struct warnings *warnings, struct error *err) {
    CLEANUP(cleanup_free) char *text = NULL;
    int64_t offset = 0;
    int rc;

    rc = store_read(store, "platform/timeoffset", &text, err);
    if (rc)
        return rc;
    if (text && *text)
        rc = number_parse_int(text, INT32_MIN, INT32_MAX, &offset);
    if (rc == -ERANGE) {
        offset = *text == '-' ? INT32_MIN : INT32_MAX;
        warnings_add(warnings,
                     "Xenstore key platform/timeoffset: %s is beyond 32 bits: %d is used and the "
                     "guest's clock will be wrong",
                     text, (int)offset);
    } else if (rc) {
        return error_set(err, EINVAL, "Xenstore key platform/timeoffset: \"%s\" is not a number",
                         text);
    }
    platform->time_offset = (int32_t)offset;
    return 0;
}

static int read_numbers(struct store *store, struct platform *platform, struct warnings *warnings,
                        struct error *err) {
    uint64_t tsc_mode;
    int rc;

    rc = store_read_number(store, "platform/tsc_mode", MAX_TSC_MODE, &tsc_mode, err);
    platform->tsc_mode = rc ? 0 : (uint32_t)tsc_mode;
    // A PV guest has no hardware that the others would be about.
    if (!platform->hvm)
        return rc;
    if (!rc)
        rc = read_x87(store, platform, err);
    if (!rc)
        rc = read_time_offset(store, platform, warnings, err);
    if (!rc)
        rc = store_read_number(store, "platform/mmio_hole_size", UINT64_MAX,
                               &platform->mmio_hole_size, err);
    return rc;
}

// After the vCPUs.
static int read_viridian(struct store *store, bool vgpu, struct platform *platform,
                         struct error *err) {
    const struct viridian_guest guest = {.nr_vcpus = platform->nr_vcpus, .vgpu = vgpu};

    return viridian_read(store, &guest, &platform->viridian, err);
}

static int read_texts(struct store *store, struct platform *platform, struct error *err) {
    int rc;

    rc = store_read(store, "platform/featureset", &platform->featureset, err);
    if (!rc)
        rc = store_read(store, "platform/ovmf-override", &platform->ovmf_override, err);
    if (!rc)
        rc = store_read(store, "hvmloader/bios", &platform->firmware, err);
    if (rc)
        return rc;
    if (platform->firmware && !*platform->firmware) {
        free(platform->firmware);
        platform->firmware = NULL;
    }
    return 0;
}

// What is not there need not be asked for.
static int list_keys(struct store *store, struct error *err) {
    char *const *names;
    unsigned nr;
    int rc = store_list(store, "platform", &names, &nr, err);

    return rc ? rc : store_list(store, "platform/vcpu", &names, &nr, err);
}

int platform_read(struct store *store, const struct platform_request *request, struct platform *ret,
                  struct warnings *warnings, struct error *err) {
    CLEANUP(platform_done) struct platform platform = {.hvm = request->hvm};
    int rc;

    rc = list_keys(store, err);
    if (!rc)
        rc = read_vcpus(store, request->hvm, &platform, err);
    if (!rc)
        rc = read_bools(store, &platform, err);
    if (!rc && request->hvm)
        rc = read_viridian(store, request->vgpu, &platform, err);
    if (!rc)
        rc = read_numbers(store, &platform, warnings, err);
    if (!rc)
        rc = read_texts(store, &platform, err);
    if (!rc && request->kernel)
        rc = kernel_limits_read(store, &platform.kernel_limits, err);
    if (!rc && request->hvm)
        rc = hvmloader_flags_fix(store, warnings, err);
    if (rc)
        return rc;
    *ret = platform;
    platform = (struct platform){0};
    return 0;
}

void platform_done(struct platform *platform) {
    for (unsigned vcpu = 0; platform->affinity && vcpu < platform->nr_vcpus; vcpu++)
        free(platform->affinity[vcpu]);
    free(platform->affinity);
    free(platform->featureset);
    free(platform->firmware);
    free(platform->ovmf_override);
    *platform = (struct platform){0};
}
