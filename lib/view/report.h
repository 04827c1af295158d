// Telling where a guest's memory went: as a table for the log, as a line for the toolstack, as JSON
// for Xenstore.
#ifndef VIEW_REPORT_H
#define VIEW_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/numa/host.h"
#include "lib/numa/planner.h"
#include "lib/numa/policy.h"
#include "lib/numa/vnodes.h"
#include "lib/placement/placement.h"
#include "lib/view/line.h"

#define REPORT_MAX_NOTES 8

// Everything refers to the caller's; all must outlive the report.
struct report {
    const struct host *host;
    const struct policy *policy;
    const struct plan *plan;
    const struct placement *placement;
    bool on_demand;    // the pages are only marked, and counted as from anywhere
    const char *claim; // kind of claim that protected the build: "none", ...
    // The nodes to which the paging pool was brought; empty: it was left where it is.
    nodeset page_tables;
    const struct vnodes *vnodes; // that the guest sees; NULL: none
    // Why the placement is other than the best: one sentence each.
    const char *notes[REPORT_MAX_NOTES];
    size_t nr_notes;
};

// Adds a sentence; beyond REPORT_MAX_NOTES it is dropped.
void report_note(struct report *report, const char *note);

// Calls `line` with each line of the table.
void report_table(const struct report *report, view_line_fn *line, void *context);

// One line without newline, or NULL without memory; the caller frees it.
char *report_line(const struct report *report);

// A JSON document on one line, or NULL without memory; the caller frees it. Members:
//   version      1
//   policy, policy_source, nodes_from   numa-policy, where it comes from, who chose the nodes
//   claim        kind of claim
//   populate_on_demand, replans
//   pages        4 KiB pages in all
//   cpu_nodes    [nodes on which the vCPUs should run]
//   mean_distance  of the memory on nodes from the vCPUs, null if unknown
//   page_tables  [nodes to which the paging pool was brought], empty if it was not
//   nodes        [{node, distance, pages, extents: {1GiB, 2MiB, 4KiB}, share}], the last two only
//                if `details`: mean distance from the vCPUs (null if unknown), with one
//                decimal if it is not whole; share of all pages in percent
//   vnodes       [{node, vcpus, mib, remote}], only if the guest sees any: the node that each
//   belongs
//                on; its first and last vCPU; its memory; and what of that is elsewhere, only if
//                anything is: [{node (null: from anywhere), pages}], [] without `details`
//   numa_virtual with vnodes: what numa-virtual must be for the guest to see the same ones again
//   anywhere     {pages, extents}: taken without naming a node
//   notes        [sentences]
char *report_json(const struct report *report, bool details);

#endif
