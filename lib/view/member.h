// Members of JSON documents.
//
// A member that could not be allocated makes the whole object go: *object is NULL from then on, and
// adding to it does nothing.
#ifndef VIEW_MEMBER_H
#define VIEW_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "lib/numa/nodeset.h"
#include "lib/numa/planner.h"

// Takes `value` over. NULL is "no memory", or JSON's null if it may be that.
void member_put(struct json_object **object, const char *name, struct json_object *value,
                bool may_be_null);

void member_text(struct json_object **object, const char *name, const char *text);

void member_number(struct json_object **object, const char *name, uint64_t value);

// A whole number, or one decimal; null for PLAN_DISTANCE_UNKNOWN.
void member_distance(struct json_object **object, const char *name, unsigned tenths);

// To a list, under the same rules: one that lacks a member is NULL.
void member_append(struct json_object **list, struct json_object *member);

// A list of node ids.
void member_nodes(struct json_object **object, const char *name, nodeset nodes);

// The text of the whole, without line breaks, to be freed; NULL: no memory. Takes `root` over.
char *member_document(struct json_object *root);

#endif
