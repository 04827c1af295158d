// A host with few nodes has all of them in the table, so that one sees what was not taken as well;
// one with many has those that give.

#include "lib/view/preview.h"

#include <inttypes.h>
#include <string.h>

#include "lib/view/bar.h"
#include "lib/view/row.h"

#define MANY_NODES 16
#define CELL 9           // columns of a node's figure
#define GUEST_COLUMNS 27 // of a guest's number, vCPUs and distance

struct cell {
    char s[24];
};

static struct cell mib(uint64_t pages) {
    struct cell cell;

    snprintf(cell.s, sizeof(cell.s), "%.1f", (double)pages / VIEW_PAGES_PER_MIB);
    return cell;
}

static struct cell mib_or_dash(uint64_t pages) {
    return pages ? mib(pages) : (struct cell){"-"};
}

static struct cell distance_cell(unsigned tenths) {
    struct cell cell = {"-"};

    if (tenths != PLAN_DISTANCE_UNKNOWN)
        snprintf(cell.s, sizeof(cell.s), "%s", distance_text(tenths).s);
    return cell;
}

static uint64_t plan_sum(const struct plan *plan) {
    uint64_t sum = plan->nodeless_pages;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        sum += plan->node_pages[node];
    return sum;
}

// --- what is the same for all guests ---

static void head(const struct preview *preview, view_line_fn *line, void *context) {
    char who[48] = "", start[48] = "";

    if (preview->domid != PREVIEW_NO_DOMAIN)
        snprintf(who, sizeof(who), "domain %" PRIu32 ", ", preview->domid);
    else if (preview->wanted > 1)
        snprintf(who, sizeof(who), "%zu guests of ", preview->wanted);
    if (preview->start_mib < preview->max_mib)
        snprintf(start, sizeof(start), " (%" PRIu64 " MiB at the start)", preview->start_mib);
    view_line(line, context, "plan: %s%" PRIu64 " MiB%s and %u vCPU%s; %s%s%s", who,
              preview->max_mib, start, preview->nr_vcpus, preview->nr_vcpus == 1 ? "" : "s",
              policy_describe(&preview->policy, POLICY_KEY_POLICY).s,
              preview->claim ? "; claim: " : "", preview->claim ? preview->claim : "");
}

static void remarks(const struct preview_guest *guest, view_line_fn *line, void *context) {
    for (unsigned i = 0; i < guest->warnings.nr; i++)
        view_line(line, context, "warning: %s", guest->warnings.text[i]);
    for (unsigned i = 0; i < guest->notes.nr; i++)
        view_line(line, context, "note: %s", guest->notes.text[i]);
}

// --- one guest ---

static void where_it_runs(const struct preview_guest *guest, view_line_fn *line, void *context) {
    const struct plan *plan = &guest->plan;
    char tables[256] = "left", runs[224] = "anywhere";

    if (guest->page_tables)
        snprintf(tables, sizeof(tables), "nodes %s (%s MiB)", nodeset_text(guest->page_tables).s,
                 mib(guest->pool_pages).s);
    if (plan->cpus.nodes)
        snprintf(runs, sizeof(runs), "nodes %s", nodeset_text(plan->cpus.nodes).s);
    view_line(line, context, "vcpus: %s; mean distance %s; page_tables: %s; nodes from: %s", runs,
              distance_cell(preview_mean_distance(guest)).s, tables,
              plan_origin_text(plan->origin));
    if (plan->vnodes.nr)
        view_line(line, context, "vnodes: %s", vnodes_text(&plan->vnodes).s);
}

static void node_row(const struct preview *preview, unsigned node, const struct view_style *style,
                     view_line_fn *line, void *context) {
    const struct preview_guest *guest = &preview->guest[0];
    const struct host_node *before = &preview->before.node[node];
    uint64_t pages = guest->plan.node_pages[node];
    struct cell share = {"-"};
    struct view_bar bar = {""};

    if (pages)
        snprintf(share.s, sizeof(share.s), "%.1f%%",
                 100.0 * (double)pages / (double)plan_sum(&guest->plan));
    if (style->terminal)
        bar = view_bar(style, before->size_pages, before->size_pages - before->free_pages, pages);
    view_line(line, context, "%5u %9s %12s %7s %12s %12s%s%s", node,
              distance_cell(plan_distance(&guest->plan, &guest->host, node)).s,
              mib_or_dash(pages).s, share.s, mib(before->free_pages).s,
              mib(preview->after.node[node].free_pages).s, bar.s[0] ? "  " : "", bar.s);
}

