// Nodes are shown by their numbers: in which order they are to be used, the lines for the log say.

#include "lib/view/plan.h"

#include <inttypes.h>

void plan_lines(const struct host *host, const struct plan *plan, view_line_fn *line,
                void *context) {
    view_line(line, context, "plan: nodes %s (%s), then %s%s", nodelist_text(&plan->preferred).s,
              plan_origin_text(plan->origin), nodelist_text(&plan->fallback).s,
              plan->last_resort ? ", then any" : "");
    if (plan->cpus.nodes)
        view_line(line, context, "plan: vCPUs on node %s", nodeset_text(plan->cpus.nodes).s);
    if (plan->vnodes.nr)
        view_line(line, context, "plan: vnodes %s", vnodes_text(&plan->vnodes).s);
    for (unsigned node = 0; node < host->nr_nodes; node++) {
        const struct host_node *n = &host->node[node];

        if (n->online)
            view_line(line, context, "plan: node %u supplies %" PRIu64 " pages of %" PRIu64 " free",
                      node, plan->node_pages[node], n->free_pages);
    }
}

void plan_table(const struct plan_view *view, view_line_fn *line, void *context) {
    const struct plan *plan = view->plan;

    view_line(line, context, "reservation for domain %" PRIu32 ": %s; nodes: %s; claim: %s",
              view->domid, policy_describe(view->policy, POLICY_KEY_POLICY).s,
              plan_origin_text(plan->origin), view->claim);
    if (plan->cpus.nodes)
        view_line(line, context, "vcpus: nodes %s", nodeset_text(plan->cpus.nodes).s);
    if (plan->vnodes.nr)
        view_line(line, context, "vnodes: %s", vnodes_text(&plan->vnodes).s);
    view_line(line, context, "%5s %9s %12s", "node", "distance", "MiB");
    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        double mib = (double)plan->node_pages[node] / VIEW_PAGES_PER_MIB;
        unsigned distance = plan_distance(plan, view->host, node);

        if (plan->node_pages[node] && distance != PLAN_DISTANCE_UNKNOWN)
            view_line(line, context, "%5u %9s %12.1f", node, distance_text(distance).s, mib);
        else if (plan->node_pages[node])
            view_line(line, context, "%5u %9s %12.1f", node, "-", mib);
    }
    if (plan->nodeless_pages)
        view_line(line, context, "%5s %9s %12.1f", "any", "-",
                  (double)plan->nodeless_pages / VIEW_PAGES_PER_MIB);
}

// None of the texts needs escaping: they are words and paths of our own.
void plan_json(const struct plan_view *view, FILE *out) {
    const struct plan *plan = view->plan;
    const char *separator = "";

    fprintf(out,
            "{\"version\":1,\"domid\":%" PRIu32 ",\"claim\":\"%s\",\"policy\":\"%s\","
            "\"policy_source\":\"%s\",\"nodes_from\":\"%s\",\"pages\":%" PRIu64 ",\"cpu_nodes\":[",
            view->domid, view->claim, policy_value(view->policy, POLICY_KEY_POLICY).s,
            policy_source(view->policy, POLICY_KEY_POLICY).s, plan_origin_text(plan->origin),
            view->pages);
    for (nodeset rest = plan->cpus.nodes; rest; rest &= rest - 1) {
        fprintf(out, "%s%u", separator, nodeset_first(rest));
        separator = ",";
    }
    fputs("],", out);
    if (plan->vnodes.nr)
        fprintf(out, "\"numa_virtual\":\"%s\",", vnodes_text(&plan->vnodes).s);
    fputs("\"nodes\":[", out);
    separator = "";
    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        unsigned distance = plan_distance(plan, view->host, node);

        if (!plan->node_pages[node])
            continue;
        fprintf(out, "%s{\"node\":%u,\"distance\":", separator, node);
        fputs(distance == PLAN_DISTANCE_UNKNOWN ? "null" : distance_text(distance).s, out);
        fprintf(out, ",\"pages\":%" PRIu64 "}", plan->node_pages[node]);
        separator = ",";
    }
    fprintf(out, "],\"anywhere\":%" PRIu64 "}\n", plan->nodeless_pages);
}
