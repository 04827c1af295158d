// What would be done for guests, shown before it is: as a table, or as JSON.
#ifndef VIEW_PREVIEW_H
#define VIEW_PREVIEW_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/numa/host.h"
#include "lib/numa/planner.h"
#include "lib/numa/policy.h"
#include "lib/util/error.h"
#include "lib/util/warnings.h"
#include "lib/view/line.h"
#include "lib/view/style.h"

#define PREVIEW_NO_DOMAIN UINT32_MAX

// One guest. Zero-initialise; preview_done releases it with the others.
struct preview_guest {
    struct plan plan;
    struct host host; // that was planned with
    nodeset page_tables;
    uint64_t pool_pages; // of the paging pool; 0: not known
    struct warnings warnings;
    struct warnings notes;
};

// Guests that are alike, one after the other. Texts are the caller's.
struct preview {
    uint32_t domid; // PREVIEW_NO_DOMAIN: they have none
    unsigned nr_vcpus;
    uint64_t max_mib, start_mib; // each: less at the start is populated on demand
    const char *claim;           // NULL: it has none yet
    struct policy policy;
    struct host before, after; // the host before the first, and when the last is built
    struct preview_guest *guest;
    size_t nr;            // that have room
    size_t wanted;        // that were asked for
    struct error refusal; // of the next one, if nr < wanted
};

// A guest more, empty; NULL without memory.
struct preview_guest *preview_add(struct preview *preview);

void preview_done(struct preview *preview);

// The mean distance of a guest's planned memory from its vCPUs, in tenths; PLAN_DISTANCE_UNKNOWN
// unless all of it is at a known one.
unsigned preview_mean_distance(const struct preview_guest *guest);

// Calls `line` with each line of a table: of one guest its nodes, of several a line for each of
// them.
void preview_table(const struct preview *preview, const struct view_style *style,
                   view_line_fn *line, void *context);

// A JSON document on one line, or NULL without memory; the caller frees it. Sizes are in pages of
// 4 KiB. Members:
//   version   1
//   domid     null: none
//   vcpus, mem_max_mib, mem_start_mib, policy, policy_source; claim: null: none yet
//   guests    for each that has room:
//     nodes_from     who chose the nodes
//     pages          in all
//     cpu_nodes      where the vCPUs are to run, and distances are measured from
//     mean_distance  of the memory from the vCPUs, null: unknown
//     page_tables    nodes to which the paging pool would be brought; empty: it would not
//     numa_virtual   vnodes that the guest would see, as the setting lists them; if there are
//     nodes          [{node, distance (null: unknown), pages, share (percent)}]
//     anywhere       pages that are on no particular node
//     warnings, notes  [sentences]
//   host      {nodes: [{node, size, cpus, cores, free_before, free_after, claimed}], distances: a
//   row
//             for each node, 255: unknown}
//   refused   null, or {guest: its number from 1, errno, error}
char *preview_json(const struct preview *preview);

#endif
