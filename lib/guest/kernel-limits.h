// How large a guest's kernel and its modules may be, packed or unpacked.
#ifndef GUEST_KERNEL_LIMITS_H
#define GUEST_KERNEL_LIMITS_H

#include <xenctrl.h>
#include <xenguest.h>

#include "lib/store/store.h"
#include "lib/util/error.h"

// Tells the image the host's limits, in bytes: /mh/limits/pv-kernel-max_size and
// pv-ramdisk-max_size; where they are missing or 0, 1 GiB.
int kernel_limits_set(struct store *store, struct xc_dom_image *dom, struct error *err);

#endif
