// The descriptions in fixtures/hosts, for tests; they run at the top of the project.
#ifndef TESTS_HOSTFILES_H
#define TESTS_HOSTFILES_H

#include <glob.h>
#include <string.h>

#include "lib/numa/hostfile.h"
#include "lib/util/cleanup.h"
#include "tests/unit/unit.h"

#define HOSTFILES "fixtures/hosts/"

static inline struct hostfile hostfile_load(const char *path) {
    FILE *stream = fopen(path, "re");
    CLEANUP(cleanup_free) char *text = NULL;
    struct hostfile file = {0};
    struct error err = {0};
    size_t size = 0;

    ck_assert_msg(stream && getdelim(&text, &size, '\0', stream) > 0, "%s: not readable", path);
    fclose(stream);
    ck_assert_msg(hostfile_parse(text, &file, &err) == 0, "%s: %s", path, err.text);
    return file;
}

// All of them; to be released with globfree.
static inline glob_t hostfiles_list(void) {
    glob_t list;

    ck_assert_int_eq(glob(HOSTFILES "*.json", 0, NULL, &list), 0);
    return list;
}

#endif
