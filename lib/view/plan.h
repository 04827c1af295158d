// A plan for a guest's memory, shown before it is carried out.
#ifndef VIEW_PLAN_H
#define VIEW_PLAN_H

#include <stdint.h>
#include <stdio.h>

#include "lib/numa/host.h"
#include "lib/numa/planner.h"
#include "lib/numa/policy.h"
#include "lib/view/line.h"

// Everything refers to the caller's.
struct plan_view {
    uint32_t domid;
    const struct host *host; // that was planned with
    const struct policy *policy;
    const struct plan *plan;
    const char *claim; // kind of claim on what is planned: "none", ...
    uint64_t pages;    // planned in all
};

// For a log: the nodes in their order, and what each is to supply.
void plan_lines(const struct host *host, const struct plan *plan, view_line_fn *line,
                void *context);

// Calls `line` with each line of a table.
void plan_table(const struct plan_view *view, view_line_fn *line, void *context);

// Writes a JSON document on one line. Members:
//   version      1
//   domid, claim, policy, policy_source
//   nodes_from   who chose the nodes
//   pages        4 KiB pages in all
//   cpu_nodes    where the vCPUs are to run, and distances are measured from
//   numa_virtual the vnodes that the guest is to see, if any, as numa-virtual would list them
//   nodes        [{node, distance (null: unknown), pages}]
//   anywhere     pages that are on no particular node
void plan_json(const struct plan_view *view, FILE *out);

#endif
