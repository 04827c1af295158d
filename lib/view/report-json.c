// What a report is as a document: see report.h.

#include "lib/view/report.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/view/member.h"
#include "lib/view/report-rows.h"

static const char *const size_names[EXTENT_NR_SIZES] = {"1GiB", "2MiB", "4KiB"};

static void put_counts(struct json_object **object, const struct extent_counts *counts,
                       bool details) {
    struct json_object *extents;

    member_number(object, "pages", extent_counts_pages(counts));
    if (!details)
        return;
    extents = json_object_new_object();
    for (int size = 0; size < EXTENT_NR_SIZES; size++)
        member_number(&extents, size_names[size], counts->extents[size]);
    member_put(object, "extents", extents, false);
}

static struct json_object *node_json(const struct report_row *row, bool details) {
    struct json_object *node = json_object_new_object();
    char share[16];

    snprintf(share, sizeof(share), "%.2f", row->share);
    member_number(&node, "node", (uint64_t)row->node);
    member_distance(&node, "distance", row->distance);
    put_counts(&node, row->counts, details);
    if (details)
        member_put(&node, "share", json_object_new_double_s(row->share, share), false);
    return node;
}

static struct json_object *nodes_json(const struct report_rows *rows, bool details) {
    struct json_object *nodes = json_object_new_array();

    for (size_t i = 0; i < rows->nr && nodes; i++)
        if (rows->row[i].node != REPORT_NO_NODE)
            member_append(&nodes, node_json(&rows->row[i], details));
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
        member_put(&member, "node", node < HOST_MAX_NODES ? json_object_new_int((int)node) : NULL,
                   node == HOST_MAX_NODES);
        member_number(&member, "pages", pages[node]);
        member_append(&list, member);
    }
    return list;
}

static struct json_object *vnode_json(const struct report *report, unsigned index, bool details) {
    const struct vnode *vnode = &report->vnodes->vnode[index];
    struct json_object *object = json_object_new_object();
    struct json_object *vcpus = json_object_new_array();
    unsigned first = vnodes_first_vcpu(report->vnodes, index);

    member_append(&vcpus, json_object_new_int((int)first));
    member_append(&vcpus, json_object_new_int((int)(first + vnode->nr_vcpus - 1)));
    member_number(&object, "node", vnode->node);
    member_put(&object, "vcpus", vcpus, false);
    member_number(&object, "mib", vnode->nr_pages / HOST_PAGES_PER_MIB);
    if (placement_remote_pages(report->placement, report->vnodes, index))
        member_put(&object, "remote",
                   details ? remote_json(report, index) : json_object_new_array(), false);
    return object;
}

static void put_vnodes(struct json_object **root, const struct report *report, bool details) {
    struct json_object *list = json_object_new_array();

    for (unsigned i = 0; i < report->vnodes->nr && list; i++)
        member_append(&list, vnode_json(report, i, details));
    member_put(root, "vnodes", list, false);
    member_text(root, "numa_virtual", vnodes_text(report->vnodes).s);
}

static struct json_object *notes_json(const struct report *report) {
    struct json_object *notes = json_object_new_array();

    for (size_t i = 0; i < report->nr_notes && notes; i++)
        member_append(&notes, json_object_new_string(report->notes[i]));
    return notes;
}

char *report_json(const struct report *report, bool details) {
    const struct report_rows rows = report_rows(report);
    struct json_object *root = json_object_new_object();
    struct json_object *anywhere = json_object_new_object();

    member_number(&root, "version", 1);
    member_text(&root, "policy", policy_value(report->policy, POLICY_KEY_POLICY).s);
    member_text(&root, "policy_source", policy_source(report->policy, POLICY_KEY_POLICY).s);
    member_text(&root, "nodes_from", plan_origin_text(report->plan->origin));
    member_text(&root, "claim", report->claim);
    member_put(&root, "populate_on_demand", json_object_new_boolean(report->on_demand), false);
    member_number(&root, "replans", report->placement->nr_replans);
    member_number(&root, "pages", placement_pages(report->placement));
    member_nodes(&root, "cpu_nodes", report->plan->cpus.nodes);
    member_distance(&root, "mean_distance", report_mean_distance(&rows));
    member_nodes(&root, "page_tables", report->page_tables);
    member_put(&root, "nodes", nodes_json(&rows, details), false);
    if (report->vnodes)
        put_vnodes(&root, report, details);
    put_counts(&anywhere, &report->placement->nodeless, details);
    member_put(&root, "anywhere", anywhere, false);
    member_put(&root, "notes", notes_json(report), false);
    return member_document(root);
}
