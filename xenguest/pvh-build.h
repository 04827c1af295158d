// Modes pvh_build, build_pvh and build_pvh_usemem: a PVH guest.
#ifndef XENGUEST_PVH_BUILD_H
#define XENGUEST_PVH_BUILD_H

#include "lib/util/error.h"
#include "xenguest/control.h"
#include "xenguest/session.h"

// Builds the guest that session->request describes. On failure the domain keeps what it was given
// so far, for its destruction to free.
int pvh_build(struct session *session, struct control_result *ret, struct error *err);

// The same from memory that was reserved before, and only from that.
int pvh_build_usemem(struct session *session, struct control_result *ret, struct error *err);

#endif
