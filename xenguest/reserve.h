// Modes reserve and release: the toolstack's part of a build that is split in two.
//
// Reservations are made one after another, and so without races; the builds that use them
// (build_hvm_usemem) may then run side by side.
#ifndef XENGUEST_RESERVE_H
#define XENGUEST_RESERVE_H

#include "lib/util/error.h"
#include "xenguest/control.h"
#include "xenguest/session.h"

// Plans, claims and records memory for an HVM or PVH guest, whichever the domain is
// made for, prints the reservation to standard output as a
// table or, with -json, as a JSON document on one line (lib/view/plan.h), and leaves it to be used
// or released.
int reserve(struct session *session, struct control_result *ret, struct error *err);

// Gives a reservation up: the domain's claim and its entry in the ledger. The domain may be gone.
int release(struct session *session, struct control_result *ret, struct error *err);

#endif
