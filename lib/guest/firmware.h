// Boot modules of an HVM guest: the firmware that hvmloader starts, and the network boot ROM.
#ifndef GUEST_FIRMWARE_H
#define GUEST_FIRMWARE_H

#include <stdbool.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "lib/util/error.h"

// A file mapped into memory, read-only. Zero-initialise; firmware_done unmaps it.
struct firmware {
    void *data;
    size_t bytes;
};

// Hands the firmware named by hvmloader/bios to the image: NULL adds nothing, "ovmf" the file at
// `ovmf_path`. Any other name is -EINVAL. The image refers to *firmware until it is released.
int firmware_load(struct xc_dom_image *dom, const char *name, const char *ovmf_path,
                  struct firmware *firmware, struct error *err);

void firmware_done(struct firmware *firmware);

// Adds the iPXE module at `path` to the image. Returns 0 and sets *present to false if there is no
// such file: a guest boots from disk without it.
int firmware_add_ipxe(struct xc_dom_image *dom, const char *path, bool *present, struct error *err);

#endif
