// What the stream has of the guest is left to it: CPU policy, TSC, and most HVM parameters. All
// else comes from the settings, as for a build. Everything that can be found wrong is found before
// the stream is read: where a guest migrates, nothing of it is lost then.

#include "xenguest/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "lib/guest/cpu-policy.h"
#include "lib/guest/generation-id.h"
#include "lib/guest/hvm-params.h"
#include "lib/guest/platform.h"
#include "lib/guest/scheduling.h"
#include "lib/memory/layout.h"
#include "lib/migration/restore-stream.h"
#include "lib/placement/guest-memory.h"
#include "lib/placement/guest-restore.h"
#include "lib/placement/settings.h"
#include "lib/util/cleanup.h"
#include "lib/util/stop.h"
#include "lib/util/xen.h"
#include "xenguest/guest-setup.h"
#include "xenguest/memory-log.h"

#define PAGES_PER_MIB 256

struct restoring {
    struct session *session;
    const struct restore_arguments *arguments;
    uint32_t domid;
    struct xen_domain domain;
    struct platform platform;
    struct layout layout;
    struct guest_memory memory;
    struct guest_restore restore;
    struct restored result;
};

static int read_settings(struct restoring *restoring, struct error *err) {
    const struct platform_request request = {.hvm = true, .vgpu = restoring->arguments->vgpu};
    struct session *session = restoring->session;
    struct warnings warnings = {0};
    int rc;

    rc = xen_domain_read(session->xch, restoring->domid, &restoring->domain, err);
    if (rc)
        return rc;
    if (!restoring->domain.hvm)
        return error_set(err, ENOSYS,
                         "domain %u is a PV domain: this version of xenguest restores no PV guests",
                         restoring->domid);
    rc = platform_read(session->store, &request, &restoring->platform, &warnings, err);
    guest_setup_warn(session, &warnings);
    return rc;
}

static int apply_settings(struct restoring *restoring, struct error *err) {
    struct session *session = restoring->session;
    struct warnings warnings = {0};
    int rc;

    rc = hvm_params_set_unsaved(session->xch, restoring->domid, &restoring->platform, err);
    if (!rc)
        rc = scheduling_set_affinity(session->xch, restoring->domid, &restoring->platform,
                                     &warnings, err);
    if (!rc)
        rc = scheduling_set_share(session->xch, restoring->domid, &restoring->platform, &warnings,
                                  err);
    guest_setup_warn(session, &warnings);
    return rc;
}

// --- how much memory, and where in the guest ---

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

// The domain's limit may be far above what the guest has: it is tried first, and nobody insists.
static bool size_is_named(const struct restoring *restoring) {
    const struct request *options = restoring->session->request;

    return options->mem_max_mib != REQUEST_UNSET || options->mem_start_mib != REQUEST_UNSET ||
           restoring->domain.outstanding_pages;
}

// What the command line names; else what a claim that the domain has is for; else what the domain
// may have.
static void choose_size(const struct restoring *restoring, struct layout_request *request) {
    const struct request *options = restoring->session->request;
    const struct xen_domain *domain = &restoring->domain;
    uint64_t claimed = domain->tot_pages + domain->outstanding_pages + PAGES_PER_MIB - 1;

    request->max_mib = smaller(domain->max_pages / PAGES_PER_MIB, LAYOUT_MAX_MIB);
    if (options->mem_max_mib != REQUEST_UNSET)
        request->max_mib = (uint64_t)options->mem_max_mib;
    request->start_mib = request->max_mib;
    if (options->mem_start_mib != REQUEST_UNSET)
        request->start_mib = (uint64_t)options->mem_start_mib;
    else if (options->mem_max_mib == REQUEST_UNSET && domain->outstanding_pages)
        request->start_mib = smaller(claimed / PAGES_PER_MIB, request->max_mib);
}

// The hole that the guest was built with travels with it, in a key that the guest can write, and
// the setting may have been another one. So it is no more than a hint: where there is memory for
// which it says there is none, that is populated as well, in small pages.
static int make_layout(struct restoring *restoring, struct error *err) {
    CLEANUP(error_done) struct error odd = {0};
    struct layout_request request = {.vgpu = restoring->arguments->vgpu};
    int rc;

    choose_size(restoring, &request);
    rc = store_read_number(restoring->session->store, "vm-data/mmio-hole-size", UINT32_MAX,
                           &request.hole_bytes, &odd);
    if (rc == -EINTR)
        return error_set(err, EINTR, "%s", odd.text);
    if (!rc && request.hole_bytes && !layout_make(&request, &restoring->layout, &odd))
        return 0;
    request.hole_bytes = restoring->platform.mmio_hole_size;
    if (!layout_make(&request, &restoring->layout, &odd))
        return 0;
    warnings_add(&restoring->memory.warnings, "the MMIO hole is taken to be the usual one: %s",
                 odd.text);
    request.hole_bytes = 0;
    return layout_make(&request, &restoring->layout, err);
}

// How much of its limit the guest has, the stream alone tells.
static int reserve_less(struct restoring *restoring, struct error *err) {
    uint64_t pages;
    int rc = guest_memory_reserve_less(&restoring->memory, &pages, err);

    if (!rc)
        warnings_add(&restoring->memory.warnings,
                     "domain %u may have %" PRIu64 " MiB, and there is room for %" PRIu64
                     " MiB only: a guest that has more cannot be restored",
                     restoring->domid, restoring->domain.max_pages / PAGES_PER_MIB,
                     pages / PAGES_PER_MIB);
    return rc;
}

