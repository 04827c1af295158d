// The command `fill`: a domain that makes memory of one node scarce, and what is left of it
// fragmented. It is a PV domain because Xen tells of those which machine frames they got, and
// because their memory needs no page tables, so the count is exact.

#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/domain.h"
#include "tests/lab/toolstack/frames.h"
#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODE_LAST 63
#define MIB_MAX (INT64_C(1) << 30)
#define ORDER_MAX 18
#define PAGES_PER_MIB 256

struct fill_options {
    int64_t node;
    int64_t mib;
    int64_t order;
    bool halve; // give back every second extent
};

static int fill_options_read(int argc, char **argv, struct fill_options *o, struct error *err) {
    static const struct option longs[] = {{"order", required_argument, NULL, 'o'},
                                          {"keep-every-second", no_argument, NULL, 'k'},
                                          {0}};
    int rc = argument_number(argc, argv, 1, "NODE", 0, NODE_LAST, &o->node, err);
    int c;

    if (rc == 0)
        rc = argument_number(argc, argv, 2, "MIB", 1, MIB_MAX, &o->mib, err);
    opterr = 0;
    optind = 3;
    while (rc == 0 && (c = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
        if (c == 'o')
            rc = option_number("order", optarg, 0, ORDER_MAX, &o->order, err);
        else if (c == 'k')
            o->halve = true;
        else
            rc = option_unknown(argv, optind, err);
    }
    if (rc == 0)
        rc = argument_end(argc, argv, optind, err);
    if (rc == 0 && o->mib * PAGES_PER_MIB % (INT64_C(1) << o->order) != 0)
        rc = error_set(err, EINVAL, "fill: %" PRId64 " MiB is no whole number of extents", o->mib);
    return rc;
}

// On failure f->nr says how many extents the domain got.
static int populate(struct toolstack *ts, struct frames *f, unsigned int node, struct error *err) {
    // One extent per call from 1 GiB on: Xen does not interrupt itself within an extent.
    const uint64_t batch = f->order < ORDER_MAX ? FRAMES_BATCH : 1;
    const uint64_t wanted = f->nr;

    for (uint64_t i = 0; i < wanted; i++)
        f->first[i] = i << f->order; // guest frames in, machine frames out
    f->nr = 0;
    while (f->nr < wanted) {
        uint64_t nr = wanted - f->nr < batch ? wanted - f->nr : batch;
        int got = xc_domain_populate_physmap(ts->xch, f->domid, nr, f->order,
                                             XENMEMF_exact_node(node), f->first + f->nr);

        if (got < 0)
            return error_set(err, errno, "xc_domain_populate_physmap: %s", strerror(errno));
        f->nr += (uint64_t)got;
        if ((uint64_t)got < nr)
            return error_set(err, ENOMEM,
                             "node %u gave only %" PRIu64 " of %" PRIu64 " extents of order %u",
                             node, f->nr, wanted, f->order);
    }
    return 0;
}

// Moves the extents with an even number by machine address to the front and returns how many they
// are. The buddy of each other one is even: when those are given back, no two of them can merge.
static uint64_t even_first(const struct frames *f) {
    uint64_t even = 0;

    for (uint64_t i = 0; i < f->nr; i++) {
        xen_pfn_t frame = f->first[i];

        if (frame >> f->order & 1)
            continue;
        f->first[i] = f->first[even];
        f->first[even++] = frame;
    }
    return even;
}

static int fill(struct toolstack *ts, struct frames *f, const struct fill_options *o,
                struct error *err) {
    uint64_t all = f->nr;
    int rc = populate(ts, f, (unsigned int)o->node, err);

    if (rc == 0 && o->halve) {
        uint64_t even = even_first(f);

        rc = frames_give_back(ts, f, even, err);
        f->nr = even;
    }
    if (rc == 0)
        rc = frames_save(f, err);
    if (rc == 0)
        printf("domid=%u\nkept_pages=%" PRIu64 "\ngiven_back_pages=%" PRIu64 "\n", f->domid,
               f->nr << f->order, (all - f->nr) << f->order);
    return rc;
}

static void discard(struct toolstack *ts, const struct frames *frames) {
    struct error later = {0}; // the first failure is the one to report

    frames_give_back(ts, frames, 0, &later);
    error_done(&later);
    lab_domain_discard(ts, frames->domid);
}

int command_fill(struct toolstack *ts, int argc, char **argv, struct error *err) {
    struct fill_options options = {.order = 9};
    struct frames frames = {0};
    int rc = fill_options_read(argc, argv, &options, err);

    if (rc < 0)
        return rc;
    frames.order = (unsigned int)options.order;
    frames.nr = (uint64_t)options.mib * PAGES_PER_MIB >> frames.order;
    frames.first = calloc(frames.nr, sizeof(*frames.first));
    if (!frames.first)
        return error_set(err, ENOMEM, "out of memory");
    rc = lab_domain_create_holder(ts, (uint64_t)options.mib, &frames.domid, err);
    if (rc == 0) {
        rc = fill(ts, &frames, &options, err);
        if (rc < 0)
            discard(ts, &frames);
    }
    free(frames.first);
    return rc;
}
