// A guest whose frames arrive one by one, and how far that has come.
#ifndef PLACEMENT_ARRIVING_H
#define PLACEMENT_ARRIVING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/claim/reservation.h"
#include "lib/memory/arrivals.h"
#include "lib/memory/populate.h"
#include "lib/numa/nodeset.h"
#include "lib/numa/planner.h"
#include "lib/numa/policy.h"

// Zero-initialise before arrive_begin; arrive_done releases it.
struct arriving {
    xc_interface *xch;
    uint32_t domid;
    const struct plan *plan;
    const struct policy *policy;
    struct reservation *reservation;
    uint64_t limit_pages; // of the domain: extents are not to take more
    uint64_t owned_pages; // that the domain has
    uint64_t kept_pages;  // that Xen did not take back
    uint64_t stray_pages; // not planned, and from none of the plan's nodes
    struct arrivals arrivals;
    struct populate_job job;
    struct nodelist order; // all nodes of the plan, most preferred first
    // Nodes that have no more memory of a size; the same from anywhere.
    nodeset exhausted[EXTENT_NR_SIZES];
    bool exhausted_anywhere[EXTENT_NR_SIZES];
    uint64_t *todo; // frames that have arrived and are not populated yet
    size_t nr_todo, capacity;
};

#endif
