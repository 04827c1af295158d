// The command `drain`: takes a guest's memory from it while it lives. What a living domain gives
// back Xen does not scrub, so on an emulated host the memory is never touched: a large guest can go
// without taking its size of the machine below.

#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/domain.h"
#include "tests/lab/toolstack/frames.h"
#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SUPERPAGE 9
#define SPECIAL_PAGES 16 // that libxenguest adds to a guest's memory
#define VGA_HOLE 0xa0
#define VGA_HOLE_END 0xc0
#define LOW_END 0xf0000 // the usual hole below 4 GiB begins here
#define HIGH 0x100000

struct drain {
    struct toolstack *ts;
    uint32_t domid;
};

// Gives back the frames from `gfn` to `end` in extents of one order.
static int give_back(const struct drain *drain, uint64_t gfn, uint64_t end, unsigned order,
                     struct error *err) {
    while (gfn < end) {
        xen_pfn_t list[FRAMES_BATCH];
        unsigned nr = 0;

        for (; nr < FRAMES_BATCH && gfn < end; nr++, gfn += UINT64_C(1) << order)
            list[nr] = gfn;
        if (xc_domain_decrease_reservation_exact(drain->ts->xch, drain->domid, nr, order, list) < 0)
            return error_set(err, errno, "giving back memory at frame %#" PRIx64 ": %s",
                             (uint64_t)list[0], strerror(errno));
    }
    return 0;
}

// A part of the guest's memory whose end is a whole number of superpages, as MiB mostly are.
static int give_back_part(const struct drain *drain, uint64_t gfn, uint64_t end,
                          struct error *err) {
    uint64_t whole = end >> SUPERPAGE << SUPERPAGE;
    int rc = give_back(drain, gfn, whole, SUPERPAGE, err);

    return rc < 0 ? rc : give_back(drain, whole > gfn ? whole : gfn, end, 0, err);
}

static int drain_all(const struct drain *drain, uint64_t tot_pages, struct error *err) {
    const uint64_t end = tot_pages - SPECIAL_PAGES + (VGA_HOLE_END - VGA_HOLE);
    const uint64_t low_end = end < LOW_END ? end : LOW_END;
    int rc = give_back(drain, 0, VGA_HOLE, 0, err);

    if (rc == 0)
        rc = give_back(drain, VGA_HOLE_END, 1U << SUPERPAGE, 0, err);
    if (rc == 0)
        rc = give_back_part(drain, 1U << SUPERPAGE, low_end, err);
    if (rc == 0)
        rc = give_back_part(drain, HIGH, HIGH + end - low_end, err);
    return rc;
}

int command_drain(struct toolstack *ts, int argc, char **argv, struct error *err) {
    struct drain drain = {.ts = ts};
    xc_domaininfo_t info = {0};
    int rc = argument_domid(argc, argv, 1, &drain.domid, err);

    if (rc == 0)
        rc = argument_end(argc, argv, 2, err);
    if (rc == 0)
        rc = lab_domain_info(ts, drain.domid, &info, err);
    if (rc == -ESRCH)
        return error_set(err, ESRCH, "there is no domain %u", drain.domid);
    if (rc == 0 && info.tot_pages < 4 << SUPERPAGE)
        return error_set(err, EINVAL, "domain %u has no guest's memory", drain.domid);
    return rc < 0 ? rc : drain_all(&drain, info.tot_pages, err);
}
