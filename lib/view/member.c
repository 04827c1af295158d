// Where a distance is not whole it has one decimal, and the same number of them everywhere: what
// the C library makes of a double would differ.

#include "lib/view/member.h"

#include <string.h>

void member_put(struct json_object **object, const char *name, struct json_object *value,
                bool may_be_null) {
    if (*object && (value || may_be_null) && !json_object_object_add(*object, name, value))
        return;
    json_object_put(value);
    json_object_put(*object);
    *object = NULL;
}

void member_text(struct json_object **object, const char *name, const char *text) {
    member_put(object, name, json_object_new_string(text), false);
}

void member_number(struct json_object **object, const char *name, uint64_t value) {
    member_put(object, name, json_object_new_int64((int64_t)value), false);
}

void member_distance(struct json_object **object, const char *name, unsigned tenths) {
    if (tenths == PLAN_DISTANCE_UNKNOWN)
        member_put(object, name, NULL, true);
    else
        member_put(object, name, json_object_new_double_s(tenths / 10.0, distance_text(tenths).s),
                   false);
}

void member_nodes(struct json_object **object, const char *name, nodeset nodes) {
    struct json_object *list = json_object_new_array();

    for (; nodes && list; nodes &= nodes - 1)
        member_append(&list, json_object_new_int((int)nodeset_first(nodes)));
    member_put(object, name, list, false);
}

void member_append(struct json_object **list, struct json_object *member) {
    if (*list && member && !json_object_array_add(*list, member))
        return;
    json_object_put(member);
    json_object_put(*list);
    *list = NULL;
}

char *member_document(struct json_object *root) {
    const char *text;
    char *copy = NULL;

    if (!root)
        return NULL;
    text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_NOSLASHESCAPE);
    if (text)
        copy = strdup(text);
    json_object_put(root);
    return copy;
}
