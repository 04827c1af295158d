// What a preview is as a document: see preview.h.

#include "lib/view/preview.h"

#include <stdio.h>
#include <string.h>

#include "lib/view/member.h"

static struct json_object *sentences(const struct warnings *warnings) {
    struct json_object *list = json_object_new_array();

    for (unsigned i = 0; i < warnings->nr; i++)
        member_append(&list, json_object_new_string(warnings->text[i]));
    return list;
}

static uint64_t plan_sum(const struct plan *plan) {
    uint64_t sum = plan->nodeless_pages;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        sum += plan->node_pages[node];
    return sum;
}

static struct json_object *guest_nodes(const struct preview_guest *guest) {
    const struct plan *plan = &guest->plan;
    struct json_object *list = json_object_new_array();

    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        struct json_object *object;
        double share = 100.0 * (double)plan->node_pages[node] / (double)plan_sum(plan);
        char text[16];

        if (!plan->node_pages[node])
            continue;
        object = json_object_new_object();
        snprintf(text, sizeof(text), "%.2f", share);
        member_number(&object, "node", node);
        member_distance(&object, "distance", plan_distance(plan, &guest->host, node));
        member_number(&object, "pages", plan->node_pages[node]);
        member_put(&object, "share", json_object_new_double_s(share, text), false);
        member_append(&list, object);
    }
    return list;
}

static struct json_object *guest_json(const struct preview_guest *guest) {
    const struct plan *plan = &guest->plan;
    struct json_object *object = json_object_new_object();

    member_text(&object, "nodes_from", plan_origin_text(plan->origin));
    member_number(&object, "pages", plan_sum(plan));
    member_nodes(&object, "cpu_nodes", plan->cpus.nodes);
    member_distance(&object, "mean_distance", preview_mean_distance(guest));
    member_nodes(&object, "page_tables", guest->page_tables);
    if (plan->vnodes.nr)
        member_text(&object, "numa_virtual", vnodes_text(&plan->vnodes).s);
    member_put(&object, "nodes", guest_nodes(guest), false);
    member_number(&object, "anywhere", plan->nodeless_pages);
    member_put(&object, "warnings", sentences(&guest->warnings), false);
    member_put(&object, "notes", sentences(&guest->notes), false);
    return object;
}

static struct json_object *guests_json(const struct preview *preview) {
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < preview->nr; i++)
        member_append(&list, guest_json(&preview->guest[i]));
    return list;
}

static struct json_object *host_nodes(const struct preview *preview) {
    struct json_object *list = json_object_new_array();

    for (nodeset rest = host_online_nodes(&preview->before); rest; rest &= rest - 1) {
        unsigned id = nodeset_first(rest);
        const struct host_node *node = &preview->before.node[id];
        struct json_object *object = json_object_new_object();

        member_number(&object, "node", id);
        member_number(&object, "size", node->size_pages);
        member_number(&object, "cpus", node->nr_cpus);
        member_number(&object, "cores", node->nr_cores);
        member_number(&object, "free_before", node->free_pages);
        member_number(&object, "free_after", preview->after.node[id].free_pages);
        member_number(&object, "claimed", node->claimed_pages);
        member_append(&list, object);
    }
    return list;
}

static struct json_object *distances(const struct host *host) {
    struct json_object *rows = json_object_new_array();
    nodeset nodes = host_online_nodes(host);

    for (nodeset from = nodes; from; from &= from - 1) {
        struct json_object *row = json_object_new_array();

        for (nodeset to = nodes; to; to &= to - 1)
            member_append(
                &row, json_object_new_int(host->distance[nodeset_first(from)][nodeset_first(to)]));
        member_append(&rows, row);
    }
    return rows;
}

static struct json_object *host_json(const struct preview *preview) {
    struct json_object *object = json_object_new_object();

    member_put(&object, "nodes", host_nodes(preview), false);
    member_put(&object, "distances", distances(&preview->before), false);
    return object;
}

static struct json_object *refusal_json(const struct preview *preview) {
    struct json_object *object = json_object_new_object();

    member_number(&object, "guest", preview->nr + 1);
    member_number(&object, "errno", (uint64_t)preview->refusal.code);
    member_text(&object, "error", preview->refusal.text);
    return object;
}

static void put_head(struct json_object **root, const struct preview *preview) {
    member_number(root, "version", 1);
    if (preview->domid == PREVIEW_NO_DOMAIN)
        member_put(root, "domid", NULL, true);
    else
        member_number(root, "domid", preview->domid);
    member_number(root, "vcpus", preview->nr_vcpus);
    member_number(root, "mem_max_mib", preview->max_mib);
    member_number(root, "mem_start_mib", preview->start_mib);
    member_text(root, "policy", policy_value(&preview->policy, POLICY_KEY_POLICY).s);
    member_text(root, "policy_source", policy_source(&preview->policy, POLICY_KEY_POLICY).s);
    if (preview->claim)
        member_text(root, "claim", preview->claim);
    else
        member_put(root, "claim", NULL, true);
}

char *preview_json(const struct preview *preview) {
    struct json_object *root = json_object_new_object();

    put_head(&root, preview);
    member_put(&root, "guests", guests_json(preview), false);
    member_put(&root, "host", host_json(preview), false);
    if (preview->refusal.code)
        member_put(&root, "refused", refusal_json(preview), false);
    else
        member_put(&root, "refused", NULL, true);
    return member_document(root);
}
