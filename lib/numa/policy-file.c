// The settings of a whole host, for toolstacks that pass no unknown platform keys on.
//
// The file is written by hand, so its errors give the line, and nothing of a file with an error
// takes effect: half of a configuration is not what anybody asked for.

#include "lib/numa/policy.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"

// Cuts blanks off both ends of `text`, in place.
static char *text_trim(char *text) {
    size_t length;

    while (isspace((unsigned char)*text))
        text++;
    length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

// Handles one line; `set` has the keys of the lines before. The line is changed.
static int line_set(struct policy *policy, char *line, uint64_t *set, struct error *err) {
    CLEANUP(cleanup_free) char *name = NULL;
    char *value;

    line[strcspn(line, "#")] = '\0';
    line = text_trim(line);
    if (!*line)
        return 0;
    value = strchr(line, '=');
    if (!value)
        return error_set(err, EINVAL, "\"%s\" is not of the form name = value", line);
    *value++ = '\0';
    if (!strncmp(line, "numa-", strlen("numa-")))
        return error_set(err, EINVAL, "%s: names have no numa- here", text_trim(line));
    if (asprintf(&name, "numa-%s", text_trim(line)) < 0) {
        name = NULL;
        return error_set(err, ENOMEM, "out of memory");
    }
    for (int key = 0; key < POLICY_NR_KEYS; key++) {
        if (strcmp(policy_name((enum policy_key)key), name) != 0)
            continue;
        if (*set >> key & 1)
            return error_set(err, EINVAL, "%s is set twice", text_trim(line));
        *set |= 1ULL << key;
    }
    return policy_set(policy, name, text_trim(value), POLICY_FROM_FILE, err);
}

int policy_set_all(struct policy *policy, const char *text, struct error *err) {
    CLEANUP(cleanup_free) char *copy = strdup(text);
    struct policy changed = *policy;
    uint64_t set = 0;
    unsigned number = 0;

    if (!copy)
        return error_set(err, ENOMEM, "out of memory");
    for (char *line, *rest = copy; (line = strsep(&rest, "\n"));) {
        number++;
        if (line_set(&changed, line, &set, err))
            return error_prefix(err, POLICY_FILE " line %u", number);
    }
    *policy = changed;
    return 0;
}
