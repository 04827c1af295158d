// Modes linux_build and build_pv: a PV guest.
#ifndef XENGUEST_PV_BUILD_H
#define XENGUEST_PV_BUILD_H

#include "lib/util/error.h"
#include "xenguest/control.h"
#include "xenguest/session.h"

// Builds the guest that session->request describes. On failure the domain keeps what it was given
// so far, for its destruction to free.
int pv_build(struct session *session, struct control_result *ret, struct error *err);

#endif
