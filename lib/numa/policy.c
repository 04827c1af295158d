// A setting that is misspelt and therefore ignored shows only months later, as a guest that is
// slow. So every name and value is checked where it enters, also when a weightier one hides it, and
// the error repeats what was written, where, and what would have been right.
//
// One table describes the settings: its order is that of enum policy_key, and the words of a
// setting are in the order of its enum, so that a word's index is its value.

#include "lib/numa/policy.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/util/number.h"

#define MAX_WORDS 5
#define MAX_RESERVE_MIB (1LL << 32) // 52 bits of physical address, all that x86 has
#define NAME_PREFIX "numa-"

static const struct {
    const char *name;
    const char *words[MAX_WORDS + 1];
    const char *allowed; // what an error says, for values that are not (only) words
} settings[POLICY_NR_KEYS] = {
    [POLICY_KEY_POLICY] = {"numa-policy",
                           {"auto", "preferred", "strict", "interleave", "any"},
                           NULL},
    [POLICY_KEY_NODES] = {"numa-nodes", {NULL}, "a list of nodes like 1,0,2-3"},
    [POLICY_KEY_FALLBACK] = {"numa-fallback",
                             {"nearest", "none"},
                             "nearest, none or a set of nodes like 0,2-3"},
    [POLICY_KEY_MAX_NODES] = {"numa-max-nodes", {NULL}, "a number from 1 to 64"},
    [POLICY_KEY_PAGE_PREFERENCE] = {"numa-page-preference", {"locality", "superpage"}, NULL},
    [POLICY_KEY_VCPUS] = {"numa-vcpus", {"follow", "move", "pin", "leave"}, NULL},
    [POLICY_KEY_DEVICES] = {"numa-devices", {"prefer", "ignore", "require"}, NULL},
    [POLICY_KEY_PAGE_TABLES] = {"numa-page-tables", {"follow", "leave"}, NULL},
    [POLICY_KEY_VIRTUAL] = {"numa-virtual",
                            {"off", "auto"},
                            "off, auto, a number from 1 to 32 or vnodes like 2:4096@0;2:4096@1"},
    [POLICY_KEY_RESERVE_MIB] = {"numa-reserve-mib", {NULL}, "a number from 0 to 4294967296"},
};

struct policy policy_defaults(void) {
    return (struct policy){0};
}

const char *policy_name(enum policy_key key) {
    return settings[key].name;
}

static int word_find(enum policy_key key, const char *value) {
    for (int i = 0; settings[key].words[i]; i++)
        if (!strcmp(settings[key].words[i], value))
            return i;
    return -EINVAL;
}

// "auto, preferred, strict, interleave, any"
static struct policy_text words_text(enum policy_key key) {
    struct policy_text text = {0};
    size_t used = 0;

    for (int i = 0; settings[key].words[i]; i++)
        used += (size_t)snprintf(text.s + used, sizeof(text.s) - used, "%s%s", i ? ", " : "",
                                 settings[key].words[i]);
    return text;
}

static struct policy_text source_text(enum policy_origin origin, enum policy_key key) {
    static const char *const fixed[] = {
        [POLICY_FROM_DEFAULT] = "default",
        [POLICY_FROM_FILE] = POLICY_FILE,
        [POLICY_FROM_COMMAND_LINE] = "command line",
    };
    struct policy_text text;

    if (origin == POLICY_FROM_PLATFORM)
        snprintf(text.s, sizeof(text.s), "platform/%s", settings[key].name);
    else
        snprintf(text.s, sizeof(text.s), "%s", fixed[origin]);
    return text;
}

static int error_value(struct error *err, enum policy_key key, const char *value,
                       enum policy_origin origin) {
    const char *name = settings[key].name;
    struct policy_text source = source_text(origin, key);

    if (settings[key].allowed)
        return error_set(err, EINVAL, "%s: \"%s\" is not %s (from %s)", name, value,
                         settings[key].allowed, source.s);
    return error_set(err, EINVAL, "%s: \"%s\" is not one of %s (from %s)", name, value,
                     words_text(key).s, source.s);
}

// Parses a list of nodes; an error adds name, value and origin to what nodelist_parse says.
static int nodes_parse(enum policy_key key, const char *value, enum policy_origin origin,
                       struct nodelist *ret, struct error *err) {
    struct error why = {0};
    int rc = nodelist_parse(value, ret, &why);

    if (rc)
        rc = error_set(err, why.code, "%s: \"%s\" is not %s: %s (from %s)", settings[key].name,
                       value, settings[key].allowed, why.text, source_text(origin, key).s);
    error_done(&why);
    return rc;
}