static void one_guest(const struct preview *preview, const struct view_style *style,
                      view_line_fn *line, void *context) {
    const struct preview_guest *guest = &preview->guest[0];
    nodeset nodes = host_online_nodes(&preview->before);
    unsigned nr_left_out = 0;

    where_it_runs(guest, line, context);
    view_line(line, context, "%5s %9s %12s %7s %12s %12s", "node", "distance", "MiB", "share",
              "free before", "free after");
    for (nodeset rest = nodes; rest; rest &= rest - 1) {
        unsigned node = nodeset_first(rest);

        if (nodeset_count(nodes) <= MANY_NODES || guest->plan.node_pages[node])
            node_row(preview, node, style, line, context);
        else
            nr_left_out++;
    }
    if (guest->plan.nodeless_pages)
        view_line(line, context, "%5s %9s %12s %6.1f%%", "any", "-",
                  mib(guest->plan.nodeless_pages).s,
                  100.0 * (double)guest->plan.nodeless_pages / (double)plan_sum(&guest->plan));
    if (nr_left_out)
        view_line(line, context, "  (%u nodes give nothing)", nr_left_out);
    remarks(guest, line, context);
}

// --- several guests ---

static void nodes_across(const uint64_t pages[HOST_MAX_NODES], nodeset nodes, struct row *row) {
    for (; nodes; nodes &= nodes - 1)
        row_add_mib(row, CELL, pages[nodeset_first(nodes)]);
}

// "5120 on 1, 300 on 2", for hosts whose nodes have no room beside each other.
static void nodes_listed(const uint64_t pages[HOST_MAX_NODES], struct row *row) {
    const char *separator = "   ";

    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        if (!pages[node])
            continue;
        row_add(row, 0, "%s%.0f on %u", separator, (double)pages[node] / VIEW_PAGES_PER_MIB, node);
        separator = ", ";
    }
}

static void guest_row(const struct preview_guest *guest, size_t nr, nodeset across,
                      view_line_fn *line, void *context) {
    struct row row = {.used = 0};

    row_add(&row, 5, "%zu", nr);
    row_add(&row, 12, "%s", nodeset_text(guest->plan.cpus.nodes).s);
    row_add(&row, 10, "%s", distance_cell(preview_mean_distance(guest)).s);
    if (across)
        nodes_across(guest->plan.node_pages, across, &row);
    else
        nodes_listed(guest->plan.node_pages, &row);
    if (guest->plan.nodeless_pages) {
        row_add_mib(&row, CELL, guest->plan.nodeless_pages);
        row_add(&row, 0, " anywhere");
    }
    line(context, row.s);
}

static void free_row(const char *what, const struct host *host, nodeset across, view_line_fn *line,
                     void *context) {
    struct row row = {.used = 0};

    row_add(&row, GUEST_COLUMNS, "%s", what);
    for (; across; across &= across - 1)
        row_add(&row, CELL, "%.0f",
                (double)host->node[nodeset_first(across)].free_pages / VIEW_PAGES_PER_MIB);
    line(context, row.s);
}

static void column_heads(nodeset across, view_line_fn *line, void *context) {
    struct row row = {.used = 0};

    row_add(&row, 5, "guest");
    row_add(&row, 12, "vcpus");
    row_add(&row, 10, "distance");
    if (!across)
        row_add(&row, 0, "   MiB on node");
    for (; across; across &= across - 1)
        row_add(&row, CELL, "node %u", nodeset_first(across));
    line(context, row.s);
}

static bool has_remarks_of(const struct preview *preview, size_t i) {
    const struct preview_guest *guest = &preview->guest[i], *last = &preview->guest[i ? i - 1 : 0];

    if (!i || guest->notes.nr != last->notes.nr || guest->warnings.nr != last->warnings.nr)
        return guest->notes.nr || guest->warnings.nr;
    for (unsigned n = 0; n < guest->notes.nr; n++)
        if (strcmp(guest->notes.text[n], last->notes.text[n]) != 0)
            return true;
    return false;
}

static void many_guests(const struct preview *preview, const struct view_style *style,
                        view_line_fn *line, void *context) {
    nodeset across = host_online_nodes(&preview->before);

    if (GUEST_COLUMNS + CELL * nodeset_count(across) > style->width)
        across = 0;
    column_heads(across, line, context);
    if (across)
        free_row("free before", &preview->before, across, line, context);
    for (size_t i = 0; i < preview->nr; i++) {
        guest_row(&preview->guest[i], i + 1, across, line, context);
        if (has_remarks_of(preview, i))
            remarks(&preview->guest[i], line, context);
    }
    if (across)
        free_row("free after", &preview->after, across, line, context);
    view_line(line, context, "%zu of %zu guests have room", preview->nr, preview->wanted);
}

void preview_table(const struct preview *preview, const struct view_style *style,
                   view_line_fn *line, void *context) {
    head(preview, line, context);
    if (preview->wanted > 1)
        many_guests(preview, style, line, context);
    else if (preview->nr)
        one_guest(preview, style, line, context);
}
