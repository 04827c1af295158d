// All three forms show the same figures, in the order in which the nodes were preferred.

#include "xenguest/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/util/cleanup.h"

#define PAGES_PER_MIB 256.0
#define NO_NODE (-1)

static const char *const size_names[EXTENT_NR_SIZES] = {"1GiB", "2MiB", "4KiB"};

struct row {
    int node; // NO_NODE: from anywhere
    uint64_t pages;
    const struct extent_counts *counts;
    unsigned distance; // HOST_DISTANCE_UNKNOWN: unknown
    double share;      // percent
};

struct rows {
    struct row row[HOST_MAX_NODES + 1];
    size_t nr;
};

void report_note(struct report *report, const char *note) {
    if (report->nr_notes < REPORT_MAX_NOTES)
        report->notes[report->nr_notes++] = note;
}

static unsigned distance_to(const struct report *report, unsigned node) {
    const struct nodelist *preferred = &report->plan->preferred;

    return preferred->nr ? report->host->distance[preferred->node[0]][node] : HOST_DISTANCE_UNKNOWN;
}

static void add_row(const struct report *report, struct rows *rows, int node,
                    const struct extent_counts *counts) {
    uint64_t pages = extent_counts_pages(counts);
    uint64_t all = placement_pages(report->placement);

    if (!pages)
        return;
    rows->row[rows->nr++] = (struct row){
        .node = node,
        .pages = pages,
        .counts = counts,
        .distance = node == NO_NODE ? HOST_DISTANCE_UNKNOWN : distance_to(report, (unsigned)node),
        .share = 100.0 * (double)pages / (double)all,
    };
}

static struct rows make_rows(const struct report *report) {
    const struct placement *placement = report->placement;
    struct rows rows = {.nr = 0};
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
    add_row(report, &rows, NO_NODE, &placement->nodeless);
    return rows;
}

