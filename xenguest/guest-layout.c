// The keys under vm-data survive reboots and a guest can write them, so they are written in any
// case, whatever is there.

#include "xenguest/guest-layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "lib/guest/pci-devices.h"
#include "lib/util/cleanup.h"
#include "lib/util/xen.h"
#include "xenguest/guest-setup.h"

static int read_devices(struct session *session, struct pci_devices *ret, struct error *err) {
    CLEANUP(cleanup_free) struct pci_address *list = NULL;
    struct warnings warnings = {0};
    size_t nr = 0;
    int rc = 0;

    if (session->request->pci_passthrough)
        rc = pci_address_list(session->request->pci_passthrough, &list, &nr, err);
    if (!rc)
        rc = pci_devices_read(session->xch, SYSFS_ROOT, list, nr, ret, &warnings, err);
    guest_setup_warn(session, &warnings);
    return rc;
}

// With -force, reserved memory in the first megabyte stays RAM, as hvmloader and the guest need it.
// Xen leaves pages in use as they are when the device is assigned, if the toolstack lets it
// (relaxed).
static bool stays_ram(struct session *session, const struct pci_reserved *reserved) {
    if (!session->request->force || !layout_is_in_first_mib(&reserved->range))
        return false;
    log_warning(session->log,
                "-force: PCI device %s: its reserved memory %#" PRIx64 "..%#" PRIx64
                " is in the first megabyte and stays the guest's: what the device does there hits "
                "the guest",
                pci_address_text(reserved->device).s, reserved->range.gfn << XC_PAGE_SHIFT,
                ((reserved->range.gfn + reserved->range.nr_pages) << XC_PAGE_SHIFT) - 1);
    return true;
}

// Fills `list`, which has room for all, and returns how many there are.
static size_t list_reserved(struct session *session, const struct pci_devices *devices,
                            struct layout_reserved *list) {
    size_t nr = 0;

    for (size_t i = 0; i < devices->nr_reserved; i++) {
        const struct pci_reserved *from = &devices->reserved[i];

        if (stays_ram(session, from))
            continue;
        list[nr].range = from->range;
        snprintf(list[nr].device, sizeof(list[nr].device), "%s", pci_address_text(from->device).s);
        nr++;
    }
    return nr;
}

static int make(struct session *session, const struct platform *platform,
                const struct pci_devices *devices, struct layout *ret, struct error *err) {
    CLEANUP(cleanup_free)
    struct layout_reserved *reserved = calloc(devices->nr_reserved + 1, sizeof(*reserved));
    const struct request *request = session->request;
    struct layout_request layout_request = {
        .max_mib = (uint64_t)request->mem_max_mib,
        .start_mib = (uint64_t)request->mem_start_mib,
        .hole_bytes = platform->mmio_hole_size,
        .bar_bytes = devices->bar_bytes,
        .vgpu = request->vgpu,
        .mxgpu = devices->mxgpu,
        .reserved = reserved,
    };

    if (!reserved)
        return error_set(err, ENOMEM, "no memory for a list of reserved device memory");
    layout_request.nr_reserved = list_reserved(session, devices, reserved);
    return layout_make(&layout_request, ret, err);
}

static void log_layout(struct session *session, const struct layout *layout) {
    log_info(session->log,
             "layout: low memory ends at %#" PRIx64 ", high memory at %#" PRIx64
             ", MMIO hole %#" PRIx64,
             layout->lowmem_end, layout->highmem_end, layout->mmio_size);
}

int guest_layout_make(struct session *session, const struct platform *platform, struct layout *ret,
                      struct error *err) {
    CLEANUP(pci_devices_done) struct pci_devices devices = {0};
    int rc;

    rc = read_devices(session, &devices, err);
    if (!rc)
        rc = make(session, platform, &devices, ret, err);
    if (rc)
        return rc;
    if (!ret->bars_fit)
        log_warning(session->log,
                    "the BARs of the PCI devices, %" PRIu64 " MiB, do not all fit below 4 GiB",
                    devices.bar_bytes >> 20);
    if (platform->mmio_hole_size && ret->mmio_size > platform->mmio_hole_size)
        log_warning(session->log,
                    "MMIO hole enlarged to %#" PRIx64 " bytes; hvmloader reads %#" PRIx64
                    " in platform/mmio_hole_size and may leave part of it unused",
                    ret->mmio_size, platform->mmio_hole_size);
    log_layout(session, ret);
    return 0;
}

static struct layout_request sizes_of(const struct session *session) {
    return (struct layout_request){
        .max_mib = (uint64_t)session->request->mem_max_mib,
        .start_mib = (uint64_t)session->request->mem_start_mib,
    };
}

int guest_layout_make_pvh(struct session *session, struct layout *ret, struct error *err) {
    const struct layout_request request = sizes_of(session);
    int rc;

    rc = layout_make_pvh(&request, ret, err);
    if (!rc)
        log_layout(session, ret);
    return rc;
}

int guest_layout_make_pv(struct session *session, struct layout *ret, struct error *err) {
    const struct layout_request request = sizes_of(session);

    return layout_make_pv(&request, ret, err);
}

int guest_layout_make_of_domain(struct session *session, const struct platform *platform,
                                struct layout *ret, struct error *err) {
    struct xen_domain domain;
    int rc;

    rc = xen_domain_read(session->xch, (uint32_t)session->request->domid, &domain, err);
    if (rc)
        return rc;
    if (!domain.hvm)
        return guest_layout_make_pv(session, ret, err);
    return domain.pvh ? guest_layout_make_pvh(session, ret, err)
                      : guest_layout_make(session, platform, ret, err);
}

int guest_layout_publish_vram(struct session *session, const struct layout *layout,
                              struct error *err) {
    char address[32], size[32];
    int rc;

    if (!layout->vram_start)
        return 0;
    // One hexadecimal without 0x, the other decimal: so they are read.
    snprintf(address, sizeof(address), "%" PRIx64, layout->vram_start);
    snprintf(size, sizeof(size), "%llu", LAYOUT_VRAM_BYTES);
    rc = store_write(session->store, "vm-data/vram-reserved-addr", address, err);
    return rc ? rc : store_write(session->store, "vm-data/vram-reserved-size", size, err);
}

int guest_layout_publish_map(struct session *session, struct layout *layout, struct error *err) {
    errno = 0;
    if (xc_domain_set_memory_map(session->xch, (uint32_t)session->request->domid, layout->e820,
                                 layout->nr_e820))
        return xen_error(err, session->xch, "setting the guest's memory map");
    return 0;
}

// The device model takes the end of low memory from the key, the guest from the map: without either
// they would disagree about where memory is.
int guest_layout_publish(struct session *session, struct layout *layout, struct error *err) {
    char size[32];
    int rc;

    snprintf(size, sizeof(size), "%" PRIu64, layout->mmio_size);
    rc = store_write(session->store, "vm-data/mmio-hole-size", size, err);
    return rc ? rc : guest_layout_publish_map(session, layout, err);
}
