// What a PVH guest has and others do not: a kernel of its own with modules, which is entered
// directly, and ACPI tables that no firmware makes.

#include "xenguest/pvh-build.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/guest/acpi.h"
#include "lib/guest/hvm-params.h"
#include "lib/guest/image.h"
#include "lib/guest/kernel-limits.h"
#include "lib/guest/mtrr.h"
#include "xenguest/build.h"
#include "xenguest/guest-layout.h"

struct own {
    struct acpi *acpi;
};

static int make_layout(struct build *build, struct error *err) {
    return guest_layout_make_pvh(build->session, &build->layout, err);
}

static int load_files(struct build *build, struct error *err) {
    const struct request *request = build->request;
    xc_interface *xch = build->session->xch;
    int rc;

    rc = image_load_kernel(xch, build->dom, request->image, err);
    for (unsigned i = 0; i < request->nr_modules && !rc; i++) {
        const char *cmdline = request->module_cmdline[i];

        rc = image_load_module(xch, build->dom, request->module[i], cmdline ? cmdline : "", err);
    }
    return rc;
}

// Which vnodes the guest sees is known by now.
static int add_tables(struct build *build, struct error *err) {
    const struct reservation *reservation = &build->memory.reservation;
    bool vnodes = build->memory.vnodes.told;
    struct layout *layout = &build->layout;
    struct own *own = build->own;
    int rc;

    rc = acpi_make(&build->platform, vnodes ? &reservation->plan.vnodes : NULL,
                   &reservation->survey.host, &own->acpi, err);
    if (!rc)
        rc = layout_map_pvh(layout, own->acpi->nr_table_pages, err);
    if (rc)
        return rc;
    acpi_attach(own->acpi, build->dom);
    // Goes into the start info, for kernels that do not ask Xen.
    build->dom->e820 = layout->e820;
    build->dom->e820_entries = layout->nr_e820;
    return 0;
}

static int load_image(struct build *build, struct error *err) {
    int rc;

    rc = kernel_limits_set(&build->platform.kernel_limits, build->dom, err);
    if (!rc)
        rc = load_files(build, err);
    if (!rc)
        rc = image_parse(build->session->xch, build->dom, build->domid, build->request->image, err);
    return rc ? rc : add_tables(build, err);
}

static int publish_layout(struct build *build, struct error *err) {
    return guest_layout_publish_map(build->session, &build->layout, err);
}

static int set_parameters(struct build *build, struct error *err) {
    xc_interface *xch = build->session->xch;
    int rc;

    rc = mtrr_check(xch, build->domid, build->platform.nr_vcpus, err);
    return rc ? rc : hvm_params_set(xch, build->domid, &build->platform, err);
}

static int build_with(struct session *session, enum reservation_purpose purpose,
                      struct control_result *ret, struct error *err) {
    static const struct build_kind kind = {
        .guest = GUEST_PVH,
        .make_layout = make_layout,
        .load_image = load_image,
        .publish_layout = publish_layout,
        .set_parameters = set_parameters,
    };
    struct own own = {0};
    int rc;

    if (session->request->pci_passthrough)
        return error_set(err, EINVAL, "PCI devices cannot be passed to a PVH guest");
    rc = build_run(session, &kind, purpose, &own, ret, err);
    free(own.acpi);
    return rc;
}

int pvh_build(struct session *session, struct control_result *ret, struct error *err) {
    return build_with(session, RESERVATION_BUILD, ret, err);
}

int pvh_build_usemem(struct session *session, struct control_result *ret, struct error *err) {
    return build_with(session, RESERVATION_USE, ret, err);
}
