// For the toolstack's log, which keeps lines of many programs: everything on one.

#include "lib/view/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/view/line.h"
#include "lib/view/report-rows.h"

static void print_row(FILE *out, const struct report_row *row) {
    if (row->node == REPORT_NO_NODE)
        fputs("; anywhere:", out);
    else
        fprintf(out, "; node %d:", row->node);
    fprintf(out, " %.1f MiB %.1f%%", (double)row->pages / VIEW_PAGES_PER_MIB, row->share);
    if (row->distance != PLAN_DISTANCE_UNKNOWN)
        fprintf(out, " distance %s", distance_text(row->distance).s);
    fprintf(out, " (%" PRIu64 "x1GiB %" PRIu64 "x2MiB %" PRIu64 "x4KiB)",
            row->counts->extents[EXTENT_1G], row->counts->extents[EXTENT_2M],
            row->counts->extents[EXTENT_4K]);
}

static void print_vnodes(FILE *out, const struct report *report) {
    uint64_t remote = 0;

    fprintf(out, "; vnodes on nodes ");
    for (unsigned i = 0; i < report->vnodes->nr; i++) {
        fprintf(out, "%s%u", i ? "," : "", report->vnodes->vnode[i].node);
        remote += placement_remote_pages(report->placement, report->vnodes, i);
    }
    if (remote)
        fprintf(out, ", %.1f MiB elsewhere", (double)remote / VIEW_PAGES_PER_MIB);
}

char *report_line(const struct report *report) {
    const struct report_rows rows = report_rows(report);
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        return NULL;
    fprintf(out, "placement: %.1f MiB, %s, nodes %s, claim %s%s",
            (double)placement_pages(report->placement) / VIEW_PAGES_PER_MIB,
            policy_describe(report->policy, POLICY_KEY_POLICY).s,
            plan_origin_text(report->plan->origin), report->claim,
            report->on_demand ? ", on demand" : "");
    if (report->plan->cpus.nodes)
        fprintf(out, "; vcpus: nodes %s", nodeset_text(report->plan->cpus.nodes).s);
    if (report->page_tables)
        fprintf(out, "; page_tables: nodes %s", nodeset_text(report->page_tables).s);
    if (report->vnodes)
        print_vnodes(out, report);
    for (size_t i = 0; i < rows.nr; i++)
        print_row(out, &rows.row[i]);
    for (size_t i = 0; i < report->nr_notes; i++)
        fprintf(out, "; %s", report->notes[i]);
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}
