// A member that could not be allocated makes the document NULL.

#include "lib/view/report.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/view/report-rows.h"

static const char *const size_names[EXTENT_NR_SIZES] = {"1GiB", "2MiB", "4KiB"};

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

// A whole number, or one decimal; null if it is not known.
static void put_distance(struct json_object **object, const char *name, unsigned tenths) {
    if (tenths == PLAN_DISTANCE_UNKNOWN)
        put(object, name, NULL, true);
    else
        put(object, name, json_object_new_double_s(tenths / 10.0, distance_text(tenths).s), false);
}

// A list that lacks a member becomes NULL.
static void append(struct json_object **list, struct json_object *member) {
    if (*list && member && !json_object_array_add(*list, member))
        return;
    json_object_put(member);
    json_object_put(*list);
    *list = NULL;
}

static void put_nodes(struct json_object **object, const char *name, nodeset nodes) {
    struct json_object *list = json_object_new_array();

    for (; nodes && list; nodes &= nodes - 1)
        append(&list, json_object_new_int((int)nodeset_first(nodes)));
    put(object, name, list, false);
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

static struct json_object *node_json(const struct report_row *row, bool details) {
    struct json_object *node = json_object_new_object();
    char share[16];

    snprintf(share, sizeof(share), "%.2f", row->share);
    put_number(&node, "node", (uint64_t)row->node);
    put_distance(&node, "distance", row->distance);
    put_counts(&node, row->counts, details);
    if (details)
        put(&node, "share", json_object_new_double_s(row->share, share), false);
    return node;
}

static struct json_object *nodes_json(const struct report_rows *rows, bool details) {
    struct json_object *nodes = json_object_new_array();

    for (size_t i = 0; i < rows->nr && nodes; i++)
        if (rows->row[i].node != REPORT_NO_NODE)
            append(&nodes, node_json(&rows->row[i], details));
    return nodes;
}

// The pages of a vnode that are not on its node.
static struct json_object *remote_json(const struct report *report, unsigned index) {
    const uint64_t *pages = report->placement->vnode_pages[index];
    struct json_object *list = json_object_new_array();

    for (unsigned node = 0; node <= HOST_MAX_NODES && list; node++) {
        struct json_object *member;

        if (!pages[node] || node == report->vnodes->vnode[index].node)
            continue;
        member = json_object_new_object();
        put(&member, "node", node < HOST_MAX_NODES ? json_object_new_int((int)node) : NULL,
            node == HOST_MAX_NODES);
        put_number(&member, "pages", pages[node]);
        append(&list, member);
    }
    return list;
}

static struct json_object *vnode_json(const struct report *report, unsigned index, bool details) {
    const struct vnode *vnode = &report->vnodes->vnode[index];
    struct json_object *object = json_object_new_object();
    struct json_object *vcpus = json_object_new_array();
    unsigned first = vnodes_first_vcpu(report->vnodes, index);

    append(&vcpus, json_object_new_int((int)first));
    append(&vcpus, json_object_new_int((int)(first + vnode->nr_vcpus - 1)));
    put_number(&object, "node", vnode->node);
    put(&object, "vcpus", vcpus, false);
    put_number(&object, "mib", vnode->nr_pages / HOST_PAGES_PER_MIB);
    if (placement_remote_pages(report->placement, report->vnodes, index))
        put(&object, "remote", details ? remote_json(report, index) : json_object_new_array(),
            false);
    return object;
}

static void put_vnodes(struct json_object **root, const struct report *report, bool details) {
    struct json_object *list = json_object_new_array();

    for (unsigned i = 0; i < report->vnodes->nr && list; i++)
        append(&list, vnode_json(report, i, details));
    put(root, "vnodes", list, false);
    put_text(root, "numa_virtual", vnodes_text(report->vnodes).s);
}

static struct json_object *notes_json(const struct report *report) {
    struct json_object *notes = json_object_new_array();

    for (size_t i = 0; i < report->nr_notes && notes; i++)
        append(&notes, json_object_new_string(report->notes[i]));
    return notes;
}

char *report_json(const struct report *report, bool details) {
    const struct report_rows rows = report_rows(report);
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
    put_nodes(&root, "cpu_nodes", report->plan->cpus.nodes);
    put_distance(&root, "mean_distance", report_mean_distance(&rows));
    put_nodes(&root, "page_tables", report->page_tables);
    put(&root, "nodes", nodes_json(&rows, details), false);
    if (report->vnodes)
        put_vnodes(&root, report, details);
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
