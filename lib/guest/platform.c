// All keys are read here, once, before anything is done to the domain. They are no transaction: the
// toolstack has written them before it starts a build.

#include "lib/guest/platform.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/util/cleanup.h"

struct bool_key {
    const char *key;
    bool if_missing;
    bool *ret;
};

static int read_bools(struct store *store, struct platform *platform, struct error *err) {
    const struct bool_key keys[] = {
        {"platform/apic", false, &platform->apic},
        {"platform/pae", false, &platform->pae},
        {"platform/nx", false, &platform->nx},
        {"platform/hpet", true, &platform->hpet},
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        uint64_t value;
        int rc;

        rc = store_read_number(store, keys[i].key, keys[i].if_missing, UINT64_MAX, &value, err);
        if (rc)
            return rc;
        *keys[i].ret = value != 0;
    }
    return 0;
}

static int read_vcpus(struct store *store, struct platform *platform, struct error *err) {
    uint64_t number, current;
    int rc;

    rc = store_read_number(store, "platform/vcpu/number", 0, PLATFORM_MAX_VCPUS, &number, err);
    if (rc)
        return rc;
    if (!number)
        return error_set(err, EINVAL, "Xenstore key platform/vcpu/number is missing or 0");
    rc = store_read_number(store, "platform/vcpu/current", 0, number, &current, err);
    if (rc)
        return rc;
    if (!current)
        return error_set(err, EINVAL, "Xenstore key platform/vcpu/current is missing or 0");
    platform->nr_vcpus = (unsigned)number;
    platform->nr_vcpus_online = (unsigned)current;
    return 0;
}

static int read_texts(struct store *store, struct platform *platform, struct error *err) {
    int rc;

    rc = store_read(store, "platform/featureset", &platform->featureset, err);
    if (rc)
        return rc;
    rc = store_read(store, "hvmloader/bios", &platform->firmware, err);
    if (rc)
        return rc;
    if (platform->firmware && !*platform->firmware) {
        free(platform->firmware);
        platform->firmware = NULL;
    }
    return 0;
}

// hvmloader knows "1" and takes anything else, "true" included, for 0; a missing key it takes
// for 1. The toolstack means a missing key to be 0.
static int fix_hvmloader_flag(struct store *store, const char *key, struct error *err) {
    CLEANUP(cleanup_free) char *text = NULL;
    bool value;
    int rc;

    rc = store_read(store, key, &text, err);
    if (rc)
        return rc;
    if (text && (!strcmp(text, "0") || !strcmp(text, "1")))
        return 0;
    value = text && (!strcasecmp(text, "true") || strtol(text, NULL, 0) != 0);
    return store_write(store, key, value ? "1" : "0", err);
}

static int fix_hvmloader_flags(struct store *store, struct error *err) {
    static const char *const keys[] = {"platform/acpi", "platform/acpi_s4", "platform/acpi_s3"};
    int rc = 0;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !rc; i++)
        rc = fix_hvmloader_flag(store, keys[i], err);
    return rc;
}

int platform_read(struct store *store, struct platform *ret, struct error *err) {
    CLEANUP(platform_done) struct platform platform = {0};
    int64_t time_offset;
    int rc;

    rc = read_vcpus(store, &platform, err);
    if (rc)
        return rc;
    rc = read_bools(store, &platform, err);
    if (rc)
        return rc;
    rc =
        store_read_signed(store, "platform/timeoffset", 0, INT32_MIN, INT32_MAX, &time_offset, err);
    if (rc)
        return rc;
    platform.time_offset = (int32_t)time_offset;
    rc = read_texts(store, &platform, err);
    if (rc)
        return rc;
    rc = fix_hvmloader_flags(store, err);
    if (rc)
        return rc;
    *ret = platform;
    platform = (struct platform){0};
    return 0;
}

void platform_done(struct platform *platform) {
    free(platform->featureset);
    free(platform->firmware);
    *platform = (struct platform){0};
}
