// All forms show the same figures, which are worked out here.

#include "lib/view/report.h"

#include "lib/view/report-rows.h"

void report_note(struct report *report, const char *note) {
    if (report->nr_notes < REPORT_MAX_NOTES)
        report->notes[report->nr_notes++] = note;
}

static void add_row(const struct report *report, struct report_rows *rows, int node,
                    const struct extent_counts *counts) {
    uint64_t pages = extent_counts_pages(counts);
    uint64_t all = placement_pages(report->placement);

    if (!pages)
        return;
    rows->row[rows->nr++] = (struct report_row){
        .node = node,
        .pages = pages,
        .counts = counts,
        .distance = node == REPORT_NO_NODE
                        ? PLAN_DISTANCE_UNKNOWN
                        : plan_distance(report->plan, report->host, (unsigned)node),
        .share = 100.0 * (double)pages / (double)all,
    };
}

unsigned report_mean_distance(const struct report_rows *rows) {
    uint64_t sum = 0, pages = 0;

    for (size_t i = 0; i < rows->nr; i++) {
        const struct report_row *row = &rows->row[i];

        if (row->node == REPORT_NO_NODE)
            continue;
        if (row->distance == PLAN_DISTANCE_UNKNOWN)
            return PLAN_DISTANCE_UNKNOWN;
        sum += row->pages * row->distance;
        pages += row->pages;
    }
    return pages ? (unsigned)((sum + pages / 2) / pages) : PLAN_DISTANCE_UNKNOWN;
}

struct report_rows report_rows(const struct report *report) {
    const struct placement *placement = report->placement;
    struct report_rows rows = {.nr = 0};
    nodeset done = 0;

    for (unsigned i = 0; i < report->plan->preferred.nr; i++) {
        unsigned node = report->plan->preferred.node[i];

        add_row(report, &rows, (int)node, &placement->node[node]);
        done |= nodeset_of(node);
    }
    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        if (!nodeset_has(done, node))
            add_row(report, &rows, (int)node, &placement->node[node]);
    }
    add_row(report, &rows, REPORT_NO_NODE, &placement->nodeless);
    return rows;
}
