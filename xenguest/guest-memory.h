// The memory of a guest, from its settings to the report: what all builds of HVM and PVH guests do.
#ifndef XENGUEST_GUEST_MEMORY_H
#define XENGUEST_GUEST_MEMORY_H

#include <stdbool.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "lib/claim/reservation.h"
#include "lib/memory/layout.h"
#include "lib/memory/meminit.h"
#include "lib/placement/affinity.h"
#include "lib/placement/place.h"
#include "lib/util/error.h"
#include "lib/util/range.h"
#include "xenguest/report.h"
#include "xenguest/session.h"

// Zero-initialise before guest_memory_open; guest_memory_done releases it in any case.
struct guest_memory {
    struct session *session;
    const struct layout *layout;
    uint32_t domid;
    unsigned nr_vcpus;
    bool on_demand;
    struct policy policy;
    struct affinity affinity;
    struct ranges ranges;
    struct memory_request request;
    struct ledger *ledger; // NULL: none
    struct reservation reservation;
    bool warned; // about the ledger
    struct meminit meminit;
    struct placement placement;
    struct report report;
};

// Opens the ledger. -EBUSY if another process builds the domain now: then nothing of it is to be
// touched. The session must be open.
int guest_memory_open(struct guest_memory *memory, struct session *session,
                      enum reservation_purpose purpose, struct error *err);

// Reads the numa- settings, the affinities and the host, plans, and claims what is planned. Nothing
// is populated yet. `vga_hole`: the guest has a device model.
int guest_memory_prepare(struct guest_memory *memory, const struct layout *layout,
                         unsigned nr_vcpus, bool vga_hole, struct error *err);

// Populates the image's domain by the plan, through libxenguest, and lets vCPUs and later
// allocations follow the memory; that they cannot is a warning.
int guest_memory_populate(struct guest_memory *memory, struct xc_dom_image *dom, struct error *err);

// Reports where the memory is: to the log, the toolstack and Xenstore. Failures are warnings.
void guest_memory_finish(struct guest_memory *memory);

// Ends the reservation: after a build with success (`success`), or gives it up after a failure; a
// reservation for another process stays after success. A failure to release is logged. To be called
// before the session is closed.
void guest_memory_done(struct guest_memory *memory, bool success);

#endif
