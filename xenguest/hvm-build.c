// What an HVM guest has and others do not: hvmloader with its firmware, the network boot ROM, a
// device model that is told where memory is, and the hvm_info table.

#include "xenguest/hvm-build.h"

#include <errno.h>

#include "lib/guest/firmware.h"
#include "lib/guest/hvm-info.h"
#include "lib/guest/hvm-params.h"
#include "lib/guest/image.h"
#include "xenguest/build.h"
#include "xenguest/guest-layout.h"

static int make_layout(struct build *build, struct error *err) {
    return guest_layout_make(build->session, &build->platform, &build->layout, err);
}

static int add_ipxe(struct build *build, struct error *err) {
    bool present;
    int rc;

    rc = firmware_add_ipxe(build->dom, IPXE_PATH, &present, err);
    if (rc || present)
        return rc;
    if (IPXE_REQUIRED)
        return error_set(err, ENOENT, "iPXE is not at %s", IPXE_PATH);
    log_warning(build->session->log, "iPXE is not at %s: the guest cannot boot from the network",
                IPXE_PATH);
    return 0;
}

static int add_firmware(struct build *build, struct error *err) {
    const struct firmware_request request = {
        .name = build->platform.firmware,
        .ovmf_path = OVMF_PATH,
        .ovmf_override = build->platform.ovmf_override,
        .seabios_path = SEABIOS_PATH,
    };

    return firmware_load(build->dom, &request, build->own, err);
}

static int load_image(struct build *build, struct error *err) {
    const char *path = build->request->image;
    xc_interface *xch = build->session->xch;
    int rc;

    rc = image_load_kernel(xch, build->dom, path, err);
    if (!rc)
        rc = add_ipxe(build, err);
    if (!rc)
        rc = image_parse(xch, build->dom, build->domid, path, err);
    if (!rc)
        rc = guest_layout_publish_vram(build->session, &build->layout, err);
    return rc ? rc : add_firmware(build, err);
}

static int publish_layout(struct build *build, struct error *err) {
    return guest_layout_publish(build->session, &build->layout, err);
}

static int set_parameters(struct build *build, struct error *err) {
    xc_interface *xch = build->session->xch;
    int rc;

    rc = hvm_params_set(xch, build->domid, &build->platform, err);
    return rc ? rc : hvm_info_write(build->domid, &build->platform, err);
}

static int build_with(struct session *session, enum reservation_purpose purpose,
                      struct control_result *ret, struct error *err) {
    static const struct build_kind kind = {
        .guest = GUEST_HVM,
        .make_layout = make_layout,
        .load_image = load_image,
        .publish_layout = publish_layout,
        .set_parameters = set_parameters,
    };
    struct firmware firmware = {0};
    int rc;

    rc = build_run(session, &kind, purpose, &firmware, ret, err);
    firmware_done(&firmware);
    return rc;
}

int hvm_build(struct session *session, struct control_result *ret, struct error *err) {
    return build_with(session, RESERVATION_BUILD, ret, err);
}

int hvm_build_usemem(struct session *session, struct control_result *ret, struct error *err) {
    return build_with(session, RESERVATION_USE, ret, err);
}
