// The nodes that a guest shall see, from the setting numa-virtual to Xen.
#ifndef PLACEMENT_GUEST_VNODES_H
#define PLACEMENT_GUEST_VNODES_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/memory/layout.h"
#include "lib/numa/planner.h"
#include "lib/numa/policy.h"
#include "lib/numa/virtual.h"
#include "lib/placement/masks.h"
#include "lib/util/error.h"

// The first part is the caller's.
struct guest_vnodes {
    xc_interface *xch;
    uint32_t domid;
    const struct policy *policy;
    const struct masks *masks;
    const struct layout *layout;
    unsigned cores_per_socket; // 0: not set
    bool on_demand;
    bool pv;

    bool wanted;                // and allowed: `guest` is for the planner
    struct virtual_guest guest; // refers to vcpu_nodes
    nodeset *vcpu_nodes;
    bool told;      // the guest will see them
    char note[256]; // why numa-virtual=auto gives the guest none; empty: there is no reason
};

// Finds out whether the guest may have vnodes. Where it may not, that is an error, or with
// numa-virtual=auto a note. To be called before anything is planned.
int guest_vnodes_prepare(struct guest_vnodes *vnodes, struct error *err);

// Takes over why the plan has none, if it has a reason. guest_vnodes_set does so too.
void guest_vnodes_foresee(struct guest_vnodes *vnodes, const struct plan *plan);

// Gives the domain those of the plan, if it has any. With numa-virtual=auto a failure is a note.
int guest_vnodes_set(struct guest_vnodes *vnodes, const struct plan *plan, const struct host *host,
                     struct error *err);

void guest_vnodes_done(struct guest_vnodes *vnodes);

#endif
