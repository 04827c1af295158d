// The image of a guest as libxenguest builds it: allocated, given its kernel, parsed, and put into
// the domain's memory.
#ifndef GUEST_IMAGE_H
#define GUEST_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "lib/guest/guest-kind.h"
#include "lib/memory/layout.h"
#include "lib/util/error.h"

struct image_request {
    enum guest_kind kind;
    const char *cmdline;  // the kernel's; NULL: none
    const char *features; // that a PV kernel shall have on; NULL: none
    unsigned nr_vcpus;
    unsigned store_port, console_port; // event channels
    uint32_t store_domid, console_domid;
    const struct layout *layout;
};

// Allocates the image of a guest. *ret is to be released with xc_dom_release,
// after a failure too, unless it is as it was. -ENOMEM: the library has no room for the command
// line.
int image_allocate(xc_interface *xch, const struct image_request *request,
                   struct xc_dom_image **ret, struct error *err);

// Reads the kernel (or hvmloader) at `path`. -ENOEXEC: it ends before its own headers say, or
// cannot be unpacked.
int image_load_kernel(xc_interface *xch, struct xc_dom_image *dom, const char *path,
                      struct error *err);

// Adds the boot module at `path`, with its command line, or NULL. There is room for two.
int image_load_module(xc_interface *xch, struct xc_dom_image *dom, const char *path,
                      const char *cmdline, struct error *err);

// Finds out what the kernel that was read from `path` is, and whether this Xen can run it.
// -ENOEXEC: it cannot, or the kernel is not one of guests of this kind.
int image_parse(xc_interface *xch, struct xc_dom_image *dom, uint32_t domid, const char *path,
                struct error *err);

// Puts the image into the domain's memory, which is populated, and sets up its first vCPU and its
// grant table.
int image_boot(xc_interface *xch, struct xc_dom_image *dom, struct error *err);

#endif
