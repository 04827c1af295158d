// What the tables show as a document: see show.h.

#include "lib/view/show.h"

#include <stdio.h>
#include <string.h>

#include "lib/numa/planner.h"
#include "lib/view/member.h"

static uint64_t minus(uint64_t a, uint64_t b) {
    return a > b ? a - b : 0;
}

static void member_decimal(struct json_object **object, const char *name, double value,
                           int decimals) {
    char text[32];

    snprintf(text, sizeof(text), "%.*f", decimals, value);
    member_put(object, name, json_object_new_double_s(value, text), false);
}

static struct json_object *node_json(const struct show *show, unsigned id) {
    const struct host_node *node = &show->host.node[id];
    struct json_object *object = json_object_new_object();

    member_number(&object, "node", id);
    member_number(&object, "size", node->size_pages);
    member_number(&object, "free", node->free_pages);
    member_number(&object, "claimed", show->xen_claimed[id]);
    member_number(&object, "reserved", minus(node->claimed_pages, show->xen_claimed[id]));
    member_number(&object, "available", minus(node->free_pages, node->claimed_pages));
    member_number(&object, "cpus", node->nr_cpus);
    member_number(&object, "cores", node->nr_cores);
    member_decimal(&object, "vcpus", (double)node->load / HOST_LOAD_VCPU, 2);
    return object;
}

static struct json_object *host_json(const struct show *show) {
    struct json_object *object = json_object_new_object(), *nodes = json_object_new_array();

    for (nodeset rest = host_online_nodes(&show->host); rest; rest &= rest - 1)
        member_append(&nodes, node_json(show, nodeset_first(rest)));
    member_put(&object, "nodes", nodes, false);
    member_number(&object, "claimed", show->xen_claimed_pages);
    return object;
}

static struct json_object *pages_json(const struct standing *standing) {
    struct json_object *list = json_object_new_array();

    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        struct json_object *object;

        if (!standing->node_pages[node])
            continue;
        object = json_object_new_object();
        member_number(&object, "node", node);
        member_number(&object, "pages", standing->node_pages[node]);
        member_append(&list, object);
    }
    return list;
}

static struct json_object *advice_json(const struct show_advice *advice) {
    struct json_object *object = json_object_new_object();

    member_distance(&object, "distance_now", advice->from);
    member_distance(&object, "distance_then", advice->to);
    return object;
}

static void put_judgement(struct json_object **object, const struct show *show,
                          const struct show_domain *domain) {
    const struct standing *standing = &domain->standing;
    double local = standing_local(standing);
    bool known = domain->source != SHOW_UNKNOWN;

    if (local < 0)
        member_put(object, "local", NULL, true);
    else
        member_decimal(object, "local", local, 2);
    member_distance(object, "distance", standing_distance(standing, &show->host));
    member_put(object, "nodes_used",
               known ? json_object_new_int((int)nodeset_count(standing_nodes(standing))) : NULL,
               !known);
    member_put(object, "optimised",
               known ? json_object_new_boolean(standing_optimised(standing, &show->host)) : NULL,
               !known);
}

static struct json_object *domain_json(const struct show *show, const struct show_domain *domain) {
    static const char *const sources[] = {
        [SHOW_UNKNOWN] = "unknown", [SHOW_XEN] = "xen", [SHOW_RECORD] = "record"};
    const struct standing *standing = &domain->standing;
    struct json_object *object = json_object_new_object();

    member_number(&object, "domid", standing->domid);
    member_text(&object, "name", domain->name);
    member_number(&object, "pages", standing->domain.tot_pages);
    member_number(&object, "claimed", standing->domain.outstanding_pages);
    member_text(&object, "source", sources[domain->source]);
    member_number(&object, "vcpus", standing->domain.nr_vcpus);
    member_nodes(&object, "cpu_nodes", standing->cpus.nodes);
    member_put(&object, "nodes", pages_json(standing), false);
    put_judgement(&object, show, domain);
    member_number(&object, "page_tables", standing->pool_pages);
    member_nodes(&object, "page_table_nodes", domain->record.page_tables);
    member_number(&object, "vnodes", domain->record.nr_vnodes);
    if (domain->advice.any)
        member_put(&object, "advice", advice_json(&domain->advice), false);
    else
        member_put(&object, "advice", NULL, true);
    return object;
}

char *show_json(const struct show *show) {
    struct json_object *root = json_object_new_object(), *domains = json_object_new_array();

    for (size_t i = 0; i < show->nr; i++)
        member_append(&domains, domain_json(show, &show->domain[i]));
    member_number(&root, "version", 1);
    member_put(&root, "host", host_json(show), false);
    member_put(&root, "domains", domains, false);
    return member_document(root);
}
