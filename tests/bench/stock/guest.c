// What a guest is, but for its memory, comes from the program's own parts, so that both builders
// make the same one: the settings in Xenstore, the layout, the firmware, HVM parameters, hvm_info,
// CPU policy. What the program does on top is left out: plan, claim, ledger, paging pool, affinity,
// report, log. So this is faster than any real builder, which has a log at least.

#include "tests/bench/stock/guest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "lib/guest/cpu-policy.h"
#include "lib/guest/firmware.h"
#include "lib/guest/hvm-info.h"
#include "lib/guest/hvm-params.h"
#include "lib/guest/platform.h"
#include "lib/guest/scheduling.h"
#include "lib/store/store.h"
#include "lib/util/warnings.h"
#include "lib/util/xen.h"

struct guest {
    const struct request *request;
    uint32_t domid;
    xentoollog_logger *quiet;
    xc_interface *xch;
    struct store *store;
    struct platform platform;
    struct cpu_features features;
    struct layout layout;
    struct memory memory;
    struct firmware firmware;
    struct xc_dom_image *dom;
};

static int connect_all(struct guest *guest, struct error *err) {
    guest->quiet = (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
    if (!guest->quiet)
        return error_set(err, ENOMEM, "out of memory");
    guest->xch = xc_interface_open(guest->quiet, guest->quiet, 0);
    if (!guest->xch)
        return error_set(err, EIO, "cannot open the interface to the hypervisor");
    return store_open(guest->domid, &guest->store, err);
}

static int read_settings(struct guest *guest, struct error *err) {
    const struct platform_request request = {.hvm = true};
    struct warnings warnings = {0};
    int rc = platform_read(guest->store, &request, &guest->platform, &warnings, err);

    warnings_done(&warnings);
    if (!rc)
        rc = cpu_features_read(guest->xch, &guest->platform, &guest->features, err);
    return rc;
}

static int make_layout(struct guest *guest, struct error *err) {
    const struct layout_request request = {
        .max_mib = (uint64_t)guest->request->mem_max_mib,
        .start_mib = (uint64_t)guest->request->mem_start_mib,
        .hole_bytes = guest->platform.mmio_hole_size,
    };

    return layout_make(&request, &guest->layout, err);
}

static int set_scheduling(struct guest *guest, struct error *err) {
    struct warnings warnings = {0};
    int rc;

    rc = scheduling_set_affinity(guest->xch, guest->domid, &guest->platform, &warnings, err);
    if (!rc)
        rc = scheduling_set_share(guest->xch, guest->domid, &guest->platform, &warnings, err);
    warnings_done(&warnings);
    if (rc)
        return rc;
    errno = 0;
    if (xc_domain_set_tsc_info(guest->xch, guest->domid, guest->platform.tsc_mode, 0, 0, 0))
        return xen_error(err, guest->xch, "setting the TSC mode");
    return 0;
}

static int allocate_image(struct guest *guest, struct error *err) {
    const struct request *request = guest->request;
    struct xc_dom_image *dom = xc_dom_allocate(guest->xch, NULL, NULL);

    if (!dom)
        return xen_error(err, guest->xch, "xc_dom_allocate");
    guest->dom = dom;
    dom->container_type = XC_DOM_HVM_CONTAINER;
    dom->device_model = true;
    dom->max_vcpus = guest->platform.nr_vcpus;
    dom->console_evtchn = (unsigned)request->console_port;
    dom->console_domid = (uint32_t)request->console_domid;
    dom->xenstore_evtchn = (unsigned)request->store_port;
    dom->xenstore_domid = (uint32_t)request->store_domid;
    dom->target_pages = guest->layout.target_pages;
    dom->lowmem_end = guest->layout.lowmem_end;
    dom->highmem_end = guest->layout.highmem_end;
    dom->mmio_start = guest->layout.mmio_start;
    dom->mmio_size = guest->layout.mmio_size;
    return 0;
}

static int add_firmware(struct guest *guest, struct error *err) {
    const struct firmware_request request = {
        .name = guest->platform.firmware,
        .ovmf_path = OVMF_PATH,
        .ovmf_override = guest->platform.ovmf_override,
        .seabios_path = SEABIOS_PATH,
    };

    return firmware_load(guest->dom, &request, &guest->firmware, err);
}

static int load_image(struct guest *guest, struct error *err) {
    bool present;
    int rc;

    errno = 0;
    rc = allocate_image(guest, err);
    if (rc)
        return rc;
    if (xc_dom_kernel_file(guest->dom, guest->request->image))
        return xen_error(err, guest->xch, "loading image %s", guest->request->image);
    rc = firmware_add_ipxe(guest->dom, IPXE_PATH, &present, err);
    if (rc)
        return rc;
    errno = 0;
    if (xc_dom_boot_xen_init(guest->dom, guest->xch, guest->domid) ||
        xc_dom_parse_image(guest->dom))
        return xen_error(err, guest->xch, "parsing image %s", guest->request->image);
    return add_firmware(guest, err);
}

static int populate(struct guest *guest, struct error *err) {
    guest->memory.xch = guest->xch;
    guest->memory.domid = guest->domid;
    guest->memory.mib = (uint64_t)guest->request->mem_max_mib;
    guest->memory.layout = &guest->layout;
    return memory_populate(&guest->memory, guest->dom, err);
}

static int publish_layout(struct guest *guest, struct error *err) {
    char size[32];
    int rc;

    snprintf(size, sizeof(size), "%" PRIu64, guest->layout.mmio_size);
    rc = store_write(guest->store, "vm-data/mmio-hole-size", size, err);
    if (rc)
        return rc;
    errno = 0;
    if (xc_domain_set_memory_map(guest->xch, guest->domid, guest->layout.e820,
                                 guest->layout.nr_e820))
        return xen_error(err, guest->xch, "setting the guest's memory map");
    return 0;
}

static int boot_image(struct guest *guest, struct error *err) {
    errno = 0;
    if (xc_dom_build_image(guest->dom) || xc_dom_boot_image(guest->dom) ||
        xc_dom_gnttab_init(guest->dom))
        return xen_error(err, guest->xch, "putting the image into the guest's memory");
    return hvm_params_check(guest->xch, guest->domid, true, err);
}

static int set_parameters(struct guest *guest, struct error *err) {
    int rc;

    rc = hvm_params_set(guest->xch, guest->domid, &guest->platform, err);
    if (!rc)
        rc = hvm_info_write(guest->domid, &guest->platform, err);
    if (!rc)
        rc = cpu_policy_apply(guest->xch, guest->domid, &guest->platform, &guest->features, err);
    return rc;
}

static void guest_done(struct guest *guest) {
    if (guest->dom)
        xc_dom_release(guest->dom);
    firmware_done(&guest->firmware);
    cpu_features_done(&guest->features);
    platform_done(&guest->platform);
    store_close(guest->store);
    if (guest->xch)
        xc_interface_close(guest->xch);
    if (guest->quiet)
        xtl_logger_destroy(guest->quiet);
}

int guest_build(const struct request *request, enum memory_way way, struct control_result *ret,
                struct error *err) {
    static int (*const steps[])(struct guest *, struct error *) = {
        connect_all, read_settings,  make_layout, set_scheduling, load_image,
        populate,    publish_layout, boot_image,  set_parameters,
    };
    struct guest guest = {
        .request = request,
        .domid = (uint32_t)request->domid,
        .memory = {.way = way,
                   .node = request->mem_pnode == REQUEST_UNSET ? MEMORY_ANY_NODE
                                                               : (int)request->mem_pnode},
    };
    int rc = 0;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !rc; i++)
        rc = steps[i](&guest, err);
    if (!rc)
        *ret = (struct control_result){.store_frame = guest.dom->xenstore_pfn,
                                       .console_frame = guest.dom->console_pfn};
    guest_done(&guest);
    return rc;
}
