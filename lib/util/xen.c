// libxenctrl reports in three ways at once: -1, errno, and a message kept in the handle, and not
// every failure sets all of them. Here they become one negative errno and one text.

#include "lib/util/xen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"

#define BATCH 64 // domains asked for at once

// The errno for a failure whose call left none: from the code that the library recorded.
static int errno_of_library_code(int code) {
    switch (code) {
    case XC_OUT_OF_MEMORY:
        return ENOMEM;
    case XC_INVALID_KERNEL:
        return ENOEXEC;
    case XC_INVALID_PARAM:
        return EINVAL;
    default:
        return EIO;
    }
}

int xen_error(struct error *err, xc_interface *xch, const char *what, ...) {
    int saved_errno = errno;
    const xc_error *last = xc_get_last_error(xch);
    CLEANUP(cleanup_free) char *call = NULL;
    bool recorded = last && last->code != XC_ERROR_NONE;
    int code = saved_errno ? saved_errno : errno_of_library_code(recorded ? (int)last->code : 0);
    va_list args;

    va_start(args, what);
    if (vasprintf(&call, what, args) < 0)
        call = NULL;
    va_end(args);
    if (recorded)
        error_set(err, code, "%s: %s (%s)", call ? call : what, last->message, strerror(code));
    else
        error_set(err, code, "%s: %s", call ? call : what, strerror(code));
    xc_clear_last_error(xch);
    return -code;
}

int xen_domain_read(xc_interface *xch, uint32_t domid, struct xen_domain *ret, struct error *err) {
    xc_domaininfo_t info = {0};
    int r;

    // The list form exists in every release. It answers with the next domain if there is no such
    // one.
    errno = 0;
    r = xc_domain_getinfolist(xch, domid, 1, &info);
    if (r < 0)
        return xen_error(err, xch, "reading the record of domain %u", domid);
    if (r == 0 || info.domain != domid)
        return error_set(err, ESRCH, "there is no domain %u", domid);
    *ret = (struct xen_domain){
        .hvm = info.flags & XEN_DOMINF_hvm_guest,
        .pvh = info.flags & XEN_DOMINF_hvm_guest &&
               !(info.arch_config.emulation_flags & XEN_X86_EMU_VGA),
        .hap = info.flags & XEN_DOMINF_hap,
        .dying = info.flags & XEN_DOMINF_dying,
        .tot_pages = info.tot_pages,
        .max_pages = info.max_pages,
        .outstanding_pages = info.outstanding_pages,
        .cpupool = info.cpupool,
        .nr_vcpus = info.max_vcpu_id == XEN_INVALID_MAX_VCPU_ID ? 0 : info.max_vcpu_id + 1U,
    };
    memcpy(ret->handle, info.handle, sizeof(ret->handle));
    return 0;
}

int xen_domain_list(xc_interface *xch, uint32_t **ret, size_t *ret_nr, struct error *err) {
    CLEANUP(cleanup_free) uint32_t *list = NULL;
    xc_domaininfo_t info[BATCH];
    uint32_t next = 0;
    int nr = BATCH;

    *ret_nr = 0;
    while (nr == BATCH) {
        uint32_t *grown = reallocarray(list, *ret_nr + BATCH, sizeof(*list));

        if (!grown)
            return error_set(err, ENOMEM, "no memory for the list of domains");
        list = grown;
        errno = 0;
        nr = xc_domain_getinfolist(xch, next, BATCH, info);
        if (nr < 0)
            return xen_error(err, xch, "listing the domains");
        for (int i = 0; i < nr; i++) {
            list[(*ret_nr)++] = info[i].domain;
            next = info[i].domain + 1U;
        }
    }
    *ret = take_ptr(list);
    return 0;
}
