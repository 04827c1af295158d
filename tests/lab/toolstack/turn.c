// The command `turn`: the program's own way with a paging pool, without a build around it, so that
// its time can be taken for a pool of any size.

#include "lib/memory/paging.h"
#include "lib/util/cleanup.h"
#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NODE_LAST 63

static int64_t now_microseconds(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static int prefer_node(struct toolstack *ts, uint32_t domid, unsigned node, struct error *err) {
    int bytes = xc_get_nodemap_size(ts->xch);
    CLEANUP(cleanup_free) uint8_t *map = bytes > 0 ? calloc((size_t)bytes, 1) : NULL;

    if (!map || node / 8 >= (unsigned)bytes)
        return error_set(err, EINVAL, "no node map for node %u", node);
    map[node / 8] = (uint8_t)(1U << node % 8);
    if (xc_domain_node_setaffinity(ts->xch, domid, map) < 0)
        return error_set(err, errno, "xc_domain_node_setaffinity: %s", strerror(errno));
    return 0;
}

static int turn(struct toolstack *ts, uint32_t domid, struct error *err) {
    struct paging_turn turn = {0};
    int64_t begin = now_microseconds();
    int rc = paging_turn(ts->xch, domid, &turn, err);

    printf("microseconds=%" PRId64 "\npages=%" PRIu64 "\ncalls=%u\nmissing=%" PRIu64 "\n",
           now_microseconds() - begin, turn.pages, turn.calls, turn.missing);
    return rc;
}

int command_turn(struct toolstack *ts, int argc, char **argv, struct error *err) {
    uint32_t domid = 0;
    int64_t node = 0;
    int rc = argument_domid(argc, argv, 1, &domid, err);

    if (rc == 0)
        rc = argument_number(argc, argv, 2, "NODE", 0, NODE_LAST, &node, err);
    if (rc == 0)
        rc = argument_end(argc, argv, 3, err);
    if (rc == 0)
        rc = prefer_node(ts, domid, (unsigned)node, err);
    return rc < 0 ? rc : turn(ts, domid, err);
}
