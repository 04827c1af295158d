// The document may come from a file that somebody has edited, so nothing in it is believed: its
// texts become lines of printable ASCII.

#include "lib/view/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/numa/planner.h"
#include "lib/util/ascii.h"
#include "lib/util/cleanup.h"

#define MAX_PAGES (1LL << 40) // 52 bits of address
#define MAX_NOTE 512

static void cleanup_json(json_object **object) {
    json_object_put(*object);
}

static int wrong(const char *name, struct error *err) {
    return error_set(err, EINVAL, "placement report: %s is missing, or is not what it should be",
                     name);
}

static json_object *member(json_object *object, const char *name, json_type type) {
    json_object *value = NULL;

    if (!json_object_is_type(object, json_type_object) ||
        !json_object_object_get_ex(object, name, &value) || !json_object_is_type(value, type))
        return NULL;
    return value;
}

static int read_number(json_object *object, const char *name, int64_t max, uint64_t *ret,
                       struct error *err) {
    json_object *value = member(object, name, json_type_int);
    int64_t number = value ? json_object_get_int64(value) : -1;

    if (number < 0 || number > max)
        return wrong(name, err);
    *ret = (uint64_t)number;
    return 0;
}

static int read_text(json_object *object, const char *name, char *ret, size_t bytes,
                     struct error *err) {
    json_object *value = member(object, name, json_type_string);

    if (!value)
        return wrong(name, err);
    ascii_line(json_object_get_string(value), ret, bytes);
    return 0;
}

static int read_distance(json_object *object, const char *name, unsigned *ret, struct error *err) {
    json_object *value = NULL;
    double distance;

    if (!json_object_object_get_ex(object, name, &value))
        return wrong(name, err);
    *ret = PLAN_DISTANCE_UNKNOWN;
    if (!value)
        return 0;
    distance = json_object_get_double(value);
    if (!(distance >= HOST_DISTANCE_LOCAL && distance < HOST_DISTANCE_UNKNOWN))
        return wrong(name, err);
    *ret = (unsigned)(10 * distance + 0.5);
    return 0;
}

static int read_nodes(json_object *object, const char *name, nodeset *ret, struct error *err) {
    json_object *list = member(object, name, json_type_array);

    if (!list)
        return wrong(name, err);
    *ret = 0;
    for (size_t i = 0; i < (size_t)json_object_array_length(list); i++) {
        json_object *value = json_object_array_get_idx(list, i);
        int64_t node =
            json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;

        if (node < 0 || node >= HOST_MAX_NODES)
            return wrong(name, err);
        *ret |= nodeset_of((unsigned)node);
    }
    return 0;
}

// A report that would be too long for Xenstore has no extents.
static int read_counts(json_object *object, uint64_t *ret_pages, struct extent_counts *ret,
                       struct error *err) {
    static const char *const names[EXTENT_NR_SIZES] = {"1GiB", "2MiB", "4KiB"};
    json_object *extents = member(object, "extents", json_type_object);
    int rc = read_number(object, "pages", MAX_PAGES, ret_pages, err);

    for (int size = 0; size < EXTENT_NR_SIZES && extents && !rc; size++)
        rc = read_number(extents, names[size], MAX_PAGES, &ret->extents[size], err);
    return rc;
}

static int read_node(json_object *object, struct record *record, struct error *err) {
    struct record_node *node = &record->node[record->nr_nodes];
    uint64_t id = 0;
    int rc = read_number(object, "node", HOST_MAX_NODES - 1, &id, err);

    for (unsigned i = 0; i < record->nr_nodes && !rc; i++)
        if (record->node[i].node == id)
            rc = wrong("nodes", err);
    if (!rc)
        rc = read_distance(object, "distance", &node->distance, err);
    if (!rc)
        rc = read_counts(object, &node->pages, &node->counts, err);
    if (rc)
        return rc;
    node->node = (unsigned)id;
    record->nr_nodes++;
    return 0;
}

static int read_all_nodes(json_object *root, struct record *record, struct error *err) {
    json_object *list = member(root, "nodes", json_type_array);
    json_object *anywhere = member(root, "anywhere", json_type_object);
    int rc = 0;

    if (!list || (size_t)json_object_array_length(list) > HOST_MAX_NODES)
        return wrong("nodes", err);
    for (size_t i = 0; i < (size_t)json_object_array_length(list) && !rc; i++)
        rc = read_node(json_object_array_get_idx(list, i), record, err);
    if (!rc && !anywhere)
        rc = wrong("anywhere", err);
    return rc ? rc : read_counts(anywhere, &record->anywhere_pages, &record->anywhere, err);
}

// What a report may have.
static void read_rest(json_object *root, struct record *record) {
    json_object *vnodes = member(root, "vnodes", json_type_array);
    json_object *notes = member(root, "notes", json_type_array);

    if (vnodes)
        record->nr_vnodes = (unsigned)json_object_array_length(vnodes);
    for (size_t i = 0; notes && i < (size_t)json_object_array_length(notes); i++) {
        json_object *note = json_object_array_get_idx(notes, i);
        char text[MAX_NOTE];

        if (!json_object_is_type(note, json_type_string))
            continue;
        ascii_line(json_object_get_string(note), text, sizeof(text));
        warnings_add(&record->notes, "%s", text);
    }
}

static int read_record(json_object *root, struct record *ret, struct error *err) {
    int rc = read_text(root, "policy", ret->policy, sizeof(ret->policy), err);

    if (!rc)
        rc = read_text(root, "nodes_from", ret->nodes_from, sizeof(ret->nodes_from), err);
    if (!rc)
        rc = read_text(root, "claim", ret->claim, sizeof(ret->claim), err);
    if (!rc)
        rc = read_number(root, "pages", MAX_PAGES, &ret->pages, err);
    if (!rc)
        rc = read_nodes(root, "cpu_nodes", &ret->cpu_nodes, err);
    if (!rc)
        rc = read_nodes(root, "page_tables", &ret->page_tables, err);
    if (!rc)
        rc = read_distance(root, "mean_distance", &ret->mean_distance, err);
    if (!rc)
        rc = read_all_nodes(root, ret, err);
    if (!rc)
        read_rest(root, ret);
    return rc;
}

int record_parse(const char *text, struct record *ret, struct error *err) {
    CLEANUP(cleanup_json) json_object *root = json_tokener_parse(text);
    CLEANUP(record_done) struct record record = {.pages = 0};
    int rc;

    if (!json_object_is_type(root, json_type_object))
        return error_set(err, EINVAL, "placement report: not a JSON object");
    rc = read_record(root, &record, err);
    if (rc)
        return rc;
    *ret = record;
    record = (struct record){.pages = 0};
    return 0;
}

void record_done(struct record *record) {
    warnings_done(&record->notes);
    *record = (struct record){.pages = 0};
}
