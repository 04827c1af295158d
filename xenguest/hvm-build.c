// The order of the steps is that in which libxenguest and xenopsd expect the domain to change: the
// settings are read and checked, the image is loaded and parsed, memory is populated, the memory
// map is told to Xen and the toolstack, the image is put into memory, and parameters and CPU policy
// come last. Everything up to populating is cheap, so whatever can be wrong is found before it.

#include "xenguest/hvm-build.h"

#include <errno.h>

#include <xenguest.h>

#include "lib/guest/cpu-policy.h"
#include "lib/guest/firmware.h"
#include "lib/guest/hvm-info.h"
#include "lib/guest/hvm-params.h"
#include "lib/guest/image.h"
#include "lib/guest/platform.h"
#include "lib/memory/layout.h"
#include "lib/placement/guest-memory.h"
#include "lib/util/stop.h"
#include "xenguest/guest-layout.h"
#include "xenguest/guest-setup.h"
#include "xenguest/memory-log.h"

struct build {
    struct session *session;
    const struct request *request;
    uint32_t domid;
    enum reservation_purpose purpose;
    struct platform platform;
    struct cpu_features features;
    struct layout layout;
    struct firmware firmware;
    struct guest_memory memory;
    struct xc_dom_image *dom;
};

static int reserve_memory(struct build *build, struct error *err) {
    struct guest_memory_request request;
    int rc;

    guest_setup_memory(build->session, &build->layout, &build->platform, &request);
    rc = guest_memory_settle(&build->memory, &request, err);
    memory_log_settings(build->session, &build->memory);
    if (!rc)
        rc = guest_memory_reserve(&build->memory, err);
    memory_log_plan(build->session, &build->memory);
    return rc;
}

static int prepare(struct build *build, struct error *err) {
    struct session *session = build->session;
    int rc;

    rc = guest_setup_read(session, true, &build->platform, err);
    if (!rc)
        rc = cpu_features_read(session->xch, &build->platform, &build->features, err);
    if (!rc)
        rc = guest_layout_make(session, &build->platform, &build->layout, err);
    if (!rc)
        rc = guest_setup_apply(session, &build->platform, err);
    return rc ? rc : reserve_memory(build, err);
}

static int allocate_image(struct build *build, struct error *err) {
    const struct request *request = build->request;
    const struct image_request image = {
        .device_model = true,
        .nr_vcpus = build->platform.nr_vcpus,
        .store_port = (unsigned)request->store_port,
        .store_domid = (uint32_t)request->store_domid,
        .console_port = (unsigned)request->console_port,
        .console_domid = (uint32_t)request->console_domid,
        .layout = &build->layout,
    };

    return image_allocate(build->session->xch, &image, &build->dom, err);
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

    return firmware_load(build->dom, &request, &build->firmware, err);
}

static int load_image(struct build *build, struct error *err) {
    const char *path = build->request->image;
    xc_interface *xch = build->session->xch;
    int rc;

    rc = allocate_image(build, err);
    if (!rc)
        rc = image_load_kernel(xch, build->dom, path, err);
    if (!rc)
        rc = add_ipxe(build, err);
    if (!rc)
        rc = image_parse(xch, build->dom, build->domid, path, err);
    if (!rc)
        rc = guest_layout_publish_vram(build->session, &build->layout, err);
    return rc ? rc : add_firmware(build, err);
}

static int populate_memory(struct build *build, struct error *err) {
    struct guest_memory *memory = &build->memory;
    int rc;

    memory_log_watch(build->session, memory);
    rc = guest_memory_populate(memory, build->dom, err);
    if (rc)
        return rc;
    guest_memory_follow(memory);
    memory_log_warnings(build->session, memory);
    return 0;
}

static int publish_layout(struct build *build, struct error *err) {
    return guest_layout_publish(build->session, &build->layout, err);
}

static int boot_image(struct build *build, struct error *err) {
    int rc;

    rc = image_boot(build->session->xch, build->dom, err);
    return rc ? rc : hvm_params_check(build->session->xch, build->domid, err);
}

static int set_parameters(struct build *build, struct error *err) {
    xc_interface *xch = build->session->xch;
    int rc;

    rc = hvm_params_set(xch, build->domid, &build->platform, err);
    if (rc)
        return rc;
    rc = hvm_info_write(build->domid, &build->platform, err);
    if (rc)
        return rc;
    return cpu_policy_apply(xch, build->domid, &build->platform, &build->features, err);
}

static int build_steps(struct build *build, struct error *err) {
    static int (*const steps[])(struct build *, struct error *) = {
        load_image, populate_memory, publish_layout, boot_image, set_parameters,
    };
    int rc;

    rc = prepare(build, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !rc; i++) {
        rc = stop_check(err);
        if (!rc)
            rc = steps[i](build, err);
    }
    // For the last time: what is told about the guest from here on must be true.
    if (!rc)
        rc = stop_check(err);
    if (!rc)
        memory_log_placement(build->session, &build->memory);
    return rc;
}

static int build_with(struct session *session, enum reservation_purpose purpose,
                      struct control_result *ret, struct error *err) {
    struct build build = {
        .session = session,
        .request = session->request,
        .domid = (uint32_t)session->request->domid,
    };
    int rc;

    rc = session_open_xen(session, err);
    if (!rc)
        rc = guest_memory_open(&build.memory, session->xch, build.domid, purpose, LEDGER_DIR, err);
    memory_log_warnings(session, &build.memory);
    if (!rc)
        rc = session_open_store(session, err);
    if (!rc)
        rc = build_steps(&build, err);
    if (!rc)
        *ret = (struct control_result){
            .store_frame = build.dom->xenstore_pfn,
            .console_frame = build.dom->console_pfn,
        };
    if (build.dom)
        xc_dom_release(build.dom);
    firmware_done(&build.firmware);
    cpu_features_done(&build.features);
    platform_done(&build.platform);
    memory_log_end(session, &build.memory, !rc);
    session_close(session);
    return rc;
}

int hvm_build(struct session *session, struct control_result *ret, struct error *err) {
    return build_with(session, RESERVATION_BUILD, ret, err);
}

int hvm_build_usemem(struct session *session, struct control_result *ret, struct error *err) {
    return build_with(session, RESERVATION_USE, ret, err);
}
