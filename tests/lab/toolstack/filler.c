// The command `fill`: a domain that makes memory of one node scarce, and what is left of it
// fragmented. It is a PV domain because Xen tells of those which machine frames they got, and
// because their memory needs no page tables, so the count is exact.

#include "lib/util/cleanup.h"
#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/domain.h"
#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#define NODE_LAST 63
#define MIB_MAX (INT64_C(1) << 30)
#define ORDER_MAX 18
#define PAGES_PER_MIB 256
#define BATCH 510 // what libxencall does from its cache of buffers (facts, section 1.8)

struct fill_options {
    int64_t node;
    int64_t mib;
    int64_t order;
    bool halve; // give back every second extent
};

struct filler {
    struct toolstack *ts;
    uint32_t domid;
    unsigned int order;
    uint64_t nr;       // extents
    xen_pfn_t *frames; // first machine frame of each
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

static int filler_populate(struct filler *f, unsigned int node, struct error *err) {
    // One extent per call from 1 GiB on: Xen does not interrupt itself within an extent.
    uint64_t batch = f->order < ORDER_MAX ? BATCH : 1;
    uint64_t done = 0;

    for (uint64_t i = 0; i < f->nr; i++)
        f->frames[i] = i << f->order; // guest frames in, machine frames out
    while (done < f->nr) {
        uint64_t nr = f->nr - done < batch ? f->nr - done : batch;
        int got = xc_domain_populate_physmap(f->ts->xch, f->domid, nr, f->order,
                                             XENMEMF_exact_node(node), f->frames + done);

        if (got < 0)
            return error_set(err, errno, "xc_domain_populate_physmap: %s", strerror(errno));
        done += (uint64_t)got;
        if ((uint64_t)got < nr)
            return error_set(err, ENOMEM,
                             "node %u gave only %" PRIu64 " of %" PRIu64 " extents of order %u",
                             node, done, f->nr, f->order);
    }
    return 0;
}

// Gives back the extents with an odd number by machine address. The buddy of each is even, so it is
// kept, and no two of the freed ones can merge.
static int filler_halve(struct filler *f, uint64_t *ret_given, struct error *err) {
    uint64_t odd = 0;
    uint64_t given = 0;

    for (uint64_t i = 0; i < f->nr; i++) {
        if (f->frames[i] >> f->order & 1)
            f->frames[odd++] = f->frames[i];
    }
    while (given < odd) {
        uint64_t nr = odd - given < BATCH ? odd - given : BATCH;

        if (xc_domain_decrease_reservation_exact(f->ts->xch, f->domid, nr, f->order,
                                                 f->frames + given) < 0)
            return error_set(err, errno, "xc_domain_decrease_reservation: %s", strerror(errno));
        given += nr;
    }
    *ret_given = given;
    return 0;
}

static int fill(struct filler *f, const struct fill_options *o, struct error *err) {
    uint64_t given = 0;
    int rc = filler_populate(f, (unsigned int)o->node, err);

    if (rc == 0 && o->halve)
        rc = filler_halve(f, &given, err);
    if (rc < 0)
        return rc;
    printf("domid=%u\nkept_pages=%" PRIu64 "\ngiven_back_pages=%" PRIu64 "\n", f->domid,
           (f->nr - given) << f->order, given << f->order);
    return 0;
}

int command_fill(struct toolstack *ts, int argc, char **argv, struct error *err) {
    struct fill_options options = {.order = 9};
    CLEANUP(cleanup_free) xen_pfn_t *frames = NULL;
    struct filler filler = {.ts = ts};
    int rc = fill_options_read(argc, argv, &options, err);

    if (rc < 0)
        return rc;
    filler.order = (unsigned int)options.order;
    filler.nr = (uint64_t)options.mib * PAGES_PER_MIB >> filler.order;
    filler.frames = frames = calloc(filler.nr, sizeof(*frames));
    if (!frames)
        return error_set(err, ENOMEM, "out of memory");
    rc = lab_domain_create_holder(ts, (uint64_t)options.mib, &filler.domid, err);
    if (rc < 0)
        return rc;
    rc = fill(&filler, &options, err);
    if (rc < 0) {
        struct error later = {0};

        lab_domain_destroy(ts, filler.domid, &later);
        error_done(&later);
    }
    return rc;
}