static int fallback_parse(const char *value, enum policy_origin origin, struct policy *policy,
                          struct error *err) {
    struct nodelist nodes;
    int word = word_find(POLICY_KEY_FALLBACK, value);
    int rc;

    policy->fallback_nodes = 0;
    if (word >= 0) {
        policy->fallback = (enum policy_fallback)word;
        return 0;
    }
    rc = nodes_parse(POLICY_KEY_FALLBACK, value, origin, &nodes, err);
    if (rc)
        return rc;
    policy->fallback = POLICY_FALLBACK_NODES;
    policy->fallback_nodes = nodelist_set(&nodes);
    return 0;
}

static int virtual_parse(const char *value, enum policy_origin origin, struct policy *policy,
                         struct error *err) {
    enum policy_key key = POLICY_KEY_VIRTUAL;
    struct error why = {0};
    int word = word_find(key, value);
    int64_t number = 0;
    int rc;

    policy->nr_vnodes = 0;
    policy->vnodes = (struct vnodes){0};
    policy->virtual_nodes = word < 0 ? POLICY_VIRTUAL_NUMBER : (enum policy_virtual)word;
    if (word >= 0)
        return 0;
    rc = number_parse_int(value, 1, VNODES_MAX, &number);
    policy->nr_vnodes = (unsigned)number;
    if (!rc)
        return 0;
    if (!strchr(value, ':')) {
        error_value(err, key, value, origin);
        err->code = -rc;
        return rc;
    }
    policy->virtual_nodes = POLICY_VIRTUAL_LIST;
    rc = vnodes_parse(value, &policy->vnodes, &why);
    if (rc)
        rc = error_set(err, why.code, "%s: \"%s\" is not %s: %s (from %s)", settings[key].name,
                       value, settings[key].allowed, why.text, source_text(origin, key).s);
    error_done(&why);
    return rc;
}

static int number_parse(enum policy_key key, const char *value, enum policy_origin origin,
                        struct policy *policy, struct error *err) {
    bool nodes = key == POLICY_KEY_MAX_NODES;
    int64_t number;
    int rc =
        number_parse_int(value, nodes ? 1 : 0, nodes ? HOST_MAX_NODES : MAX_RESERVE_MIB, &number);

    if (rc) {
        error_value(err, key, value, origin);
        err->code = -rc;
        return rc;
    }
    if (nodes)
        policy->max_nodes = (unsigned)number;
    else
        policy->reserve_mib = (uint64_t)number;
    return 0;
}

static int word_parse(enum policy_key key, const char *value, enum policy_origin origin,
                      struct policy *policy, struct error *err) {
    int word = word_find(key, value);

    if (word < 0)
        return error_value(err, key, value, origin);
    switch (key) {
    case POLICY_KEY_POLICY:
        policy->kind = (enum policy_kind)word;
        break;
    case POLICY_KEY_PAGE_PREFERENCE:
        policy->page_preference = (enum policy_page_preference)word;
        break;
    case POLICY_KEY_DEVICES:
        policy->devices = (enum policy_devices)word;
        break;
    case POLICY_KEY_PAGE_TABLES:
        policy->page_tables = (enum policy_page_tables)word;
        break;
    default:
        policy->vcpus = (enum policy_vcpus)word;
    }
    return 0;
}

static int value_parse(enum policy_key key, const char *value, enum policy_origin origin,
                       struct policy *policy, struct error *err) {
    switch (key) {
    case POLICY_KEY_NODES:
        return nodes_parse(key, value, origin, &policy->nodes, err);
    case POLICY_KEY_FALLBACK:
        return fallback_parse(value, origin, policy, err);
    case POLICY_KEY_VIRTUAL:
        return virtual_parse(value, origin, policy, err);
    case POLICY_KEY_MAX_NODES:
    case POLICY_KEY_RESERVE_MIB:
        return number_parse(key, value, origin, policy, err);
    default:
        return word_parse(key, value, origin, policy, err);
    }
}

static int error_name(struct error *err, const char *name, const char *value,
                      enum policy_origin origin) {
    char known[320];
    size_t used = 0;

    for (int key = 0; key < POLICY_NR_KEYS; key++)
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", key ? ", " : "",
                                 settings[key].name);
    return error_set(err, EINVAL, "%s: no such setting (value \"%s\", from %s%s); there are %s",
                     name, value, origin == POLICY_FROM_PLATFORM ? "platform/" : "",
                     origin == POLICY_FROM_PLATFORM ? name : source_text(origin, 0).s, known);
}

int policy_set(struct policy *policy, const char *name, const char *value,
               enum policy_origin origin, struct error *err) {
    struct policy changed = *policy;

    for (int key = 0; key < POLICY_NR_KEYS; key++) {
        int rc;

        if (strcmp(settings[key].name, name) != 0)
            continue;
        rc = value_parse((enum policy_key)key, value, origin, &changed, err);
        if (rc || origin < policy->origin[key])
            return rc;
        changed.origin[key] = origin;
        *policy = changed;
        return 0;
    }
    return error_name(err, name, value, origin);
}

