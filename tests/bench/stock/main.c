// The builders that the program is measured against: bench-stock, bench-exact and bench-floor, one
// program that looks at its name. Command line and answer are the program's own. Restores are the
// same by each name.

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"
#include "lib/util/stop.h"
#include "tests/bench/stock/guest.h"
#include "tests/bench/stock/restore.h"
#include "xenguest/options.h"

static bool is_mode(const char *name) {
    return strcmp(name, "hvm_build") == 0 || strcmp(name, "hvm_restore") == 0;
}

static int way_of(const char *path, enum memory_way *ret, struct error *err) {
    static const char *const names[] = {
        [MEMORY_STOCK] = "bench-stock",
        [MEMORY_EXACT] = "bench-exact",
        [MEMORY_FLOOR] = "bench-floor",
    };
    const char *slash = strrchr(path, '/');

    for (unsigned way = 0; way < sizeof(names) / sizeof(names[0]); way++) {
        if (strcmp(slash ? slash + 1 : path, names[way]) == 0) {
            *ret = way;
            return 0;
        }
    }
    return error_set(err, EINVAL, "%s is not the name of a builder", path);
}

int main(int argc, char **argv) {
    CLEANUP(error_done) struct error err = {0};
    struct control_result result;
    enum memory_way way = MEMORY_STOCK;
    struct request request;
    const char *mode;
    int rc;

    signal(SIGPIPE, SIG_IGN);
    stop_init();
    rc = options_parse(argc, argv, is_mode, &request, &err);
    if (rc > 0)
        return EXIT_FAILURE; // questions that only the program answers
    if (!rc)
        rc = way_of(argv[0], &way, &err);
    mode = request.mode ? request.mode : "hvm_build";
    if (!rc && strcmp(mode, "hvm_restore") == 0)
        rc = stock_restore(&request, &result, &err);
    else if (!rc)
        rc = guest_build(&request, way, &result, &err);
    if (!rc)
        rc = control_result((int)request.control_out_fd, &result);
    else
        control_error((int)request.control_out_fd, mode, err.code, err.text);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
