// Where each vCPU of a guest may run (its hard mask) and should run (its soft mask), and what
// numa-vcpus makes of that.
#ifndef PLACEMENT_MASKS_H
#define PLACEMENT_MASKS_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/numa/nodeset.h"
#include "lib/numa/policy.h"
#include "lib/numa/vcpus.h"
#include "lib/util/error.h"
#include "lib/util/xen-cpus.h"

struct vcpu_masks {
    uint8_t *hard;   // CPUs on which it may run: in its hard mask, and online in its domain's pool
    uint8_t *soft;   // of these, those in its soft mask; all of them if that has none of them
    bool hard_given; // somebody has set a hard mask that leaves out a CPU of the pool
    bool soft_given; // somebody has set a soft mask that leaves out a CPU on which it may run
};

// Zero-initialise before masks_read; masks_done releases it.
struct masks {
    xc_interface *xch;
    uint32_t domid;
    struct xen_cpus cpus;
    uint8_t *pool; // the CPUs of the domain's pool that are online
    struct vcpu_masks *vcpu;
    unsigned nr_vcpus;
    nodeset pool_nodes;      // with CPUs of the pool
    nodeset hard_nodes;      // with CPUs on which a vCPU may run
    nodeset effective_nodes; // with CPUs on which a vCPU should run: Xen's own node affinity
};

// Reads the masks of all vCPUs, plugged in or not. They must exist (XEN_DOMCTL_max_vcpus).
int masks_read(xc_interface *xch, uint32_t domid, unsigned nr_vcpus, struct masks *ret,
               struct error *err);

// The masks of vCPUs that do not exist yet: each may run on all CPUs that are online. Takes `cpus`
// over, which is empty afterwards.
int masks_make(struct xen_cpus *cpus, unsigned nr_vcpus, struct masks *ret, struct error *err);

// What the masks would be if vCPU `nr` had this hard mask; nothing is set in Xen. False, and no
// change, if it has no CPU of the pool, which Xen would refuse.
bool masks_set_hard(struct masks *masks, unsigned nr, const uint8_t *map);

void masks_done(struct masks *masks);

// The guest's vCPUs for the planner. vCPUs that have a soft mask, unless it is to be replaced, or a
// hard mask on a single node belong there, in proportion to the CPUs. The others are free; with
// `leave` all vCPUs belong where they may run, and roam if that is everywhere.
struct guest_vcpus masks_vcpus(const struct masks *masks, enum policy_vcpus policy);

// The nodes on which a vCPU will run by its own masks: those of a soft mask that is not to be
// replaced, else all those on which it may.
nodeset masks_vcpu_nodes(const struct masks *masks, unsigned nr, enum policy_vcpus policy);

// Sets the affinity that numa-vcpus asks for: soft (or hard, with `pin`) affinity to the CPUs of
// these nodes within the hard mask of each vCPU that has none of its own. A vCPU that may run
// nowhere else, or not there at all, is left as it was read; `again`, after an affinity for other
// nodes, it is set to that. Just vCPUs first to first + nr - 1. Adds to *changed how many of them
// were given one.
int masks_follow(const struct masks *masks, enum policy_vcpus policy, unsigned first, unsigned nr,
                 nodeset nodes, bool again, unsigned *changed, struct error *err);

#endif
