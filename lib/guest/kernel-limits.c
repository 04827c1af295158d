// The keys belong to the host. xapi writes others, with a hyphen before "size" and limits of 32 and
// 128 MiB, which nobody has ever kept: guests that boot today have more.

#include "lib/guest/kernel-limits.h"

#include <errno.h>

#include "lib/util/xen.h"

#define KERNEL_KEY "/mh/limits/pv-kernel-max_size"
#define MODULE_KEY "/mh/limits/pv-ramdisk-max_size"

static int read_limit(struct store *store, const char *key, size_t *ret, struct error *err) {
    uint64_t bytes;
    int rc;

    rc = store_read_bytes(store, key, &bytes, err);
    if (rc == -ERANGE)
        bytes = 0;
    else if (rc)
        return rc;
    error_done(err);
    *ret = bytes ? (size_t)bytes : XC_DOM_DECOMPRESS_MAX;
    return 0;
}

int kernel_limits_read(struct store *store, struct kernel_limits *ret, struct error *err) {
    struct kernel_limits limits = {0};
    int rc;

    rc = read_limit(store, KERNEL_KEY, &limits.kernel, err);
    if (!rc)
        rc = read_limit(store, MODULE_KEY, &limits.module, err);
    if (!rc)
        *ret = limits;
    return rc;
}

int kernel_limits_set(const struct kernel_limits *limits, struct xc_dom_image *dom,
                      struct error *err) {
    errno = 0;
    if (xc_dom_kernel_max_size(dom, limits->kernel) || xc_dom_module_max_size(dom, limits->module))
        return xen_error(err, dom->xch, "setting the kernel's largest size");
    return 0;
}
