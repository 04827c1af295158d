// hvmloader knows "1" and takes anything else, "true" included, for 0; a missing key it takes
// for 1. The toolstack means a missing key to be 0.

#include "lib/guest/hvmloader-flags.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/util/cleanup.h"

// A guest without ACPI may not even start, so a missing key or a slip of the pen is told.
static void warn(const char *key, const char *text, bool value, struct warnings *warnings) {
    if (!text && !strcmp(key, "platform/acpi"))
        warnings_add(warnings, "Xenstore key platform/acpi is missing: the guest gets no ACPI");
    else if (text && !value && strcasecmp(text, "false") != 0)
        warnings_add(warnings, "Xenstore key %s: \"%s\" is taken for 0", key, text);
}

static int fix_flag(struct store *store, const char *key, struct warnings *warnings,
                    struct error *err) {
    CLEANUP(cleanup_free) char *text = NULL;
    bool value;
    int rc;

    rc = store_read(store, key, &text, err);
    if (rc)
        return rc;
    if (text && (!strcmp(text, "0") || !strcmp(text, "1")))
        return 0;
    value = text && (!strcasecmp(text, "true") || strtol(text, NULL, 0) != 0);
    warn(key, text, value, warnings);
    return store_write_for_guest(store, key, value ? "1" : "0", err);
}

int hvmloader_flags_fix(struct store *store, struct warnings *warnings, struct error *err) {
    static const char *const keys[] = {"platform/acpi", "platform/acpi_s4", "platform/acpi_s3"};
    int rc = 0;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !rc; i++)
        rc = fix_flag(store, keys[i], warnings, err);
    return rc;
}
