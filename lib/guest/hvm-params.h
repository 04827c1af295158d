// HVM parameters and clock of a guest.
#ifndef GUEST_HVM_PARAMS_H
#define GUEST_HVM_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/guest/platform.h"
#include "lib/util/error.h"

// Checks those that libxenguest has set while it built the image: it does not look whether Xen took
// them, and without them the guest has no Xenstore, no console, or no device model, or nobody can
// page, watch or share its memory later. A PVH guest has no device model.
int hvm_params_check(xc_interface *xch, uint32_t domid, bool device_model, struct error *err);

// Sets Hyper-V's interfaces, HPET, the reaction to a triple fault (crash, so that it is noticed),
// the width of saved x87 instruction pointers and the time offset.
int hvm_params_set(xc_interface *xch, uint32_t domid, const struct platform *platform,
                   struct error *err);

// Those of them that a migration stream does not have: HPET, triple fault, time offset.
int hvm_params_set_unsaved(xc_interface *xch, uint32_t domid, const struct platform *platform,
                           struct error *err);

#endif
