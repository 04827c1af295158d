// The plan of a guest's memory: which node supplies which guest frames.
//
// A pure function of the host, the policy and the guest; the same input gives the same plan.
#ifndef NUMA_PLANNER_H
#define NUMA_PLANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/numa/assign.h"
#include "lib/numa/host.h"
#include "lib/numa/nodeset.h"
#include "lib/numa/policy.h"
#include "lib/numa/vcpus.h"
#include "lib/numa/virtual.h"
#include "lib/numa/vnodes.h"
#include "lib/util/error.h"
#include "lib/util/warnings.h"

struct plan_request {
    const struct host *host; // normalised
    const struct policy *policy;
    const struct range *ranges; // the frames to supply: ascending, with holes between them
    size_t nr_ranges;
    unsigned nr_vcpus;
    // Where the vCPUs belong or may go; NULL: nr_vcpus that may run on all CPUs.
    const struct guest_vcpus *vcpus;
    // The domain's node affinity if somebody has set one, may contain nodes that do not exist; 0 if
    // it only follows from the affinity of the vCPUs.
    nodeset affinity;
    const unsigned *devices;           // passed through, by the node that they are on; NULL: none
    const struct virtual_guest *guest; // for vnodes, as numa-virtual says; NULL: none
    // What the host must have beyond the guest's frames, on whatever node.
    uint64_t room_pages;
    // What is set aside for this very domain by a claim it has already: part of the host's claimed
    // pages, on each node and without one.
    uint64_t own_claim_pages[HOST_MAX_NODES];
    uint64_t own_host_claim_pages;
    // The plan whose rest this is, because nodes had less than it said: its preferred nodes stay
    // the preferred ones. NULL: there is none.
    const struct plan *earlier;
    // A plan that something has followed already: its CPU nodes stay, and of nodes that are as good
    // as each other those come first of which it took most. NULL: there is none.
    const struct plan *followed;
};

// Who chose the preferred nodes; the first that applies.
enum plan_origin {
    PLAN_FROM_ANY,          // nobody: numa-policy=any, no preferred nodes
    PLAN_FROM_COMMAND_LINE, // -mem_pnode
    PLAN_FROM_SETTING,      // numa-nodes in platform or file
    PLAN_FROM_CLAIM,        // the nodes of the domain's claim, largest share first
    PLAN_FROM_AFFINITY,     // the domain's node affinity, which leaves out a node with CPUs
    PLAN_FROM_INTERLEAVE,   // all nodes with CPUs, since numa-policy=interleave
    PLAN_FROM_FLAT,        // nobody: the host is flat, no preferred nodes, unless nodes are limited
    PLAN_FROM_VCPUS,       // the affinity of the vCPUs, all of which belong somewhere
    PLAN_FROM_PICKED,      // the planner, see choice.h
    PLAN_FROM_UNCONNECTED, // nobody: no nodes that the vCPUs can reach have the memory
};

struct plan {
    enum plan_origin origin;
    struct nodelist preferred; // in the order in which they are used; memory-less ones included
    struct nodelist fallback;  // where to go when they are full: in this order, all usable
    bool last_resort;          // what no listed node has may come from anywhere
    uint64_t node_pages[HOST_MAX_NODES];
    uint64_t spare_pages[HOST_MAX_NODES]; // what the nodes listed could give on top of that
    uint64_t low_pages;                   // part of node_pages that is below the DMA width
    uint64_t nodeless_pages;  // not planned on any node: with any, flat, or as the last resort
    uint64_t neighbour_pages; // part of node_pages on nodes that are not preferred
    struct pieces pieces;     // the same by guest frames
    // The CPU nodes, from which distances are measured; none with any, flat or if unconnected.
    struct cpu_shares cpus;
    // The CPU nodes chosen for the vCPUs that do not belong anywhere yet, which need an affinity to
    // them; none if there are no such vCPUs.
    nodeset chosen_cpus;
    struct vnodes vnodes;  // that the guest shall see; the CPU nodes are theirs then
    uint64_t remote_pages; // of vnodes, planned on other nodes than their own
    const char *note;      // why numa-virtual=auto gave none, although it should; NULL
    // What is odd: a node named that this host does not have, for example.
    struct warnings warnings;
};

// Plans. The preferred nodes are those of the first origin above that applies, or the earlier
// plan's.
//
// Named, claimed: filled in their order; `interleave` fills them evenly. Otherwise what choice.h
// says: as near to the vCPUs as possible. What the preferred nodes lack comes from the fallback
// nodes, nearest to the vCPUs first, of equals one that has CPUs, then the one with most memory.
// Memory below the DMA width comes after all of them, but for nodes without CPUs that are farther
// than all nodes with CPUs and memory. A node gives what is free there, less claims of others, less
// the reserve, but never less than this domain's own claim. Nodes that are not usable (host.h) give
// nothing, nor do fallback nodes at unknown distance from all vCPUs.
//
// With numa-max-nodes it is the best set of so many nodes that gives (limit.h); a guest is refused
// only if no such set has enough. CPU nodes and such sets are the best of all on hosts with up to
// CHOICE_EXACT_NODES nodes with CPUs and LIMIT_EXACT_NODES with memory. On larger ones they are
// found by a search of bounded length, and a guest is refused only if the largest nodes within
// reach have not enough.
//
// Returns 0 and fills *ret, to be released with plan_done; or, with *ret untouched,
// -EINVAL   a node named does not exist and no other is allowed, or, with strict, has no memory or
//           is not reachable; contradicting settings; no valid ranges
// -ENOMEM   the nodes allowed lack the memory (the error says how much each has); or no heap
int plan_make(const struct plan_request *request, struct plan *ret, struct error *err);

void plan_done(struct plan *plan);

// The mean distance from the plan's CPU nodes to a node, in tenths; PLAN_DISTANCE_UNKNOWN without
// CPU nodes or if none of them is at a known distance. On a flat host with preferred nodes all
// nodes are local.
#define PLAN_DISTANCE_UNKNOWN (10 * HOST_DISTANCE_UNKNOWN)
unsigned plan_distance(const struct plan *plan, const struct host *host, unsigned node);

// A distance in tenths as text: "16", or "15.3" if it is not whole.
struct distance_text {
    char s[16];
};
struct distance_text distance_text(unsigned tenths);

// "numa-nodes", "node affinity", ...: how the preferred nodes were chosen, for a report.
const char *plan_origin_text(enum plan_origin origin);

#endif
