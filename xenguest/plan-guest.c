// A build sets the vCPUs' hard affinity before it plans, by the keys. Here it is only reckoned
// with.
//
// The host's settings (/etc/xenguest.conf) belong to the host that runs Xen. For a described host
// they are given with -set.

#include "xenguest/plan-guest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/claim/ledger.h"
#include "lib/claim/load.h"
#include "lib/claim/low-memory.h"
#include "lib/guest/pci-address.h"
#include "lib/guest/safety.h"
#include "lib/guest/scheduling.h"
#include "lib/memory/paging.h"
#include "lib/placement/affinity.h"
#include "lib/placement/preview.h"
#include "lib/util/cleanup.h"
#include "lib/util/xen.h"
#include "xenguest/guest-layout.h"
#include "xenguest/guest-setup.h"
#include "xenguest/input-file.h"
#include "xenguest/plan-keys.h"

static uint32_t domid_of(const struct plan_guest *guest) {
    return guest->has_domain ? (uint32_t)guest->request.domid : SURVEY_NO_DOMAIN;
}

// --- the host ---

static int read_host_file(struct plan_guest *guest, struct error *err) {
    CLEANUP(cleanup_free) char *text = NULL;
    struct survey *survey = &guest->survey;

    if (input_file_read(guest->request.host, &text, err))
        return -err->code;
    if (hostfile_parse(text, &guest->file, err))
        return error_prefix(err, "%s", guest->request.host);
    survey->host = guest->file.host;
    low_memory_estimate(&survey->host);
    survey->note = host_normalise(&survey->host);
    return 0;
}

static int survey_xen(struct plan_guest *guest, struct error *err) {
    CLEANUP(error_done) struct error ignored = {0};
    xc_interface *xch = guest->session->xch;
    struct ledger *ledger = NULL;
    int rc;

    // That it cannot be read is a warning of guest_memory_open_preview's.
    if (ledger_open_to_read(LEDGER_DIR, &ledger, &ignored))
        log_info(guest->session->log, "no ledger: %s", ignored.text);
    rc = survey_make(xch, domid_of(guest), ledger, 0, &guest->survey, err);
    if (!rc)
        load_read(xch, domid_of(guest), &guest->survey.host);
    ledger_close(ledger);
    return rc;
}

static int open_host(struct plan_guest *guest, struct error *err) {
    int rc;

    if (guest->request.host)
        return read_host_file(guest, err);
    rc = session_open_xen(guest->session, err);
    return rc ? rc : survey_xen(guest, err);
}

// --- the guest ---

// The safety checks, as far as they are about the guest: shadow page tables are not foreseen.
static int check_safety(const struct plan_guest *guest, struct error *err) {
    const struct request *request = &guest->request;
    const struct safety safety = {
        .on_demand = request->mem_start_mib < request->mem_max_mib,
        .passthrough = request->pci_passthrough != NULL,
        .nested = guest->platform.nested,
        .hap = true,
    };

    return request->force ? 0 : safety_check(&safety, err);
}

static int read_settings(struct plan_guest *guest, struct error *err) {
    const struct platform_request request = {.hvm = true, .vgpu = guest->request.vgpu};
    struct warnings warnings = {0};
    int rc;

    if (guest->has_domain)
        return guest_setup_read(guest->session, GUEST_HVM | GUEST_PVH | GUEST_PV, &guest->platform,
                                err);
    rc = platform_read(guest->session->store, &request, &guest->platform, &warnings, err);
    // A guest that is only thought of lacks keys that have nothing to do with its memory.
    warnings_done(&warnings);
    return rc ? rc : check_safety(guest, err);
}

// A described host says nothing about what its devices need of the memory below 4 GiB.
static int make_layout(struct plan_guest *guest, struct error *err) {
    const struct layout_request request = {
        .max_mib = (uint64_t)guest->request.mem_max_mib,
        .start_mib = (uint64_t)guest->request.mem_start_mib,
        .hole_bytes = guest->platform.mmio_hole_size,
        .vgpu = guest->request.vgpu,
    };

    if (guest->has_domain)
        return guest_layout_make_of_domain(guest->session, &guest->platform, &guest->layout, err);
    if (guest->session->xch)
        return guest_layout_make(guest->session, &guest->platform, &guest->layout, err);
    return layout_make(&request, &guest->layout, err);
}

static const struct hostfile_device *find_device(const struct hostfile *file,
                                                 struct pci_address address) {
    for (unsigned i = 0; i < file->nr_devices; i++) {
        const struct hostfile_device *device = &file->device[i];

        if (device->segment == address.segment && device->bus == address.bus &&
            device->devfn == (address.device << 3 | address.function))
            return device;
    }
    return NULL;
}

