// Frames that arrive one by one, against a Xen that has so many free pages on each node and a limit
// for the domain. Whatever arrives, in whatever order: in the end the domain has what has arrived
// and nothing else, each frame from the node that it is planned on as long as that has memory, in
// whole extents wherever all of an extent has arrived.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>

#include "lib/placement/arrive.h"
#include "tests/unit/prng.h"
#include "tests/unit/unit.h"

#define DOMID 7
#define NODES 3
#define BLOCK UINT64_C(512)
#define GIB (512 * BLOCK)
#define FRAMES (3 * GIB)
#define NOT_THERE 0xff
#define BATCH 1024U

static struct {
    uint8_t node[FRAMES]; // of each frame's page
    uint8_t order[FRAMES];
    uint64_t free_pages[NODES];
    uint64_t tot_pages, max_pages;
    unsigned calls;
    uint64_t most_pages; // that the domain had at a time
    uint64_t claimed;    // by the domain, and not allocated yet
    bool greedy;         // others take all that nobody has claimed
    uint64_t pool;       // pages that can still be mapped, if there is a limit
    bool pool_limited;
    unsigned keep; // of each call that gives back: extents that Xen does not take
} xen;

// For each frame: Check tells its parent of each assertion that it comes to, which takes longer
// than all of these.
#define MUST(what, frame)                                                                          \
    do {                                                                                           \
        if (!(what))                                                                               \
            ck_abort_msg("frame %#lx: not %s", (unsigned long)(frame), #what);                     \
    } while (0)

static bool arrived[FRAMES];
static uint64_t frames = FRAMES; // of them this test uses the first so many

// --- Xen ---

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned max, xc_domaininfo_t *info) {
    (void)xch;
    (void)max;
    memset(info, 0, sizeof(*info));
    info->domain = (domid_t)first;
    info->tot_pages = xen.tot_pages;
    info->max_pages = xen.max_pages;
    info->outstanding_pages = xen.claimed;
    return 1;
}

static uint64_t all_free(void) {
    uint64_t pages = 0;

    for (unsigned node = 0; node < NODES; node++)
        pages += xen.free_pages[node];
    return pages;
}

int xc_domain_claim_pages(xc_interface *xch, uint32_t domid, unsigned long pages) {
    (void)xch;
    (void)domid;
    ck_assert(!pages || !xen.claimed);
    errno = ENOMEM;
    if (pages && pages - xen.tot_pages > all_free())
        return -1;
    xen.claimed = pages ? pages - xen.tot_pages : 0;
    return 0;
}

static void take_unclaimed(void) {
    uint64_t pages = all_free() - xen.claimed;

    for (unsigned node = 0; node < NODES && xen.greedy; node++) {
        uint64_t take = pages < xen.free_pages[node] ? pages : xen.free_pages[node];

        xen.free_pages[node] -= take;
        pages -= take;
    }
}

// The node that has room, or NOT_THERE.
static uint8_t node_for(unsigned flags, uint64_t pages) {
    unsigned named = (flags >> 8 & 0xff) - 1;

    if (xen.tot_pages + pages > xen.max_pages)
        return NOT_THERE;
    if (flags & XENMEMF_exact_node_request)
        return xen.free_pages[named] >= pages ? (uint8_t)named : NOT_THERE;
    for (uint8_t node = 0; node < NODES; node++) {
        if (xen.free_pages[node] >= pages)
            return node;
    }
    return NOT_THERE;
}

int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid, unsigned long nr, unsigned order,
                               unsigned flags, xen_pfn_t *gfns) {
    uint64_t pages = 1UL << order;

    (void)xch;
    ck_assert_uint_eq(domid, DOMID);
    xen.calls++;
    take_unclaimed();
    for (unsigned long i = 0; i < nr; i++) {
        uint8_t node = node_for(flags, pages);

        if (node == NOT_THERE)
            return (int)i;
        MUST(gfns[i] % pages == 0 && gfns[i] + pages <= frames, gfns[i]);
        xen.claimed -= pages < xen.claimed ? pages : xen.claimed;
        // Not mapped, but the domain's all the same.
        if (xen.pool_limited && xen.pool < pages) {
            xen.tot_pages += pages;
            return (int)i;
        }
        xen.pool -= pages;
        for (uint64_t gfn = gfns[i]; gfn < gfns[i] + pages; gfn++) {
            MUST(xen.node[gfn] == NOT_THERE, gfn);
            xen.node[gfn] = node;
            xen.order[gfn] = (uint8_t)order;
        }
        xen.free_pages[node] -= pages;
        xen.tot_pages += pages;
        if (xen.tot_pages > xen.most_pages)
            xen.most_pages = xen.tot_pages;
    }
    return (int)nr;
}

