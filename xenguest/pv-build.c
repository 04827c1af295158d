// What a PV guest has and others do not: a kernel that knows Xen, with features that can be asked
// of it, and one initial RAM disk. There is no virtual hardware: no HVM parameters, no memory map,
// no device model.
//
// The guest's start info has flags too, for domain 0 and for guests that may touch hardware. They
// have nothing to do with the flags of the command line, and stay as libxenguest has them.

#include "xenguest/pv-build.h"

#include <errno.h>
#include <string.h>

#include <xen/xen.h>

#include "lib/guest/image.h"
#include "lib/guest/kernel-limits.h"
#include "lib/guest/pv-support.h"
#include "xenguest/build.h"
#include "xenguest/guest-layout.h"

// The start info has room for so many bytes; the library would cut the rest off.
static int check_cmdline(const char *cmdline, struct error *err) {
    if (cmdline && strlen(cmdline) >= MAX_GUEST_CMDLINE)
        return error_set(err, E2BIG, "option -cmdline has %zu bytes: a PV kernel's has at most %d",
                         strlen(cmdline), MAX_GUEST_CMDLINE - 1);
    return 0;
}

static int check(struct build *build, struct error *err) {
    int rc = pv_support_check(build->session->xch, err);

    return rc ? rc : check_cmdline(build->request->cmdline, err);
}

static int make_layout(struct build *build, struct error *err) {
    return guest_layout_make_pv(build->session, &build->layout, err);
}

static int load_image(struct build *build, struct error *err) {
    const struct request *request = build->request;
    xc_interface *xch = build->session->xch;
    int rc;

    rc = kernel_limits_set(&build->platform.kernel_limits, build->dom, err);
    if (!rc)
        rc = image_load_kernel(xch, build->dom, request->image, err);
    if (!rc && *request->ramdisk)
        rc = image_load_module(xch, build->dom, request->ramdisk, NULL, err);
    return rc ? rc : image_parse(xch, build->dom, build->domid, request->image, err);
}

int pv_build(struct session *session, struct control_result *ret, struct error *err) {
    static const struct build_kind kind = {
        .guest = GUEST_PV,
        .check = check,
        .make_layout = make_layout,
        .load_image = load_image,
    };

    return build_run(session, &kind, RESERVATION_BUILD, NULL, ret, err);
}
