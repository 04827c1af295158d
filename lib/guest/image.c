// libxenguest keeps all that belongs to a guest in one struct and fills it call by call; the order
// of the calls is the caller's, as other work comes in between.

#include "lib/guest/image.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <xen/elfnote.h>

#include "lib/guest/elf-file.h"
#include "lib/guest/elf-note.h"
#include "lib/guest/kernel-file.h"
#include "lib/guest/pv-support.h"
#include "lib/util/xen.h"

#define HVM_GUEST "hvm-3.0-x86_32" // as the library calls it, PVH guests included

int image_allocate(xc_interface *xch, const struct image_request *request,
                   struct xc_dom_image **ret, struct error *err) {
    const struct layout *layout = request->layout;
    struct xc_dom_image *dom;

    errno = 0;
    dom = xc_dom_allocate(xch, request->cmdline, request->features);
    if (!dom)
        return xen_error(err, xch, "xc_dom_allocate");
    *ret = dom;
    // The library takes a command line that it has no memory for as none.
    if (request->cmdline && !dom->cmdline)
        return error_set(err, ENOMEM, "no memory for the kernel's command line");
    dom->container_type = request->kind == GUEST_PV ? XC_DOM_PV_CONTAINER : XC_DOM_HVM_CONTAINER;
    dom->device_model = request->kind == GUEST_HVM;
    dom->max_vcpus = request->nr_vcpus;
    dom->console_evtchn = request->console_port;
    dom->console_domid = request->console_domid;
    dom->xenstore_evtchn = request->store_port;
    dom->xenstore_domid = request->store_domid;
    dom->target_pages = layout->target_pages;
    dom->lowmem_end = layout->lowmem_end;
    dom->highmem_end = layout->highmem_end;
    dom->mmio_start = layout->mmio_start;
    dom->mmio_size = layout->mmio_size;
    return 0;
}

static int check_whole(const struct xc_dom_image *dom, const char *path, struct error *err) {
    uint64_t end = kernel_file_end(dom->kernel_blob, dom->kernel_size);

    if (end <= dom->kernel_size)
        return 0;
    return error_set(err, ENOEXEC, "image %s is truncated: %zu bytes of at least %" PRIu64, path,
                     dom->kernel_size, end);
}

int image_load_kernel(xc_interface *xch, struct xc_dom_image *dom, const char *path,
                      struct error *err) {
    errno = 0;
    if (xc_dom_kernel_file(dom, path))
        return xen_error(err, xch, "loading image %s", path);
    // The library leaves one packed whose last bytes name a size that no kernel has.
    if (kernel_file_is_gzip(dom->kernel_blob, dom->kernel_size))
        return error_set(err, ENOEXEC,
                         "image %s cannot be unpacked: it is a gzip file that is truncated or has "
                         "more than 1 GiB in it",
                         path);
    return check_whole(dom, path, err);
}

int image_load_module(xc_interface *xch, struct xc_dom_image *dom, const char *path,
                      const char *cmdline, struct error *err) {
    errno = 0;
    if (xc_dom_module_file(dom, path, cmdline))
        return xen_error(err, xch, "loading module %s", path);
    return 0;
}

static bool has_note(const struct elf_file *kernel, uint32_t type) {
    uint64_t ignored;

    return elf_note_read(kernel, type, &ignored);
}

// The library runs a kernel without any notes from its ELF entry, which expects another state of
// the machine. That of a PV guest may tell Xen of itself in another way, as old ones do.
static int check_entry(const struct xc_dom_image *dom, const char *path, struct error *err) {
    // One that is packed is unpacked by now, if that was possible.
    const struct elf_file kernel = {dom->kernel_blob, dom->kernel_size};
    bool pvh = has_note(&kernel, XEN_ELFNOTE_PHYS32_ENTRY);
    bool pv = has_note(&kernel, XEN_ELFNOTE_ENTRY);

    if (dom->device_model || !elf_file_is_elf(&kernel))
        return 0;
    if (xc_dom_translated(dom) && !pvh)
        return error_set(err, ENOEXEC,
                         "image %s has no entry for PVH guests (ELF note PHYS32_ENTRY)", path);
    if (!xc_dom_translated(dom) && pvh && !pv)
        return error_set(err, ENOEXEC, "image %s has no entry for PV guests (ELF note ENTRY)",
                         path);
    return 0;
}

// The library takes kernels of all kinds of guests, and would go on as for these.
static int check_type(const struct xc_dom_image *dom, const char *path, struct error *err) {
    const char *type = dom->guest_type ? dom->guest_type : "";

    if (xc_dom_translated(dom) && strcmp(type, HVM_GUEST) != 0)
        return error_set(err, ENOEXEC, "image %s is not for a guest in an HVM container", path);
    if (xc_dom_translated(dom))
        return 0;
    if (!pv_support_is_type(type))
        return error_set(err, ENOEXEC, "image %s is not for a PV guest", path);
    if (!pv_support_has(dom->xen_caps, type))
        return error_set(err, ENOEXEC, "image %s is for %s, which this Xen cannot run (it runs %s)",
                         path, type, dom->xen_caps);
    return 0;
}

int image_parse(xc_interface *xch, struct xc_dom_image *dom, uint32_t domid, const char *path,
                struct error *err) {
    int failed, rc;

    errno = 0;
    if (xc_dom_boot_xen_init(dom, xch, domid))
        return xen_error(err, xch, "xc_dom_boot_xen_init");
    errno = 0;
    failed = xc_dom_parse_image(dom) ? xen_error(err, xch, "parsing image %s", path) : 0;
    // The kernel that was packed in the file, if there is one.
    rc = check_whole(dom, path, err);
    if (!rc)
        rc = check_entry(dom, path, err);
    if (!rc && (!failed || dom->guest_type))
        rc = check_type(dom, path, err);
    return rc ? rc : failed;
}

// The library does not look whether the page could be mapped that it was to write this to.
static int check_start_info(struct xc_dom_image *dom, struct error *err) {
    const char *start_info = xc_dom_pfn_to_ptr(dom, dom->start_info_pfn, 1);

    if (start_info && !strncmp(start_info, "xen-", 4))
        return 0;
    return error_set(err, EIO, "libxenguest could not write the guest's start info");
}

int image_boot(xc_interface *xch, struct xc_dom_image *dom, struct error *err) {
    static const struct {
        const char *name;
        int (*call)(struct xc_dom_image *dom);
    } steps[] = {
        {"xc_dom_build_image", xc_dom_build_image},
        {"xc_dom_boot_image", xc_dom_boot_image},
        {"xc_dom_gnttab_init", xc_dom_gnttab_init},
    };

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        errno = 0;
        if (steps[i].call(dom))
            return xen_error(err, xch, "%s", steps[i].name);
    }
    return xc_dom_translated(dom) ? 0 : check_start_info(dom, err);
}
