// The rows that all forms of a report have, in the order in which the nodes were preferred.
#ifndef VIEW_REPORT_ROWS_H
#define VIEW_REPORT_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/memory/extents.h"
#include "lib/numa/host.h"
#include "lib/view/report.h"

#define REPORT_NO_NODE (-1)

struct report_row {
    int node; // REPORT_NO_NODE: from anywhere
    uint64_t pages;
    const struct extent_counts *counts;
    unsigned distance; // from the vCPUs, in tenths; PLAN_DISTANCE_UNKNOWN
    double share;      // percent
};

struct report_rows {
    struct report_row row[HOST_MAX_NODES + 1];
    size_t nr;
};

// The mean distance of the memory from the vCPUs, in tenths, as far as it is on nodes;
// PLAN_DISTANCE_UNKNOWN if none of it is, or one is at unknown distance.
unsigned report_mean_distance(const struct report_rows *rows);

// Nodes that gave nothing have no row.
struct report_rows report_rows(const struct report *report);

#endif
