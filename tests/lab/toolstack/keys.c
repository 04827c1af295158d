// The commands that look at or change a domain's keys.

#include "lib/store/xsls.h"
#include "lib/util/cleanup.h"
#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/store.h"
#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>

static int domid_and_text(int argc, char **argv, uint32_t *ret, struct error *err) {
    int rc = argument_domid(argc, argv, 1, ret, err);

    if (rc < 0)
        return rc;
    if (argc < 3)
        return error_set(err, EINVAL, "%s: an argument is missing", argv[0]);
    return argument_end(argc, argv, 3, err);
}

int command_load_tree(struct toolstack *ts, int argc, char **argv, struct error *err) {
    struct xsls tree = {0};
    uint32_t domid = 0;
    int rc = domid_and_text(argc, argv, &domid, err);

    if (rc == 0)
        rc = xsls_read(argv[2], &tree, err);
    if (rc == 0)
        rc = lab_store_load(ts, domid, &tree, err);
    xsls_done(&tree);
    return rc;
}

int command_read(struct toolstack *ts, int argc, char **argv, struct error *err) {
    CLEANUP(cleanup_free) char *value = NULL;
    uint32_t domid = 0;
    int rc = domid_and_text(argc, argv, &domid, err);

    if (rc == 0)
        rc = lab_store_read(ts, domid, argv[2], &value, err);
    if (rc == 0)
        puts(value ? value : "absent");
    return rc;
}
