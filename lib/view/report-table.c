// For the log, which is read by people: a line each for the nodes, in columns.

#include "lib/view/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/view/line.h"
#include "lib/view/report-rows.h"

static void vnode_line(const struct report *report, unsigned index, view_line_fn *line,
                       void *context) {
    const struct vnode *vnode = &report->vnodes->vnode[index];
    unsigned first = vnodes_first_vcpu(report->vnodes, index);
    uint64_t remote = placement_remote_pages(report->placement, report->vnodes, index);
    char elsewhere[48] = "";

    if (remote)
        snprintf(elsewhere, sizeof(elsewhere), ", %.1f MiB of it elsewhere",
                 (double)remote / VIEW_PAGES_PER_MIB);
    view_line(line, context, "vnode %u: vCPUs %u-%u and %.1f MiB on node %u%s", index, first,
              first + vnode->nr_vcpus - 1, (double)vnode->nr_pages / VIEW_PAGES_PER_MIB,
              vnode->node, elsewhere);
}

void report_table(const struct report *report, view_line_fn *line, void *context) {
    const struct report_rows rows = report_rows(report);
    unsigned mean_distance = report_mean_distance(&rows);
    char mean[16] = "unknown";

    if (mean_distance != PLAN_DISTANCE_UNKNOWN)
        snprintf(mean, sizeof(mean), "%s", distance_text(mean_distance).s);
    view_line(line, context, "placement: %s; nodes: %s; claim: %s%s",
              policy_describe(report->policy, POLICY_KEY_POLICY).s,
              plan_origin_text(report->plan->origin), report->claim,
              report->on_demand ? "; populated on demand" : "");
    if (report->plan->cpus.nodes)
        view_line(line, context, "vcpus: nodes %s; mean distance %s; page_tables: %s%s",
                  nodeset_text(report->plan->cpus.nodes).s, mean,
                  report->page_tables ? "nodes " : "left",
                  report->page_tables ? nodeset_text(report->page_tables).s : "");
    view_line(line, context, "%5s %9s %12s %8s %8s %8s %7s", "node", "distance", "MiB", "1 GiB",
              "2 MiB", "4 KiB", "share");
    for (size_t i = 0; i < rows.nr; i++) {
        const struct report_row *row = &rows.row[i];
        char node[12] = "any", distance[16] = "-";

        if (row->node != REPORT_NO_NODE)
            snprintf(node, sizeof(node), "%d", row->node);
        if (row->distance != PLAN_DISTANCE_UNKNOWN)
            snprintf(distance, sizeof(distance), "%s", distance_text(row->distance).s);
        view_line(line, context, "%5s %9s %12.1f %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %6.1f%%",
                  node, distance, (double)row->pages / VIEW_PAGES_PER_MIB,
                  row->counts->extents[EXTENT_1G], row->counts->extents[EXTENT_2M],
                  row->counts->extents[EXTENT_4K], row->share);
    }
    for (unsigned i = 0; report->vnodes && i < report->vnodes->nr; i++)
        vnode_line(report, i, line, context);
    if (report->vnodes)
        view_line(line, context, "the same vnodes at each start: numa-virtual=%s",
                  vnodes_text(report->vnodes).s);
    for (size_t i = 0; i < report->nr_notes; i++)
        view_line(line, context, "note: %s", report->notes[i]);
}