static int count_devices(struct plan_guest *guest, const char *devices, struct error *err) {
    CLEANUP(cleanup_free) struct pci_address *list = NULL;
    size_t nr = 0;
    int rc = pci_address_list(devices, &list, &nr, err);

    for (size_t i = 0; i < nr && !rc; i++) {
        const struct hostfile_device *device = find_device(&guest->file, list[i]);

        if (!device)
            rc = error_set(err, ENODEV, "option -pci_passthrough: %s has no device %s",
                           guest->request.host, pci_address_text(list[i]).s);
        else if (device->node < HOST_MAX_NODES)
            guest->memory.devices[device->node]++;
    }
    return rc;
}

static int make_request(struct plan_guest *guest, struct error *err) {
    const char *devices = guest->request.pci_passthrough;
    struct guest_memory_request *memory = &guest->memory;

    if (guest->request.host)
        guest->request.pci_passthrough = NULL; // Xen is not asked about them
    guest_setup_memory(guest->session, &guest->layout, &guest->platform, memory);
    if (!guest->request.host)
        return 0;
    memory->policy_file = NULL;
    return devices ? count_devices(guest, devices, err) : 0;
}

// A domain's pool is there already.
static void find_pool(struct plan_guest *guest) {
    CLEANUP(error_done) struct error ignored = {0};
    struct xen_domain domain;

    if (!guest->has_domain)
        guest->pool_pages =
            preview_pool_pages(guest->platform.nr_vcpus, (unsigned)guest->request.mem_max_mib);
    else if (!xen_domain_read(guest->session->xch, domid_of(guest), &domain, &ignored) &&
             domain.hap)
        paging_read(guest->session->xch, domid_of(guest), &guest->pool_pages, &ignored);
}

int plan_guest_open(struct plan_guest *guest, struct session *session, struct error *err) {
    int rc;

    guest->session = session;
    guest->request = *session->request;
    guest->has_domain = guest->request.domid != REQUEST_UNSET;
    session->request = &guest->request;
    rc = open_host(guest, err);
    if (!rc)
        rc = plan_keys_open(session, guest->has_domain, err);
    if (!rc)
        rc = plan_keys_sizes(session->store, guest->has_domain, &guest->request, err);
    if (!rc)
        rc = read_settings(guest, err);
    if (!rc)
        rc = make_layout(guest, err);
    if (!rc)
        rc = make_request(guest, err);
    if (!rc)
        find_pool(guest);
    return rc;
}

void plan_guest_done(struct plan_guest *guest) {
    platform_done(&guest->platform);
    hostfile_done(&guest->file);
}

// --- where its vCPUs may run ---

static int make_masks(struct plan_guest *guest, struct masks *ret, struct error *err) {
    CLEANUP(xen_cpus_done) struct xen_cpus cpus = {0};
    int rc;

    if (guest->request.host)
        rc = preview_cpus(&guest->survey.host, guest->file.threads_per_core, &cpus, err);
    else
        rc = xen_cpus_read(guest->session->xch, &cpus, err);
    return rc ? rc : masks_make(&cpus, guest->platform.nr_vcpus, ret, err);
}

static int apply_key(struct masks *masks, unsigned vcpu, const char *text, struct error *err) {
    CLEANUP(cleanup_free) uint8_t *map = xen_cpumap_new(&masks->cpus);
    int rc;

    if (!map)
        return error_set(err, ENOMEM, "no memory for a map of %u CPUs", masks->cpus.nr);
    rc = scheduling_parse_affinity(text, vcpu, masks->cpus.nr, map, err);
    if (!rc && !masks_set_hard(masks, vcpu, map))
        rc = error_set(err, EINVAL,
                       "setting the hard affinity of vCPU %u to \"%s\": none of these CPUs is "
                       "online in its pool",
                       vcpu, text);
    return rc;
}

static int apply_keys(const struct platform *platform, struct masks *masks, struct error *err) {
    int rc = 0;

    for (unsigned vcpu = 0; vcpu < platform->nr_vcpus && !rc; vcpu++)
        if (platform->affinity[vcpu])
            rc = apply_key(masks, vcpu, platform->affinity[vcpu], err);
    return rc;
}

int plan_guest_settle(struct plan_guest *guest, struct guest_memory *memory, struct error *err) {
    CLEANUP(masks_done) struct masks masks = {.vcpu = NULL};
    xc_interface *xch = guest->session->xch;
    nodeset affinity = 0;
    int rc;

    if (!guest->has_domain)
        rc = make_masks(guest, &masks, err);
    else
        rc = masks_read(xch, domid_of(guest), guest->platform.nr_vcpus, &masks, err);
    // What Xen has derived, it has from the masks as they are now.
    if (!rc && guest->has_domain)
        rc = affinity_read_given(xch, domid_of(guest), masks.effective_nodes, &affinity, err);
    if (!rc)
        rc = apply_keys(&guest->platform, &masks, err);
    if (rc)
        return rc;
    return guest_memory_settle_with(memory, &guest->memory, &masks, affinity, err);
}