// Xen splits an extent that loses a page.
static void split(uint64_t gfn) {
    uint64_t pages = 1UL << xen.order[gfn], first = gfn / pages * pages;

    for (uint64_t i = first; i < first + pages; i++)
        xen.order[i] = pages == GIB && i / BLOCK != gfn / BLOCK ? 9 : 0;
}

int xc_domain_decrease_reservation(xc_interface *xch, uint32_t domid, unsigned long nr,
                                   unsigned order, xen_pfn_t *gfns) {
    (void)xch;
    MUST(domid == DOMID, gfns[0]);
    nr -= xen.keep < nr ? xen.keep : nr;
    for (unsigned long i = 0; i < nr; i++) {
        for (uint64_t gfn = gfns[i]; gfn < gfns[i] + (1UL << order); gfn++) {
            ck_assert_msg(xen.node[gfn] != NOT_THERE, "frame %#lx is not there",
                          (unsigned long)gfn);
            ck_assert_msg(!arrived[gfn], "frame %#lx is the guest's", (unsigned long)gfn);
            split(gfn);
            xen.free_pages[xen.node[gfn]]++;
            xen.node[gfn] = NOT_THERE;
            xen.tot_pages--;
        }
    }
    return (int)nr;
}

// --- a guest ---

static struct {
    struct pieces pieces;
    struct piece piece[16];
    struct range range[4];
    struct ranges ranges;
    struct range hole;
    struct policy policy;
    struct reservation reservation;
    struct arriving arriving;
} guest;

static void start(uint64_t each_node, uint64_t max_pages) {
    memset(xen.node, NOT_THERE, sizeof(xen.node));
    for (unsigned node = 0; node < NODES; node++) {
        xen.free_pages[node] = each_node;
        nodelist_add(&guest.reservation.plan.preferred, node);
    }
    xen.max_pages = max_pages;
    guest.pieces.list = guest.piece;
    guest.ranges.list = guest.range;
}

static void add_range(uint64_t gfn, uint64_t pages) {
    guest.range[guest.ranges.nr++] = (struct range){gfn, pages};
}

static void add_piece(int node, uint64_t gfn, uint64_t pages) {
    guest.piece[guest.pieces.nr++] =
        (struct piece){.node = node, .gfn = gfn, .run_pages = pages, .nr_runs = 1};
}

static void begin(uint64_t limit_pages) {
    struct error err = {0};

    guest.reservation.plan.pieces = guest.pieces;
    ck_assert_int_eq(arrive_begin(&guest.arriving, NULL, DOMID, &guest.reservation, &guest.policy,
                                  &guest.ranges, guest.hole, limit_pages, &err),
                     0);
}

static int arrive(const xen_pfn_t *gfns, size_t nr) {
    struct error err = {0};
    int rc;

    for (size_t i = 0; i < nr; i++)
        arrived[gfns[i]] = true;
    rc = arrive_populate(&guest.arriving, gfns, nr, &err);
    error_done(&err);
    return rc;
}

static int arrive_run(uint64_t gfn, uint64_t pages) {
    xen_pfn_t gfns[BATCH];
    int rc = 0;

    while (pages && !rc) {
        size_t nr = pages < BATCH ? pages : BATCH;

        for (size_t i = 0; i < nr; i++)
            gfns[i] = gfn + i;
        rc = arrive(gfns, nr);
        gfn += nr;
        pages -= nr;
    }
    return rc;
}

