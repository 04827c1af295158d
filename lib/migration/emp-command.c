// A message has no member but these two. Arguments that a command does not heed are ignored: only
// set_args has any today.

#include "lib/migration/emp-command.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const char *const names[EMP_NR_VERBS] = {
    [EMP_MIGRATE_ABORT] = "migrate_abort",
    [EMP_MIGRATE_INIT] = "migrate_init",
    [EMP_MIGRATE_LIVE] = "migrate_live",
    [EMP_MIGRATE_NONLIVE] = "migrate_nonlive",
    [EMP_MIGRATE_PAUSE] = "migrate_pause",
    [EMP_MIGRATE_PAUSED] = "migrate_paused",
    [EMP_MIGRATE_PROGRESS] = "migrate_progress",
    [EMP_QUIT] = "quit",
    [EMP_RESTORE] = "restore",
    [EMP_SET_ARGS] = "set_args",
    [EMP_TRACK_DIRTY] = "track_dirty",
};

const char *emp_verb_name(enum emp_verb verb) {
    return names[verb];
}

static int check_members(json_object *message, struct error *err) {
    json_object_object_foreach(message, name, value) {
        (void)value;
        if (strcmp(name, "execute") && strcmp(name, "arguments"))
            return error_set(err, EINVAL, "the command has a member \"%s\", which is unknown",
                             name);
    }
    return 0;
}

static int read_verb(json_object *message, enum emp_verb *ret, struct error *err) {
    json_object *execute;
    const char *text;

    if (!json_object_object_get_ex(message, "execute", &execute))
        return error_set(err, EINVAL, "the command has no member \"execute\"");
    if (!json_object_is_type(execute, json_type_string))
        return error_set(err, EINVAL, "the command's member \"execute\" is not a string");
    text = json_object_get_string(execute);
    for (int verb = 0; verb < EMP_NR_VERBS; verb++) {
        if (!strcmp(names[verb], text)) {
            *ret = (enum emp_verb)verb;
            return 0;
        }
    }
    return error_set(err, EINVAL, "there is no command \"%s\"", text);
}

static int read_arguments(json_object *message, struct emp_command *command, struct error *err) {
    const char *name = names[command->verb];
    json_object *arguments;

    if (!json_object_object_get_ex(message, "arguments", &arguments)) {
        if (command->verb == EMP_SET_ARGS)
            return error_set(err, EINVAL, "%s: there are no arguments", name);
        return 0;
    }
    if (!json_object_is_type(arguments, json_type_object))
        return error_set(err, EINVAL, "%s: \"arguments\" is not an object", name);
    if (command->verb != EMP_SET_ARGS)
        return 0;
    if (emp_args_read(arguments, &command->args, err))
        return error_prefix(err, "%s", name);
    return 0;
}

int emp_command_parse(json_object *message, const struct emp_args *args, struct emp_command *ret,
                      struct error *err) {
    struct emp_command command = {.args = *args};
    int rc;

    rc = check_members(message, err);
    if (!rc)
        rc = read_verb(message, &command.verb, err);
    if (!rc)
        rc = read_arguments(message, &command, err);
    if (!rc)
        *ret = command;
    return rc;
}
