// How large a guest's kernel and its modules may be, packed or unpacked.
#ifndef GUEST_KERNEL_LIMITS_H
#define GUEST_KERNEL_LIMITS_H

#include <stddef.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "lib/store/store.h"
#include "lib/util/error.h"

// In bytes.
struct kernel_limits {
    size_t kernel, module;
};

// Reads the host's limits: /mh/limits/pv-kernel-max_size and pv-ramdisk-max_size; where they are
// missing, empty, 0 or beyond 64 bits, 1 GiB. -EINVAL: that is no number; words are none.
int kernel_limits_read(struct store *store, struct kernel_limits *ret, struct error *err);

// Tells them to the image, which then takes no larger files.
int kernel_limits_set(const struct kernel_limits *limits, struct xc_dom_image *dom,
                      struct error *err);

#endif
