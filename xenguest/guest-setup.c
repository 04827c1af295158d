// Affinity goes first: where memory should be depends on it.

#include "xenguest/guest-setup.h"

#include <errno.h>
#include <stdio.h>

#include "lib/guest/pci-address.h"
#include "lib/guest/pci-nodes.h"
#include "lib/guest/safety.h"
#include "lib/guest/scheduling.h"
#include "lib/placement/settings.h"
#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

void guest_setup_warn(struct session *session, struct warnings *warnings) {
    for (unsigned i = 0; i < warnings->nr; i++)
        log_warning(session->log, "%s", warnings->text[i]);
    warnings_done(warnings);
}

static uint32_t domid_of(const struct session *session) {
    return (uint32_t)session->request->domid;
}

static int check_safety(struct session *session, bool hap, const struct platform *platform,
                        struct error *err) {
    const struct request *request = session->request;
    const struct safety safety = {
        .on_demand = request->mem_start_mib < request->mem_max_mib,
        .passthrough = request->pci_passthrough != NULL,
        .nested = platform->nested,
        .hap = hap,
    };

    if (!request->force)
        return safety_check(&safety, err);
    log_info(session->log, "-force: the safety checks are skipped");
    return 0;
}

// --- what the domain is made for ---

static const struct {
    enum guest_kind kind;
    const char *name;
} kinds_of_guests[] = {{GUEST_HVM, "HVM"}, {GUEST_PVH, "PVH"}, {GUEST_PV, "PV"}};
#define NR_KINDS (sizeof(kinds_of_guests) / sizeof(kinds_of_guests[0]))

static enum guest_kind kind_of(const struct xen_domain *domain) {
    if (!domain->hvm)
        return GUEST_PV;
    return domain->pvh ? GUEST_PVH : GUEST_HVM;
}

// "HVM or PVH". There is room for all names.
static void list_kinds(unsigned kinds, char text[32]) {
    size_t used = 0;

    for (size_t i = 0; i < NR_KINDS; i++)
        if (kinds & kinds_of_guests[i].kind)
            used +=
                (size_t)sprintf(text + used, "%s%s", used ? " or " : "", kinds_of_guests[i].name);
}

// A guest that does not find the machine that it was built for crashes, and Xen does not say why.
static int check_kind(const struct session *session, const struct xen_domain *domain,
                      unsigned kinds, struct error *err) {
    char wanted[32], there[32];

    if (kind_of(domain) & kinds)
        return 0;
    list_kinds(kinds, wanted);
    list_kinds(kind_of(domain), there);
    return error_set(err, EINVAL, "domain %u was created for %s guests: mode %s is for %s guests",
                     domid_of(session), there, session->request->mode, wanted);
}

int guest_setup_read(struct session *session, unsigned kinds, struct platform *ret,
                     struct error *err) {
    struct platform_request request = {.vgpu = session->request->vgpu};
    struct warnings warnings = {0};
    struct xen_domain domain;
    int rc;

    rc = xen_domain_read(session->xch, domid_of(session), &domain, err);
    if (!rc)
        rc = check_kind(session, &domain, kinds, err);
    if (rc)
        return rc;
    request.hvm = domain.hvm;
    request.kernel = kind_of(&domain) != GUEST_HVM;
    rc = platform_read(session->store, &request, ret, &warnings, err);
    guest_setup_warn(session, &warnings);
    if (rc || !domain.hvm)
        return rc;
    return check_safety(session, domain.hap, ret, err);
}

int guest_setup_apply(struct session *session, const struct platform *platform, struct error *err) {
    struct warnings warnings = {0};
    int rc;

    rc = scheduling_set_affinity(session->xch, domid_of(session), platform, &warnings, err);
    if (!rc)
        rc = scheduling_set_share(session->xch, domid_of(session), platform, &warnings, err);
    guest_setup_warn(session, &warnings);
    if (rc)
        return rc;
    errno = 0;
    if (xc_domain_set_tsc_info(session->xch, domid_of(session), platform->tsc_mode, 0, 0, 0))
        return xen_error(err, session->xch, "setting the TSC mode to %u", platform->tsc_mode);
    return 0;
}

// A device whose node is not known says nothing.
static void read_device_nodes(struct session *session, unsigned ret[HOST_MAX_NODES]) {
    CLEANUP(cleanup_free) struct pci_address *list = NULL;
    CLEANUP(error_done) struct error err = {0};
    const char *devices = session->request->pci_passthrough;
    size_t nr = 0;

    if (devices && (pci_address_list(devices, &list, &nr, &err) ||
                    pci_nodes_read(session->xch, list, nr, ret, &err)))
        log_warning(session->log, "the guest is placed without regard to its devices: %s",
                    err.text);
}

void guest_setup_memory(struct session *session, const struct layout *layout,
                        const struct platform *platform, struct guest_memory_request *ret) {
    const struct request *request = session->request;

    *ret = (struct guest_memory_request){
        .store = session->store,
        .policy_file = POLICY_FILE,
        .mem_pnode =
            request->mem_pnode == REQUEST_UNSET ? SETTINGS_NO_NODE : (int)request->mem_pnode,
        .layout = layout,
        .nr_vcpus = platform->nr_vcpus,
        .cores_per_socket = platform->cores_per_socket,
        .pv = !platform->hvm,
    };
    read_device_nodes(session, ret->devices);
}
