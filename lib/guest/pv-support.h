// Which PV guests a hypervisor can run.
#ifndef GUEST_PV_SUPPORT_H
#define GUEST_PV_SUPPORT_H

#include <stdbool.h>

#include <xenctrl.h>

#include "lib/util/error.h"

// -EOPNOTSUPP: none, as Xen was built without them.
int pv_support_check(xc_interface *xch, struct error *err);

// True if `type`, as libxenguest calls it ("xen-3.0-x86_64"), is one of a PV guest.
bool pv_support_is_type(const char *type);

// True if such guests are among what Xen says that it runs.
bool pv_support_has(const char *capabilities, const char *type);

#endif
