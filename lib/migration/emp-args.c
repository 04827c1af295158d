// Managers send no argument that they do not mean, so none is skipped: a restore on another node
// than the one asked for, or of another type of guest, would be worse than a refusal.

#include "lib/migration/emp-args.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "lib/util/number.h"

#define MAX_PORT 131071 // EVTCHN_FIFO_NR_CHANNELS - 1
#define MAX_NODE 63     // MAX_NUMNODES - 1

enum kind { NUMBER, FLAG, COMPRESSION };

struct arg {
    const char *name;
    enum kind kind;
    size_t offset;
    int64_t min, max; // of a NUMBER
};

static const struct arg known[] = {
    {"store_port", NUMBER, offsetof(struct emp_args, store_port), 1, MAX_PORT},
    {"console_port", NUMBER, offsetof(struct emp_args, console_port), 1, MAX_PORT},
    {"mem_pnode", NUMBER, offsetof(struct emp_args, mem_pnode), EMP_UNSET, MAX_NODE},
    {"pv", FLAG, offsetof(struct emp_args, pv), 0, 0},
    {"vgpu", FLAG, offsetof(struct emp_args, vgpu), 0, 0},
    {"compress", COMPRESSION, 0, 0, 0},
};

static const struct arg *find(const char *name) {
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!strcmp(known[i].name, name))
            return &known[i];
    }
    return NULL;
}

static int read_number(const struct arg *arg, const char *text, int64_t *ret, struct error *err) {
    int rc = number_parse_int(text, arg->min, arg->max, ret);

    if (rc == -ERANGE)
        return error_set(err, ERANGE, "argument %s: %s is not within %" PRId64 "..%" PRId64,
                         arg->name, text, arg->min, arg->max);
    if (rc)
        return error_set(err, EINVAL, "argument %s: \"%s\" is not a number", arg->name, text);
    return 0;
}

static int read_flag(const struct arg *arg, const char *text, bool *ret, struct error *err) {
    bool yes = !strcmp(text, "true");

    if (!yes && strcmp(text, "false"))
        return error_set(err, EINVAL, "argument %s: \"%s\" is neither true nor false", arg->name,
                         text);
    *ret = yes;
    return 0;
}

static int read_one(const char *name, json_object *value, struct emp_args *args,
                    struct error *err) {
    const struct arg *arg = find(name);
    bool compressed = false;
    const char *text;
    void *member;
    int rc;

    if (!arg)
        return error_set(err, EINVAL, "argument %s is unknown", name);
    if (!json_object_is_type(value, json_type_string))
        return error_set(err, EINVAL, "argument %s: must be a string", name);
    text = json_object_get_string(value);
    // What follows a NUL would be overlooked.
    if (strlen(text) != (size_t)json_object_get_string_len(value))
        return error_set(err, EINVAL, "argument %s: has a NUL in it", name);
    member = (char *)args + arg->offset;
    switch (arg->kind) {
    case NUMBER:
        return read_number(arg, text, member, err);
    case FLAG:
        return read_flag(arg, text, member, err);
    case COMPRESSION:
        rc = read_flag(arg, text, &compressed, err);
        if (!rc && compressed)
            rc = error_set(err, EOPNOTSUPP,
                           "argument compress: compressed streams are not supported; migrate "
                           "without compression");
        return rc;
    }
    return -EINVAL;
}

int emp_args_read(json_object *object, struct emp_args *args, struct error *err) {
    struct emp_args read = *args;

    json_object_object_foreach(object, name, value) {
        int rc = read_one(name, value, &read, err);

        if (rc)
            return rc;
    }
    *args = read;
    return 0;
}
