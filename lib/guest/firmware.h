// Boot modules of an HVM guest: the firmware that hvmloader starts, and the network boot ROM.
#ifndef GUEST_FIRMWARE_H
#define GUEST_FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "lib/util/error.h"

// A file in memory. Zero-initialise; firmware_done releases it.
struct firmware {
    void *data;
    size_t bytes;
};

struct firmware_request {
    const char *name;          // hvmloader/bios; NULL: what hvmloader has built in
    const char *ovmf_path;     // image for "ovmf"
    const char *ovmf_override; // name of another image beside that one; NULL: none
    const char *seabios_path;  // image for "seabios"; "": this system has none
};

// Finds the image file that a request means. Returns 0 and sets *ret, which the caller frees, to
// its path or to NULL if none is needed. -EINVAL: a firmware that is not supported, or an override
// that is not the plain name of a file.
int firmware_path(const struct firmware_request *request, char **ret, struct error *err);

// Reads a regular file of at most 64 MiB, or one in the directory of `path` or below it to which a
// link at `path` leads. -EFBIG: it is larger, or empty; -EINVAL: it is no regular file or
// elsewhere; -ENOENT, -ELOOP: there is none at the end of a link. Needs /proc.
int firmware_read(const char *path, struct firmware *ret, struct error *err);

// Hands the firmware that the request means to the image, which refers to *firmware until it is
// released.
int firmware_load(struct xc_dom_image *dom, const struct firmware_request *request,
                  struct firmware *firmware, struct error *err);

void firmware_done(struct firmware *firmware);

// Adds the iPXE module at `path` to the image. Returns 0 and sets *present to false if there is no
// such file: a guest boots from disk without it.
int firmware_add_ipxe(struct xc_dom_image *dom, const char *path, bool *present, struct error *err);

#endif
