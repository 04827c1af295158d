// The memory of a guest, from its settings to its placement: what all builds of guests do.
//
// The caller goes from step to step and tells people what there is to tell: after each step what is
// in `warnings`, which it releases, and what the step has found.
#ifndef PLACEMENT_GUEST_MEMORY_H
#define PLACEMENT_GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "lib/claim/memory-plan.h"
#include "lib/claim/reservation.h"
#include "lib/memory/layout.h"
#include "lib/memory/meminit.h"
#include "lib/numa/policy.h"
#include "lib/placement/follow.h"
#include "lib/placement/guest-vnodes.h"
#include "lib/placement/masks.h"
#include "lib/placement/placement.h"
#include "lib/store/store.h"
#include "lib/util/error.h"
#include "lib/util/range.h"
#include "lib/util/warnings.h"

#define GUEST_MEMORY_MAX_NOTES 8

// What the guest is to have; all of it must stay until the guest is populated.
struct guest_memory_request {
    struct store *store;
    const char *policy_file;
    int mem_pnode; // of the command line, or SETTINGS_NO_NODE
    const struct layout *layout;
    unsigned nr_vcpus;
    unsigned cores_per_socket;        // 0: not set
    unsigned devices[HOST_MAX_NODES]; // passed through, by the node that they are on
    bool pv;                          // nothing could tell it of the nodes that it is on
    bool restored; // its memory comes from a stream: nothing is populated on demand, and the guest
                   // sees the nodes that it saw before
};

// Zero-initialise before guest_memory_open; guest_memory_done releases it in any case.
struct guest_memory {
    xc_interface *xch;
    uint32_t domid;
    struct guest_memory_request request;
    bool on_demand; // it starts with less than it may have
    bool settled;   // `policy` is known
    struct policy policy;
    struct masks masks;
    struct guest_vcpus vcpus;
    nodeset affinity; // the domain's node affinity, if somebody has set one
    struct ranges ranges;
    struct memory_request plan_request;
    struct ledger *ledger; // NULL: none
    struct reservation reservation;
    bool reserved; // and the plan may be carried out
    struct meminit meminit;
    struct placement placement;
    struct follow follow;
    struct guest_vnodes vnodes;
    const uint64_t *pool; // of a preview: pages of the paging pool by node
    struct warnings warnings;
    bool warned; // about the ledger
    // While it is populated: called after each hypercall with the pages done so far and wanted;
    // NULL: not called. The caller's.
    void (*progress)(struct guest_memory *memory, uint64_t done_pages, uint64_t nr_pages);
    void *progress_context;
};

// Opens the ledger. -EBUSY if another process builds the domain now: then nothing of it is to be
// touched. `xch` must stay open until guest_memory_end.
int guest_memory_open(struct guest_memory *memory, xc_interface *xch, uint32_t domid,
                      enum reservation_purpose purpose, const char *ledger_directory,
                      struct error *err);

// The same for a preview: the ledger is only read, and nothing of the domain is ever changed.
// guest_memory_end is not to be called.
int guest_memory_open_preview(struct guest_memory *memory, xc_interface *xch, uint32_t domid,
                              const char *ledger_directory, struct error *err);

// For the preview of a guest without a domain, on the host of the survey.
void guest_memory_open_new(struct guest_memory *memory, const struct survey *survey);

// Reads the numa- settings and the affinities.
int guest_memory_settle(struct guest_memory *memory, const struct guest_memory_request *request,
                        struct error *err);

// The same with affinities that are not read from Xen: `masks`, which is taken over and empty
// afterwards, and the node affinity that somebody has given the domain (0: none).
int guest_memory_settle_with(struct guest_memory *memory,
                             const struct guest_memory_request *request, struct masks *masks,
                             nodeset affinity, struct error *err);

// Plans as guest_memory_reserve would, and fails as it would, but changes nothing. The domain's
// paging pool has so many pages on each node. `follow` says what would follow.
int guest_memory_preview(struct guest_memory *memory, const uint64_t pool[HOST_MAX_NODES],
                         struct error *err);

// Reads the host, plans, lets vCPUs and page tables follow, and claims what is planned. Nothing is
// populated yet.
int guest_memory_reserve(struct guest_memory *memory, struct error *err);

// The same after guest_memory_reserve has failed for want of memory, for as much as there is room
// for; *ret_pages is how much that is. -ENOMEM if it is next to nothing.
int guest_memory_reserve_less(struct guest_memory *memory, uint64_t *ret_pages, struct error *err);

// Populates the image's domain by the plan, through libxenguest.
int guest_memory_populate(struct guest_memory *memory, struct xc_dom_image *dom, struct error *err);

// Sets the domain's node affinity to where its memory is, so that what it is given from now on
// (libxenguest's special pages are the first) comes from there too.
void guest_memory_follow(struct guest_memory *memory);

// Why the placement is other than the best: one sentence each. Returns how many.
size_t guest_memory_notes(const struct guest_memory *memory,
                          const char *notes[GUEST_MEMORY_MAX_NOTES]);

// Ends the reservation: after a build with success (`success`), or gives it up after a failure; a
// reservation for another process stays after success. Returns the failure of the release.
int guest_memory_end(struct guest_memory *memory, bool success, struct error *err);

void guest_memory_done(struct guest_memory *memory);

#endif