static uint64_t larger(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

// The node of the piece that has the frame; of a block that is in no piece and may be the guest's,
// the first; -1: none.
static int planned_node(uint64_t gfn) {
    uint64_t block = gfn / BLOCK * BLOCK, may_end = 0, end = 0;
    bool touched = false;

    for (size_t i = 0; i < guest.pieces.nr; i++) {
        const struct piece *piece = &guest.piece[i];

        if (gfn >= piece->gfn && gfn - piece->gfn < piece->run_pages)
            return piece->node;
        end = larger(end, piece->gfn + piece->run_pages);
        touched |= piece->gfn < block + BLOCK && block < piece->gfn + piece->run_pages;
    }
    if (guest.ranges.nr)
        may_end = guest.range[guest.ranges.nr - 1].gfn + guest.range[guest.ranges.nr - 1].nr_pages;
    if (!touched && block >= larger(may_end, end))
        return range_overlap((struct range){block, BLOCK}, guest.hole).nr_pages ? -1 : 0;
    return !touched && block + BLOCK <= may_end ? 0 : -1;
}

static void count_true(const struct placement *placement) {
    for (unsigned node = 0; node < NODES; node++) {
        struct extent_counts counts = {0};

        for (uint64_t gfn = 0; gfn < frames; gfn++) {
            if (xen.node[gfn] == node && gfn % (1UL << xen.order[gfn]) == 0 &&
                planned_node(gfn) >= 0)
                counts.extents[xen.order[gfn] == 18  ? EXTENT_1G
                               : xen.order[gfn] == 9 ? EXTENT_2M
                                                     : EXTENT_4K]++;
        }
        for (int size = 0; size < EXTENT_NR_SIZES; size++)
            ck_assert_uint_eq(placement->node[node].extents[size], counts.extents[size]);
    }
}

// Ends it: what has arrived is there, and nothing else. Returns where it is.
static struct placement end(void) {
    struct placement placement;

    ck_assert_uint_eq(arrive_end(&guest.arriving, &placement), 0);
    for (uint64_t gfn = 0; gfn < frames; gfn++)
        MUST(arrived[gfn] == (xen.node[gfn] != NOT_THERE), gfn);
    arrive_done(&guest.arriving);
    return placement;
}

// A guest as a build makes it: the first 2 MiB with a hole, RAM on two nodes.
static void usual(void) {
    add_range(0, 0xa0);
    add_range(0xc0, 2 * GIB - 0xc0);
    add_piece(1, 0, 0xa0);
    add_piece(1, 0xc0, GIB + 4 * BLOCK - 0xc0);
    add_piece(2, GIB + 4 * BLOCK, GIB - 4 * BLOCK);
}

START_TEST(whole) {
    struct placement placement;

    start(4 * GIB, 4 * GIB);
    usual();
    begin(4 * GIB);
    ck_assert_int_eq(arrive_run(0, 0xa0), 0);
    ck_assert_int_eq(arrive_run(0xc0, 2 * GIB - 0xc0), 0);
    placement = end();
    count_true(&placement);
    ck_assert_uint_eq(placement.node[1].extents[EXTENT_2M], 511 + 4);
    ck_assert_uint_eq(placement.node[1].extents[EXTENT_4K], 512 - 32);
    ck_assert_uint_eq(placement.node[2].extents[EXTENT_2M], 508);
    ck_assert_uint_eq(placement_pages(&placement), 2 * GIB - 32);
    // No more than libxenguest would have asked by itself, in batches of so many.
    ck_assert_uint_le(xen.calls, 2 * GIB / BATCH + 3);
}
END_TEST

START_TEST(giant) {
    struct placement placement;

    start(4 * GIB, 4 * GIB);
    add_range(0, 2 * GIB);
    add_piece(1, 0, 2 * GIB);
    begin(4 * GIB);
    ck_assert_int_eq(arrive_run(0, GIB), 0);
    ck_assert_int_eq(arrive_run(GIB + 5, 3), 0);
    ck_assert_int_eq(arrive_run(GIB + 9 * BLOCK, BLOCK), 0);
    placement = end();
    count_true(&placement);
    ck_assert_uint_eq(placement.node[1].extents[EXTENT_1G], 1);
    ck_assert_uint_eq(placement.node[1].extents[EXTENT_2M], 1);
    ck_assert_uint_eq(placement.node[1].extents[EXTENT_4K], 3);
}
END_TEST

// Frames that are in no plan: pages shared with Xen below 4 GiB. A superpage of them stays one.
START_TEST(unplanned) {
    struct placement placement;

    start(4 * GIB, 4 * GIB);
    add_range(0, GIB);
    add_piece(2, 0, GIB);
    guest.reservation.plan.preferred = (struct nodelist){.nr = 1, .node = {2}};
    guest.hole = (struct range){2 * GIB, GIB};
    begin(4 * GIB);
    ck_assert_int_eq(arrive_run(2 * GIB + 7, 16), 0);
    ck_assert_int_eq(arrive_run(2 * GIB + 4 * BLOCK, BLOCK), 0);
    ck_assert_int_eq(arrive_run(2 * GIB + 7, 16), 0);
    ck_assert_int_eq(arrive_run(0, GIB), 0);
    ck_assert_uint_eq(xen.node[2 * GIB + 7], 2);
    ck_assert_uint_eq(xen.order[2 * GIB + 4 * BLOCK], 9);
    placement = end();
    ck_assert_uint_eq(placement.node[2].extents[EXTENT_1G], 1);
    ck_assert_uint_eq(placement_pages(&placement), GIB);
    ck_assert_uint_eq(xen.tot_pages, GIB + 16 + BLOCK);
}
END_TEST

// What none of the plan's nodes has of them comes from anywhere, and that is told.
START_TEST(stray) {
    struct placement placement;

    start(4 * GIB, 4 * GIB);
    xen.free_pages[1] = BLOCK + 6;
    add_range(0, BLOCK);
    add_piece(1, 0, BLOCK);
    guest.reservation.plan.preferred = (struct nodelist){.nr = 1, .node = {1}};
    guest.hole = (struct range){2 * GIB, GIB};
    begin(4 * GIB);
    ck_assert_int_eq(arrive_run(0, BLOCK), 0);
    ck_assert_int_eq(arrive_run(2 * GIB + 7, 16), 0);
    placement = end();
    ck_assert_uint_eq(placement.nodeless.extents[EXTENT_4K], 10);
}
END_TEST

// What extents took in excess is given back before such frames take the domain beyond its limit.
START_TEST(unplanned_at_limit) {
    start(4 * GIB, 4 * GIB);
    add_range(0, 8 * BLOCK);
    add_piece(1, 0, 8 * BLOCK);
    guest.hole = (struct range){2 * GIB, GIB};
    begin(4 * BLOCK);
    ck_assert_int_eq(arrive_run(0, 1), 0);
    ck_assert_uint_eq(xen.tot_pages, 4 * BLOCK);
    ck_assert_int_eq(arrive_run(2 * GIB, 16), 0);
    end();
    ck_assert_uint_eq(xen.most_pages, 4 * BLOCK);
}
END_TEST

// A guest that had given memory back when it was saved has frames behind all that it is to have.
START_TEST(beyond_layout) {
    struct placement placement;

    start(4 * GIB, 4 * GIB);
    add_range(0, GIB / 2);
    add_piece(1, 0, GIB / 2);
    guest.reservation.plan.preferred = (struct nodelist){.nr = 1, .node = {1}};
    guest.reservation.plan.node_pages[1] = GIB / 2;
    begin(GIB / 2);
    ck_assert_int_eq(arrive_run(GIB + GIB / 2 + 7, GIB / 4), 0);
    ck_assert_int_eq(arrive_run(0, GIB / 8), 0);
    placement = end();
    count_true(&placement);
    ck_assert_uint_eq(placement.node[1].extents[EXTENT_2M], 64 + 127);
    ck_assert_uint_eq(placement_pages(&placement), GIB / 4 + GIB / 8);
    // No more than libxenguest would have asked by itself, but for what the limit takes.
    ck_assert_uint_le(xen.calls, (GIB / 4 + GIB / 8) / BATCH + 3);
}
END_TEST

START_TEST(beyond_layout_strict) {
    start(4 * GIB, 4 * GIB);
    xen.free_pages[1] = 10 * BLOCK;
    add_range(0, 20 * BLOCK);
    add_piece(1, 0, 20 * BLOCK);
    guest.reservation.plan.preferred = (struct nodelist){.nr = 1, .node = {1}};
    begin(20 * BLOCK);
    ck_assert_int_eq(arrive_run(GIB, 11 * BLOCK), -ENOMEM);
    ck_assert_uint_eq(xen.free_pages[0], 4 * GIB);
    arrive_done(&guest.arriving);
}
END_TEST

// Frame numbers that no guest has take neither memory of this process nor its time.
START_TEST(absurd) {
    struct error err = {0};
    xen_pfn_t gfn = 1UL << 29; // at 2 TiB

    start(4 * GIB, 0);
    add_range(0, BLOCK);
    add_piece(1, 0, BLOCK);
    begin(BLOCK);
    ck_assert_int_eq(arrive_populate(&guest.arriving, &gfn, 1, &err), -ENOMEM);
    error_done(&err);
    ck_assert_uint_eq(guest.arriving.arrivals.nr_blocks, 1);
    arrive_done(&guest.arriving);
}
END_TEST

// A guest of two nodes has given half of its memory back: which half is not known before.
START_TEST(ballooned) {
    const uint64_t half = GIB / 2;
    struct placement placement;

    start(4 * GIB, 4 * GIB);
    add_range(0, 2 * GIB);
    add_piece(1, 0, half);
    add_piece(2, half, half);
    guest.reservation.plan.node_pages[1] = guest.reservation.plan.node_pages[2] = half;
    begin(GIB);
    ck_assert_int_eq(arrive_run(GIB, GIB), 0);
    placement = end();
    count_true(&placement);
    for (unsigned node = 1; node < 3; node++) {
        ck_assert_uint_ge(placement.node[node].extents[EXTENT_2M], 256 - 16);
        ck_assert_uint_le(placement.node[node].extents[EXTENT_2M], 256 + 16);
    }
    ck_assert_uint_eq(placement_pages(&placement), GIB);
}
END_TEST

// Others take all that is free and not claimed: also what this guest gives back for a moment.
START_TEST(claimed) {
    const unsigned blocks = 64;
    const uint64_t pages = blocks * (BLOCK - 1);

    start(0, pages);
    xen.free_pages[1] = xen.claimed = pages;
    xen.greedy = true;
    add_range(0, blocks * BLOCK);
    add_piece(1, 0, blocks * BLOCK);
    guest.reservation.domid = DOMID;
    guest.reservation.claim = CLAIM_HOST;
    guest.reservation.account.entry.node_pages[1] = pages;
    begin(pages);
    for (unsigned i = 0; i < blocks; i++)
        ck_assert_int_eq(arrive_run(i * BLOCK + 1, BLOCK - 1), 0);
    end();
    ck_assert_uint_eq(xen.tot_pages, pages);
    ck_assert_uint_eq(xen.claimed, 0);
    ck_assert_uint_eq(guest.reservation.account.entry.node_pages[1], 0);
}
END_TEST

// Xen allocates an extent and cannot map it: it is the domain's, and trying again loses another.
START_TEST(paging_pool) {
    start(4 * GIB, 4 * GIB);
    add_range(0, 64 * BLOCK);
    add_piece(1, 0, 64 * BLOCK);
    xen.pool_limited = true;
    xen.pool = 20 * BLOCK;
    begin(4 * GIB);
    ck_assert_int_eq(arrive_run(0, 64 * BLOCK), -ENOSPC);
    // The call that comes to it, and its repetition.
    ck_assert_uint_le(xen.tot_pages, 22 * BLOCK);
    arrive_done(&guest.arriving);
}
END_TEST

// Pages that Xen does not take back are the guest's, and are told in all.
START_TEST(kept) {
    struct placement placement;
    uint64_t nr;

    start(4 * GIB, 4 * GIB);
    add_range(0, 16 * BLOCK);
    add_piece(1, 0, 16 * BLOCK);
    begin(8 * BLOCK);
    xen.keep = 3;
    for (unsigned i = 0; i < 10; i++)
        ck_assert_int_eq(arrive_run(i * BLOCK, BLOCK / 2), 0);
    // One that arrives after all is there.
    ck_assert_int_eq(arrive_run(BLOCK - 3, 3), 0);
    nr = arrive_end(&guest.arriving, &placement);
    ck_assert_uint_gt(nr, 3);
    ck_assert_uint_eq(xen.tot_pages, 10 * BLOCK / 2 + nr);
    ck_assert_uint_eq(placement_pages(&placement), xen.tot_pages);
    count_true(&placement);
    arrive_done(&guest.arriving);
}
END_TEST

// The node planned is short: the rest comes from the others, in superpages.
START_TEST(short_node) {
    struct placement placement;

    start(4 * GIB, 4 * GIB);
    xen.free_pages[1] = 100 * BLOCK + 7;
    add_range(0, GIB);
    add_piece(1, 0, GIB);
    begin(4 * GIB);
    ck_assert_int_eq(arrive_run(0, GIB), 0);
    placement = end();
    count_true(&placement);
    ck_assert_uint_eq(placement.node[1].extents[EXTENT_2M], 100);
    ck_assert_uint_eq(placement.node[1].extents[EXTENT_4K], 7);
    ck_assert_uint_eq(placement.node[0].extents[EXTENT_2M], 512 - 101);
    ck_assert_uint_eq(placement.node[0].extents[EXTENT_4K], 512 - 7);
}
END_TEST

// With strict there is no other node.
START_TEST(strict) {
    start(4 * GIB, 4 * GIB);
    xen.free_pages[1] = 100 * BLOCK;
    guest.reservation.plan.preferred = (struct nodelist){.nr = 1, .node = {1}};
    add_range(0, GIB);
    add_piece(1, 0, GIB);
    begin(4 * GIB);
    ck_assert_int_eq(arrive_run(0, 101 * BLOCK), -ENOMEM);
    arrive_done(&guest.arriving);
}
END_TEST

// Every block has a hole, and the limit leaves no room for one page more than the guest has.
START_TEST(tight) {
    const unsigned blocks = 1024;
    const uint64_t pages = blocks * (BLOCK - 1);
    struct placement placement;

    start(4 * GIB, pages);
    add_range(0, blocks * BLOCK);
    add_piece(1, 0, blocks * BLOCK);
    begin(pages);
    for (unsigned i = 0; i < blocks; i++)
        ck_assert_int_eq(arrive_run(i * BLOCK + 1, BLOCK - 1), 0);
    placement = end();
    count_true(&placement);
    ck_assert_uint_eq(xen.tot_pages, pages);
}
END_TEST

// The limit is too tight for extents, and there is a page late for one that was given back.
START_TEST(late) {
    struct placement placement;

    start(4 * GIB, 3 * BLOCK);
    add_range(0, 8 * BLOCK);
    add_piece(1, 0, 8 * BLOCK);
    begin(3 * BLOCK);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_int_eq(arrive_run(i * BLOCK, BLOCK / 4), 0);
    ck_assert_int_eq(arrive_run(BLOCK - 2, 2), 0);
    ck_assert_int_eq(arrive_run(8 * BLOCK - 2, 2), 0);
    placement = end();
    count_true(&placement);
    ck_assert_uint_eq(placement_pages(&placement), 8 * BLOCK / 4 + 4);
}
END_TEST

// All that the guest does not have lies between two frames that come together.
START_TEST(room_between) {
    const xen_pfn_t around[] = {0, 4 * BLOCK};

    start(4 * GIB, 3 * BLOCK);
    add_range(0, 8 * BLOCK);
    add_piece(1, 0, 8 * BLOCK);
    begin(3 * BLOCK);
    for (unsigned i = 1; i <= 3; i++)
        ck_assert_int_eq(arrive_run(i * BLOCK, 1), 0);
    ck_assert_uint_eq(xen.tot_pages, 3 * BLOCK);
    ck_assert_int_eq(arrive(around, 2), 0);
    end();
    ck_assert_uint_eq(xen.tot_pages, 5);
}
END_TEST

START_TEST(beyond_limit) {
    start(4 * GIB, BLOCK);
    add_range(0, 8 * BLOCK);
    add_piece(1, 0, 8 * BLOCK);
    begin(BLOCK);
    ck_assert_int_eq(arrive_run(0, 4 * BLOCK), -ENOMEM);
    arrive_done(&guest.arriving);
}
END_TEST

// --- anything ---

// Pieces of random sizes on random nodes, some with holes between them.
static void draw_guest(struct prng *prng) {
    uint64_t gfn = 0;

    for (unsigned i = 0; i < 1 + prng_below(prng, 6); i++) {
        uint64_t pages = prng_below(prng, 4) ? BLOCK * (1 + prng_below(prng, 40))
                                             : 1 + prng_below(prng, 20 * BLOCK);

        gfn += prng_below(prng, 3) ? 0 : prng_below(prng, 700);
        add_piece((int)prng_below(prng, NODES), gfn, pages);
        gfn += pages;
    }
    if (prng_below(prng, 2))
        add_range(0, gfn + prng_below(prng, 8 * BLOCK));
}

static uint64_t end_of_guest(void) {
    const struct piece *last = &guest.piece[guest.pieces.nr - 1];

    return last->gfn + last->run_pages + 3 * BLOCK;
}

// Whether all of the block is planned on that node.
static bool planned_whole(uint64_t block, int *node) {
    for (size_t i = 0; i < guest.pieces.nr; i++) {
        const struct piece *piece = &guest.piece[i];

        *node = piece->node;
        if (piece->gfn <= block * BLOCK && (block + 1) * BLOCK <= piece->gfn + piece->run_pages)
            return true;
    }
    return false;
}

static bool all_arrived(uint64_t block) {
    for (unsigned i = 0; i < BLOCK; i++) {
        if (!arrived[block * BLOCK + i])
            return false;
    }
    return true;
}

// Names frames in runs, with holes, out of order now and then, some twice. At most `most` of them.
static int draw_stream(struct prng *prng, uint64_t most) {
    uint64_t limit = end_of_guest(), gfn = 0, nr = 0;
    bool holes = prng_below(prng, 2);
    int rc = 0;

    while (gfn < limit && nr < most && !rc) {
        uint64_t pages = 1 + prng_below(prng, holes ? 300 : 5 * BLOCK);

        if (pages > limit - gfn)
            pages = limit - gfn;
        if (pages > most - nr)
            pages = most - nr;
        rc = arrive_run(gfn, pages);
        nr += pages;
        gfn += pages;
        if (!rc && holes && !prng_below(prng, 8) && gfn > 40 && arrived[gfn - 40] &&
            planned_node(gfn - 40) >= 0)
            rc = arrive_run(gfn - 40, 1);
        if (holes)
            gfn += prng_below(prng, 200);
    }
    return rc;
}

START_TEST(random_streams) {
    struct prng prng = {.state = (uint64_t)_i};
    struct placement placement;
    uint64_t most = UINT64_MAX, limit = 4 * GIB;

    frames = 280 * BLOCK;
    start(4 * GIB, 4 * GIB);
    draw_guest(&prng);
    if (prng_below(&prng, 2))
        guest.hole = (struct range){end_of_guest() - 2 * BLOCK, 4 * BLOCK};
    if (_i % 2) {
        most = 1 + prng_below(&prng, (unsigned)end_of_guest());
        limit = most + prng_below(&prng, 2 * BLOCK);
        xen.max_pages = _i % 4 == 1 ? limit : 4 * GIB;
    }
    begin(limit);
    ck_assert_int_eq(draw_stream(&prng, most), 0);
    placement = end();
    count_true(&placement);
    // Beyond what is reserved go at most the small pages of one call.
    ck_assert_uint_le(xen.most_pages, limit + (_i % 4 == 3 ? BATCH : 0));
    for (uint64_t gfn = 0; gfn < end_of_guest(); gfn++) {
        int node = planned_node(gfn);

        if (arrived[gfn] && node >= 0)
            MUST(xen.node[gfn] == node, gfn);
    }
    // Where the limit does not matter, what can be a superpage is one.
    for (uint64_t block = 0; block < end_of_guest() / BLOCK && !(_i % 2); block++) {
        int node;

        if (planned_whole(block, &node) && all_arrived(block))
            MUST(xen.order[block * BLOCK] >= 9, block * BLOCK);
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("arrive");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, whole);
    tcase_add_test(tcase, giant);
    tcase_add_test(tcase, unplanned);
    tcase_add_test(tcase, stray);
    tcase_add_test(tcase, unplanned_at_limit);
    tcase_add_test(tcase, beyond_layout);
    tcase_add_test(tcase, beyond_layout_strict);
    tcase_add_test(tcase, absurd);
    tcase_add_test(tcase, ballooned);
    tcase_add_test(tcase, claimed);
    tcase_add_test(tcase, paging_pool);
    tcase_add_test(tcase, kept);
    tcase_add_test(tcase, short_node);
    tcase_add_test(tcase, strict);
    tcase_add_test(tcase, tight);
    tcase_add_test(tcase, late);
    tcase_add_test(tcase, room_between);
    tcase_add_test(tcase, beyond_limit);
    tcase_add_loop_test(tcase, random_streams, 0, 28);
    return unit_run("arrive", tcase);
}
