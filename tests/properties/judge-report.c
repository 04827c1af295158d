// The report in Xenstore against the address space. What was taken without naming a node is in the
// report without one, so then only the sum is known.

#include "tests/properties/judge.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>

static uint64_t number(json_object *object, const char *name) {
    json_object *member = NULL;

    json_object_object_get_ex(object, name, &member);
    return (uint64_t)json_object_get_int64(member);
}

static void read_extents(json_object *object, uint64_t extents[TRUTH_SIZES]) {
    json_object *member = NULL;

    json_object_object_get_ex(object, "extents", &member);
    extents[0] = number(member, "1GiB");
    extents[1] = number(member, "2MiB");
    extents[2] = number(member, "4KiB");
}

// Without 1 GiB leaves an extent of 1 GiB is mapped in smaller ones.
static void as_leaves(const struct judgement *j, uint64_t extents[TRUTH_SIZES]) {
    if (j->c->hap_1gb)
        return;
    extents[1] += extents[0] << 9;
    extents[0] = 0;
}

static void judge_node(struct judgement *j, json_object *row, bool seen[CASE_MAX_IDS]) {
    uint64_t node = number(row, "node"), pages = number(row, "pages"), extents[TRUTH_SIZES];
    const uint64_t *leaves;

    read_extents(row, extents);
    if (node >= CASE_MAX_IDS || seen[node]) {
        WRONG(j, "report: node %" PRIu64 " is not there, or twice", node);
        return;
    }
    seen[node] = true;
    leaves = j->leaves[node];
    if ((extents[0] << 18) + (extents[1] << 9) + extents[2] != pages)
        WRONG(j, "report: extents of node %" PRIu64 " are not its pages", node);
    as_leaves(j, extents);
    if (pages > j->pages[node] || (!j->anywhere && pages != j->pages[node]))
        WRONG(j, "report: node %" PRIu64 " has %" PRIu64 " pages, really %" PRIu64, node, pages,
              j->pages[node]);
    if (!j->anywhere &&
        (extents[0] != leaves[0] || extents[1] != leaves[1] || extents[2] != leaves[2]))
        WRONG(j,
              "report: node %" PRIu64 " has %" PRIu64 ", %" PRIu64 ", %" PRIu64
              " extents, really %" PRIu64 ", %" PRIu64 ", %" PRIu64,
              node, extents[0], extents[1], extents[2], leaves[0], leaves[1], leaves[2]);
}

// From the vCPUs, with one decimal if it is not a whole number.
static void judge_distance(struct judgement *j, json_object *row) {
    json_object *member = NULL;
    uint64_t node = number(row, "node");
    double wanted = 0;

    if (j->e->nodeless || (!j->vcpus.known && !j->e->flat))
        return;
    json_object_object_get_ex(row, "distance", &member);
    for (unsigned i = 0; i < j->c->nr; i++) {
        if (j->c->node[i].id != node)
            continue;
        for (unsigned k = 0; k < j->c->nr; k++)
            if (j->vcpus.share[k] > 0 && j->e->host.distance[k][i] == CHOICE_UNKNOWN)
                return;
        if (j->e->flat)
            wanted = 10;
        else
            choice_distance(&j->e->host, j->vcpus.share, i, &wanted);
        if (fabs(json_object_get_double(member) - wanted) > 0.0501)
            WRONG(j, "report: distance of node %" PRIu64 " is %s, not %.1f", node,
                  member ? json_object_get_string(member) : "null", wanted);
    }
}

static void judge_cpu_nodes(struct judgement *j, json_object *root) {
    json_object *list = NULL;
    uint64_t have = 0, wanted = 0;

    if (!j->vcpus.known || j->anywhere)
        return;
    json_object_object_get_ex(root, "cpu_nodes", &list);
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        have |= 1ULL << json_object_get_int(json_object_array_get_idx(list, i));
    for (unsigned i = 0; i < j->c->nr; i++)
        wanted |= j->vcpus.share[i] > 0 ? 1ULL << j->c->node[i].id : 0;
    if (have != wanted)
        WRONG(j, "report: CPU nodes are %#" PRIx64 ", really %#" PRIx64, have, wanted);
}

static void judge_rows(struct judgement *j, json_object *root) {
    bool seen[CASE_MAX_IDS] = {false};
    json_object *nodes = NULL;
    uint64_t sum = j->anywhere;

    json_object_object_get_ex(root, "nodes", &nodes);
    for (size_t i = 0; i < json_object_array_length(nodes); i++) {
        json_object *row = json_object_array_get_idx(nodes, i);

        judge_node(j, row, seen);
        judge_distance(j, row);
        sum += number(row, "pages");
    }
    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        if (!j->anywhere && j->pages[id] && !seen[id])
            WRONG(j, "report: node %u is missing", id);
    if (sum != j->e->guest_pages || number(root, "pages") != j->e->guest_pages)
        WRONG(j, "report: %" PRIu64 " pages in rows, %" PRIu64 " in all", sum,
              number(root, "pages"));
}

void judge_report(struct judgement *j) {
    json_object *root = j->o->report ? json_tokener_parse(j->o->report) : NULL;
    json_object *anywhere = NULL;

    if (!root) {
        WRONG(j, "no report");
        return;
    }
    json_object_object_get_ex(root, "anywhere", &anywhere);
    j->anywhere = number(anywhere, "pages");
    judge_rows(j, root);
    judge_cpu_nodes(j, root);
    json_object_put(root);
}
