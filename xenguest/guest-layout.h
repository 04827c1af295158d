// The memory layout of a guest, from what the command line and the settings ask for and
// what its PCI devices need.
#ifndef XENGUEST_GUEST_LAYOUT_H
#define XENGUEST_GUEST_LAYOUT_H

#include "lib/guest/platform.h"
#include "lib/memory/layout.h"
#include "lib/util/error.h"
#include "xenguest/session.h"

// Changes nothing.
int guest_layout_make(struct session *session, const struct platform *platform, struct layout *ret,
                      struct error *err);

// The same for a PVH guest, but for the map, which layout_map_pvh makes.
int guest_layout_make_pvh(struct session *session, struct layout *ret, struct error *err);

// The same for a PV guest.
int guest_layout_make_pv(struct session *session, struct layout *ret, struct error *err);

// One of them, whichever the domain is made for.
int guest_layout_make_of_domain(struct session *session, const struct platform *platform,
                                struct layout *ret, struct error *err);

// Tells a vGPU's device model where the guest's video memory is, if there is any.
int guest_layout_publish_vram(struct session *session, const struct layout *layout,
                              struct error *err);

// Tells the device model and Xen of the layout; to be done when memory has been populated.
int guest_layout_publish(struct session *session, struct layout *layout, struct error *err);

// The same where there is no device model.
int guest_layout_publish_map(struct session *session, struct layout *layout, struct error *err);

#endif