static void print_line(void (*line)(void *, const char *), void *context, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void print_line(void (*line)(void *, const char *), void *context, const char *format, ...) {
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    line(context, text);
}

void report_table(const struct report *report, void (*line)(void *context, const char *text),
                  void *context) {
    struct rows rows = make_rows(report);

    print_line(line, context, "placement: %s; nodes: %s; claim: %s%s",
               policy_describe(report->policy, POLICY_KEY_POLICY).s,
               plan_origin_text(report->plan->origin), report->claim,
               report->on_demand ? "; populated on demand" : "");
    print_line(line, context, "%5s %9s %12s %8s %8s %8s %7s", "node", "distance", "MiB", "1 GiB",
               "2 MiB", "4 KiB", "share");
    for (size_t i = 0; i < rows.nr; i++) {
        const struct row *row = &rows.row[i];
        char node[12] = "any", distance[12] = "-";

        if (row->node != NO_NODE)
            snprintf(node, sizeof(node), "%d", row->node);
        if (row->distance != HOST_DISTANCE_UNKNOWN)
            snprintf(distance, sizeof(distance), "%u", row->distance);
        print_line(line, context, "%5s %9s %12.1f %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %6.1f%%",
                   node, distance, (double)row->pages / PAGES_PER_MIB,
                   row->counts->extents[EXTENT_1G], row->counts->extents[EXTENT_2M],
                   row->counts->extents[EXTENT_4K], row->share);
    }
    for (size_t i = 0; i < report->nr_notes; i++)
        print_line(line, context, "note: %s", report->notes[i]);
}

static void print_row(FILE *out, const struct row *row) {
    if (row->node == NO_NODE)
        fputs("; anywhere:", out);
    else
        fprintf(out, "; node %d:", row->node);
    fprintf(out, " %.1f MiB %.1f%%", (double)row->pages / PAGES_PER_MIB, row->share);
    if (row->distance != HOST_DISTANCE_UNKNOWN)
        fprintf(out, " distance %u", row->distance);
    fprintf(out, " (%" PRIu64 "x1GiB %" PRIu64 "x2MiB %" PRIu64 "x4KiB)",
            row->counts->extents[EXTENT_1G], row->counts->extents[EXTENT_2M],
            row->counts->extents[EXTENT_4K]);
}

char *report_line(const struct report *report) {
    struct rows rows = make_rows(report);
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        return NULL;
    fprintf(out, "placement: %.1f MiB, %s, nodes %s, claim %s%s",
            (double)placement_pages(report->placement) / PAGES_PER_MIB,
            policy_describe(report->policy, POLICY_KEY_POLICY).s,
            plan_origin_text(report->plan->origin), report->claim,
            report->on_demand ? ", on demand" : "");
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

// --- JSON; a member that could not be allocated makes the document NULL ---

static void put(struct json_object **object, const char *name, struct json_object *value,
                bool may_be_null) {
    if (*object && (value || may_be_null) && !json_object_object_add(*object, name, value))
        return;
    json_object_put(value);
    json_object_put(*object);
    *object = NULL;
}

static void put_text(struct json_object **object, const char *name, const char *text) {
    put(object, name, json_object_new_string(text), false);
}

static void put_number(struct json_object **object, const char *name, uint64_t value) {
    put(object, name, json_object_new_int64((int64_t)value), false);
}

static void put_counts(struct json_object **object, const struct extent_counts *counts,
                       bool details) {
    struct json_object *extents;

    put_number(object, "pages", extent_counts_pages(counts));
    if (!details)
        return;
    extents = json_object_new_object();
    for (int size = 0; size < EXTENT_NR_SIZES; size++)
        put_number(&extents, size_names[size], counts->extents[size]);
    put(object, "extents", extents, false);
}

static struct json_object *node_json(const struct row *row, bool details) {
    struct json_object *node = json_object_new_object();
    char share[16];

    snprintf(share, sizeof(share), "%.2f", row->share);
    put_number(&node, "node", (uint64_t)row->node);
    if (row->distance == HOST_DISTANCE_UNKNOWN)
        put(&node, "distance", NULL, true);
    else
        put_number(&node, "distance", row->distance);
    put_counts(&node, row->counts, details);
    if (details)
        put(&node, "share", json_object_new_double_s(row->share, share), false);
    return node;
}

static struct json_object *nodes_json(const struct rows *rows, bool details) {
    struct json_object *nodes = json_object_new_array();

    for (size_t i = 0; i < rows->nr && nodes; i++) {
        struct json_object *node;

        if (rows->row[i].node == NO_NODE)
            continue;
        node = node_json(&rows->row[i], details);
        if (node && !json_object_array_add(nodes, node))
            continue;
        json_object_put(node);
        json_object_put(nodes);
        return NULL;
    }
    return nodes;
}

static struct json_object *notes_json(const struct report *report) {
    struct json_object *notes = json_object_new_array();

    for (size_t i = 0; i < report->nr_notes && notes; i++) {
        struct json_object *note = json_object_new_string(report->notes[i]);

        if (note && !json_object_array_add(notes, note))
            continue;
        json_object_put(note);
        json_object_put(notes);
        return NULL;
    }
    return notes;
}

char *report_json(const struct report *report, bool details) {
    struct rows rows = make_rows(report);
    struct json_object *root = json_object_new_object();
    struct json_object *anywhere = json_object_new_object();
    const char *text;
    char *copy = NULL;

    put_number(&root, "version", 1);
    put_text(&root, "policy", policy_value(report->policy, POLICY_KEY_POLICY).s);
    put_text(&root, "policy_source", policy_source(report->policy, POLICY_KEY_POLICY).s);
    put_text(&root, "nodes_from", plan_origin_text(report->plan->origin));
    put_text(&root, "claim", report->claim);
    put(&root, "populate_on_demand", json_object_new_boolean(report->on_demand), false);
    put_number(&root, "replans", report->placement->nr_replans);
    put_number(&root, "pages", placement_pages(report->placement));
    put(&root, "nodes", nodes_json(&rows, details), false);
    put_counts(&anywhere, &report->placement->nodeless, details);
    put(&root, "anywhere", anywhere, false);
    put(&root, "notes", notes_json(report), false);
    if (!root)
        return NULL;
    text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_NOSLASHESCAPE);
    if (text)
        copy = strdup(text);
    json_object_put(root);
    return copy;
}
