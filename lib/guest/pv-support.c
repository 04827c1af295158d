// Xen says it in words: "xen-3.0-x86_64" runs PV guests of 64 bits, "xen-3.0-x86_32p" those of 32,
// "hvm-3.0-..." all others. Its command line can take away those of 32 bits alone.

#include "lib/guest/pv-support.h"

#include <errno.h>
#include <string.h>

#include <xen/version.h>

#include "lib/util/xen.h"

#define PV_WORD "xen-3.0-x86_"

bool pv_support_is_type(const char *type) {
    return !strncmp(type, PV_WORD, strlen(PV_WORD));
}

bool pv_support_has(const char *capabilities, const char *type) {
    size_t bytes = strlen(type);

    while (*capabilities) {
        size_t word = strcspn(capabilities, " ");

        if (word == bytes && !strncmp(capabilities, type, bytes))
            return true;
        capabilities += word;
        capabilities += strspn(capabilities, " ");
    }
    return false;
}

int pv_support_check(xc_interface *xch, struct error *err) {
    xen_capabilities_info_t capabilities = "";

    errno = 0;
    if (xc_version(xch, XENVER_capabilities, &capabilities) < 0)
        return xen_error(err, xch, "asking which guests Xen can run");
    capabilities[sizeof(capabilities) - 1] = '\0';
    if (strstr(capabilities, PV_WORD))
        return 0;
    return error_set(err, EOPNOTSUPP,
                     "this Xen cannot run PV guests: it was built without them (it runs %s)",
                     *capabilities ? capabilities : "none");
}
