// Arguments of modelctl's commands: some by position, then NAME=VALUE in any order.

#include "tests/model/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ctl_fail(struct command *c, int rc, const char *what) {
    c->rc = rc;
    if (!c->message[0])
        snprintf(c->message, sizeof(c->message), "%s: %s", what, strerror(-rc));
}

const char *ctl_option(const struct command *c, const char *name, const char *otherwise) {
    size_t length = strlen(name);

    for (int i = 0; i < c->argc; i++)
        if (!strncmp(c->argv[i], name, length) && c->argv[i][length] == '=')
            return c->argv[i] + length + 1;
    return otherwise;
}

uint64_t ctl_number(const struct command *c, const char *name, const char *otherwise) {
    return strtoull(ctl_option(c, name, otherwise), NULL, 0);
}

uint64_t ctl_positional(const struct command *c, int index) {
    return index < c->argc ? strtoull(c->argv[index], NULL, 0) : 0;
}
