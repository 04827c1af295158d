// The order of the steps is that in which libxenguest and xenopsd expect the domain to change: the
// settings are read and checked, the image is loaded and parsed, memory is populated, the memory
// map is told to Xen and the toolstack, the image is put into memory, and parameters and CPU policy
// come last. Everything up to populating is cheap, so whatever can be wrong is found before it.

#include "xenguest/build.h"

#include "lib/guest/hvm-params.h"
#include "lib/guest/image.h"
#include "lib/util/stop.h"
#include "xenguest/memory-log.h"

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

static int prepare(struct build *build, const struct build_kind *kind, struct error *err) {
    struct session *session = build->session;
    int rc;

    if (kind->check && kind->check(build, err))
        return -err->code;
    rc = guest_setup_read(session, kind->guest, &build->platform, err);
    if (!rc)
        rc = cpu_features_read(session->xch, &build->platform, &build->features, err);
    if (!rc)
        rc = kind->make_layout(build, err);
    if (!rc)
        rc = guest_setup_apply(session, &build->platform, err);
    return rc ? rc : reserve_memory(build, err);
}

static int allocate_image(struct build *build, const struct build_kind *kind, struct error *err) {
    const struct request *request = build->request;
    const bool device_model = kind->guest == GUEST_HVM;
    const struct image_request image = {
        .kind = kind->guest,
        .cmdline = device_model ? NULL : request->cmdline,
        .features = kind->guest == GUEST_PV ? request->features : NULL,
        .nr_vcpus = build->platform.nr_vcpus,
        .store_port = (unsigned)request->store_port,
        .store_domid = (uint32_t)request->store_domid,
        .console_port = (unsigned)request->console_port,
        .console_domid = (uint32_t)request->console_domid,
        .layout = &build->layout,
    };

    return image_allocate(build->session->xch, &image, &build->dom, err);
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

static int boot_image(struct build *build, struct error *err) {
    struct xc_dom_image *dom = build->dom;
    int rc;

    rc = image_boot(build->session->xch, dom, err);
    if (rc || !xc_dom_translated(dom))
        return rc;
    return hvm_params_check(build->session->xch, build->domid, dom->device_model, err);
}

static int apply_policy(struct build *build, struct error *err) {
    return cpu_policy_apply(build->session->xch, build->domid, &build->platform, &build->features,
                            err);
}

static int build_steps(struct build *build, const struct build_kind *kind, struct error *err) {
    build_step *const steps[] = {
        kind->load_image, populate_memory,      kind->publish_layout,
        boot_image,       kind->set_parameters, apply_policy,
    };
    int rc;

    rc = prepare(build, kind, err);
    if (!rc)
        rc = allocate_image(build, kind, err);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !rc; i++) {
        rc = stop_check(err);
        if (!rc && steps[i])
            rc = steps[i](build, err);
    }
    // For the last time: what is told about the guest from here on must be true.
    if (!rc)
        rc = stop_check(err);
    if (!rc)
        memory_log_placement(build->session, &build->memory);
    return rc;
}

// Of a PV guest the toolstack wants to know which frames of the machine they are, and how wide its
// rings are.
static struct control_result result_of(const struct build *build) {
    struct xc_dom_image *dom = build->dom;

    return (struct control_result){
        .store_frame = xc_dom_p2m(dom, dom->xenstore_pfn),
        .console_frame = xc_dom_p2m(dom, dom->console_pfn),
        .abi = xc_dom_translated(dom) ? NULL : dom->arch_hooks->native_protocol,
    };
}

int build_run(struct session *session, const struct build_kind *kind,
              enum reservation_purpose purpose, void *own, struct control_result *ret,
              struct error *err) {
    struct build build = {
        .session = session,
        .request = session->request,
        .domid = (uint32_t)session->request->domid,
        .own = own,
    };
    int rc;

    rc = session_open_xen(session, err);
    if (!rc)
        rc = guest_memory_open(&build.memory, session->xch, build.domid, purpose, LEDGER_DIR, err);
    memory_log_warnings(session, &build.memory);
    if (!rc)
        rc = session_open_store(session, err);
    if (!rc)
        rc = build_steps(&build, kind, err);
    if (!rc)
        *ret = result_of(&build);
    if (build.dom)
        xc_dom_release(build.dom);
    cpu_features_done(&build.features);
    platform_done(&build.platform);
    memory_log_end(session, &build.memory, !rc);
    session_close(session);
    return rc;
}
