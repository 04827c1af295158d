// The report in Xenstore against the address space. What was taken without naming a node is in the
// report without one, so then only the sum is known.

#include "tests/properties/judge.h"

#include <inttypes.h>
#include <json-c/json.h>

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

static unsigned distance_between(const struct test_case *c, unsigned from, unsigned to) {
    for (unsigned i = 0; i < c->nr; i++)
        for (unsigned k = 0; k < c->nr; k++)
            if (c->node[i].id == from && c->node[k].id == to)
                return c->distance[i][k];
    return CASE_UNKNOWN;
}

static void judge_distance(struct judgement *j, json_object *row) {
    json_object *member = NULL;
    uint64_t node = number(row, "node");
    unsigned wanted;

    if (j->e->most_preferred < 0 || node >= CASE_MAX_IDS)
        return;
    json_object_object_get_ex(row, "distance", &member);
    wanted =
        j->e->flat ? 10 : distance_between(j->c, (unsigned)j->e->most_preferred, (unsigned)node);
    if (wanted == CASE_UNKNOWN ? member != NULL : (unsigned)json_object_get_int(member) != wanted)
        WRONG(j, "report: distance of node %" PRIu64 " is %s, not %u", node,
              member ? json_object_get_string(member) : "null", wanted);
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
    json_object_put(root);
}