// Whether each part of the memory can be on a node of its own.
static bool policy_spreads_by_node(const struct policy *policy) {
    return policy->kind != POLICY_ANY && policy->kind != POLICY_INTERLEAVE;
}

int policy_check(const struct policy *policy, const char **ret_warning, struct error *err) {
    const enum policy_origin *origin = policy->origin;

    *ret_warning = NULL;
    if (policy->kind == POLICY_STRICT && policy->fallback != POLICY_FALLBACK_NONE &&
        origin[POLICY_KEY_FALLBACK] != POLICY_FROM_DEFAULT &&
        origin[POLICY_KEY_FALLBACK] >= origin[POLICY_KEY_POLICY])
        return error_set(err, EINVAL, "%s contradicts %s, which allows no fallback",
                         policy_describe(policy, POLICY_KEY_FALLBACK).s,
                         policy_describe(policy, POLICY_KEY_POLICY).s);
    if (!policy_spreads_by_node(policy) && policy->virtual_nodes > POLICY_VIRTUAL_AUTO)
        return error_set(err, EINVAL, "%s contradicts %s, which puts no vnode on a node",
                         policy_describe(policy, POLICY_KEY_VIRTUAL).s,
                         policy_describe(policy, POLICY_KEY_POLICY).s);
    if (policy->kind == POLICY_ANY && policy->nodes.nr)
        *ret_warning = "numa-nodes has no effect with numa-policy=any";
    else if (policy->kind == POLICY_ANY && policy->max_nodes)
        *ret_warning = "numa-max-nodes has no effect with numa-policy=any";
    else if (policy->kind == POLICY_ANY && policy->devices == POLICY_DEVICES_REQUIRE)
        *ret_warning = "numa-devices has no effect with numa-policy=any";
    else if (!policy_spreads_by_node(policy) && policy->virtual_nodes == POLICY_VIRTUAL_AUTO)
        *ret_warning = "numa-virtual has no effect with numa-policy=any or interleave";
    return 0;
}

static const char *key_word(const struct policy *policy, enum policy_key key) {
    switch (key) {
    case POLICY_KEY_POLICY:
        return settings[key].words[policy->kind];
    case POLICY_KEY_FALLBACK:
        return settings[key].words[policy->fallback];
    case POLICY_KEY_PAGE_PREFERENCE:
        return settings[key].words[policy->page_preference];
    case POLICY_KEY_DEVICES:
        return settings[key].words[policy->devices];
    case POLICY_KEY_PAGE_TABLES:
        return settings[key].words[policy->page_tables];
    case POLICY_KEY_VIRTUAL:
        return settings[key].words[policy->virtual_nodes];
    default:
        return settings[key].words[policy->vcpus];
    }
}

struct policy_text policy_value(const struct policy *policy, enum policy_key key) {
    struct policy_text text;

    if (key == POLICY_KEY_NODES)
        snprintf(text.s, sizeof(text.s), "%s", nodelist_text(&policy->nodes).s);
    else if (key == POLICY_KEY_FALLBACK && policy->fallback == POLICY_FALLBACK_NODES)
        snprintf(text.s, sizeof(text.s), "%s", nodeset_text(policy->fallback_nodes).s);
    else if (key == POLICY_KEY_VIRTUAL && policy->virtual_nodes == POLICY_VIRTUAL_NUMBER)
        snprintf(text.s, sizeof(text.s), "%u", policy->nr_vnodes);
    else if (key == POLICY_KEY_VIRTUAL && policy->virtual_nodes == POLICY_VIRTUAL_LIST)
        snprintf(text.s, sizeof(text.s), "%s", vnodes_text(&policy->vnodes).s);
    else if (key == POLICY_KEY_RESERVE_MIB)
        snprintf(text.s, sizeof(text.s), "%llu", (unsigned long long)policy->reserve_mib);
    else if (key == POLICY_KEY_MAX_NODES && policy->max_nodes)
        snprintf(text.s, sizeof(text.s), "%u", policy->max_nodes);
    else if (key == POLICY_KEY_MAX_NODES)
        snprintf(text.s, sizeof(text.s), "none");
    else
        snprintf(text.s, sizeof(text.s), "%s", key_word(policy, key));
    return text;
}

struct policy_text policy_source(const struct policy *policy, enum policy_key key) {
    return source_text(policy->origin[key], key);
}

struct policy_text policy_describe(const struct policy *policy, enum policy_key key) {
    struct policy_text value = policy_value(policy, key);
    struct policy_text text;

    snprintf(text.s, sizeof(text.s), "%s=%.520s from %.32s", policy_name(key), value.s,
             policy_source(policy, key).s);
    return text;
}