static int reserve_memory(struct restoring *restoring, struct error *err) {
    struct session *session = restoring->session;
    struct guest_memory_request request;
    int rc;

    guest_setup_memory(session, &restoring->layout, &restoring->platform, &request);
    request.mem_pnode = (int)restoring->arguments->mem_pnode;
    if (restoring->arguments->mem_pnode == REQUEST_UNSET)
        request.mem_pnode = SETTINGS_NO_NODE;
    request.restored = true;
    rc = guest_memory_settle(&restoring->memory, &request, err);
    memory_log_settings(session, &restoring->memory);
    if (!rc)
        rc = guest_memory_reserve(&restoring->memory, err);
    if (rc == -ENOMEM && !size_is_named(restoring))
        rc = reserve_less(restoring, err);
    memory_log_plan(session, &restoring->memory);
    return rc;
}

// --- the stream ---

static int on_fixed_known(void *context, bool cpu_policy_missing, struct error *err) {
    struct restoring *restoring = context;

    if (!cpu_policy_missing)
        return 0;
    log_info(restoring->session->log, "the stream has no CPU policy: the settings make it");
    return cpu_policy_restore(restoring->session->xch, restoring->domid, &restoring->platform, err);
}

static int read_stream(struct restoring *restoring, struct error *err) {
    const struct restore_arguments *arguments = restoring->arguments;
    const struct restore_stream stream = {
        .xch = restoring->session->xch,
        .domid = restoring->domid,
        .fd = arguments->fd,
        .store_port = arguments->store_port,
        .store_domid = arguments->store_domid,
        .console_port = arguments->console_port,
        .console_domid = arguments->console_domid,
        .fixed_known = on_fixed_known,
        .context = restoring,
    };
    int rc = stop_watch_stream(arguments->fd, err);

    if (rc)
        return rc;
    rc = restore_stream_read(&stream, &restoring->result, err);
    stop_watch_stream_end();
    return rc;
}

static int populate_memory(struct restoring *restoring, struct error *err) {
    int rc;

    rc = guest_restore_begin(&restoring->restore, &restoring->memory, err);
    if (rc)
        return rc;
    rc = read_stream(restoring, err);
    if (rc) {
        int why = guest_restore_failure(&restoring->restore, err);

        return why ? why : rc;
    }
    guest_restore_end(&restoring->restore);
    memory_log_warnings(restoring->session, &restoring->memory);
    return 0;
}

// The guest is complete and its source is gone: nothing but a warning from here on.
static void give_generation_id(struct restoring *restoring) {
    CLEANUP(error_done) struct error err = {0};
    struct session *session = restoring->session;

    if (generation_id_write(session->xch, restoring->domid, session->store, &err))
        log_warning(session->log, "the guest does not learn that it was restored: %s", err.text);
}

static int check(const struct restoring *restoring, struct error *err) {
    const struct restore_arguments *arguments = restoring->arguments;
    int rc = stop_check(err);

    return rc || !arguments->check ? rc : arguments->check(arguments->context, err);
}

static int run_steps(struct restoring *restoring, struct error *err) {
    static int (*const steps[])(struct restoring *, struct error *) = {
        read_settings, make_layout, apply_settings, reserve_memory, populate_memory,
    };
    int rc = 0;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !rc; i++) {
        rc = check(restoring, err);
        if (!rc)
            rc = steps[i](restoring, err);
    }
    if (rc)
        return rc;
    give_generation_id(restoring);
    if (restoring->memory.policy.kind != POLICY_ANY)
        memory_log_placement(restoring->session, &restoring->memory);
    return 0;
}

int restore_guest(struct session *session, const struct restore_arguments *arguments,
                  struct control_result *ret, struct error *err) {
    struct restoring restoring = {
        .session = session,
        .arguments = arguments,
        .domid = (uint32_t)session->request->domid,
    };
    int rc;

    rc = session_open_xen(session, err);
    if (!rc)
        rc = guest_memory_open(&restoring.memory, session->xch, restoring.domid, RESERVATION_BUILD,
                               LEDGER_DIR, err);
    memory_log_warnings(session, &restoring.memory);
    if (!rc)
        rc = session_open_store(session, err);
    if (!rc)
        rc = run_steps(&restoring, err);
    if (!rc)
        *ret = (struct control_result){.store_frame = restoring.result.store_frame,
                                       .console_frame = restoring.result.console_frame};
    guest_restore_done(&restoring.restore);
    platform_done(&restoring.platform);
    memory_log_end(session, &restoring.memory, !rc);
    session_close(session);
    return rc;
}

int restore(struct session *session, struct control_result *ret, struct error *err) {
    const struct request *request = session->request;
    const struct restore_arguments arguments = {
        .fd = (int)request->stream_fd,
        .vgpu = request->vgpu,
        .mem_pnode = request->mem_pnode,
        .store_port = (uint32_t)request->store_port,
        .store_domid = (uint32_t)request->store_domid,
        .console_port = (uint32_t)request->console_port,
        .console_domid = (uint32_t)request->console_domid,
    };

    int rc = control_check_fd(arguments.fd, "option -fd", O_RDONLY, err);

    return rc ? rc : restore_guest(session, &arguments, ret, err);
}
