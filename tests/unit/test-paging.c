// The turn of the paging pool against a Xen that keeps a list as Xen does: page tables and
// shrinking take from its head, growing adds at its tail, from the node that the domain prefers.

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <xenctrl.h>

#include "lib/memory/paging.h"
#include "lib/util/stop.h"
#include "tests/unit/unit.h"

#define DOMID 7
#define RING (1U << 22) // more pages than any pool here
#define MIB 256ULL      // pages
#define GIB (1024 * MIB)
#define OLD_NODE 1
#define NEW_NODE 2

// The pool and what has happened to it.
static struct {
    uint8_t node[RING]; // of the free pages, from `head` on
    uint64_t head, nr_free, in_use;
    uint64_t host_free;
    uint8_t prefers;
    bool no_bytes; // an older Xen
    uint64_t lowest;
    unsigned calls;
    unsigned fail_at, fail_code; // a call that is refused, and all later ones
    unsigned stop_at;            // a call during which a signal comes
    unsigned thief_at;           // a call after which somebody takes all that the host has
} xen;

static uint64_t size(void) {
    return xen.nr_free + xen.in_use;
}

static void start(uint64_t pages, uint64_t in_use) {
    memset(&xen, 0, sizeof(xen));
    xen.host_free = 100;
    xen.in_use = in_use;
    xen.nr_free = pages - in_use;
    memset(xen.node, OLD_NODE, xen.nr_free);
    xen.lowest = pages;
    xen.prefers = NEW_NODE;
}

static int fails(int code) {
    errno = code;
    return -1;
}

static int resize(uint64_t pages) {
    while (size() < pages) {
        if (xen.host_free == 0)
            return fails(ENOMEM);
        xen.host_free--;
        xen.node[(xen.head + xen.nr_free++) % RING] = xen.prefers;
    }
    while (size() > pages) {
        if (xen.nr_free == 0)
            return fails(ENOMEM);
        xen.nr_free--;
        xen.head = (xen.head + 1) % RING;
        xen.host_free++;
        if (size() < xen.lowest)
            xen.lowest = size();
    }
    return 0;
}

// Whether the call is to be answered: nothing is asked for another domain.
static bool admits(uint32_t domid) {
    ck_assert_uint_eq(domid, DOMID);
    xen.calls++;
    if (xen.calls == xen.stop_at)
        raise(SIGTERM);
    if (xen.fail_at == 0 || xen.calls < xen.fail_at)
        return true;
    fails((int)xen.fail_code);
    return false;
}

static int answer(int r) {
    if (xen.calls == xen.thief_at)
        xen.host_free = 0;
    return r;
}

// In the place of libxenctrl's.
int xc_shadow_control(xc_interface *xch, uint32_t domid, unsigned sop, unsigned *mb,
                      unsigned mode) {
    (void)xch;
    ck_assert_uint_eq(mode, 0);
    if (!admits(domid))
        return -1;
    if (sop == XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION) {
        *mb = (unsigned)((size() + MIB - 1) / MIB);
        return 0;
    }
    ck_assert_uint_eq(sop, XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION);
    return answer(resize((uint64_t)*mb * MIB));
}

int xc_get_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t *bytes) {
    (void)xch;
    if (!admits(domid))
        return -1;
    if (xen.no_bytes)
        return fails(ENOSYS);
    *bytes = size() * XC_PAGE_SIZE;
    return 0;
}

int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t bytes) {
    (void)xch;
    ck_assert_uint_eq(bytes % XC_PAGE_SIZE, 0);
    if (!admits(domid))
        return -1;
    return xen.no_bytes ? fails(ENOSYS) : answer(resize(bytes / XC_PAGE_SIZE));
}

const xc_error *xc_get_last_error(xc_interface *xch) {
    (void)xch;
    return NULL;
}

void xc_clear_last_error(xc_interface *xch) {
    (void)xch;
}

// Free pages of the pool that are not where they should be.
static uint64_t left_behind(void) {
    uint64_t nr = 0;

    for (uint64_t i = 0; i < xen.nr_free; i++)
        nr += xen.node[(xen.head + i) % RING] != NEW_NODE;
    return nr;
}

static void never_lacked_much(uint64_t pages) {
    uint64_t may = pages / 64 > 4 * MIB ? pages / 64 : 4 * MIB;

    ck_assert_uint_le(pages - xen.lowest, may);
}

static const struct {
    uint64_t pages, in_use;
    bool no_bytes;
} pools[] = {
    {0, 0, false},
    {1, 1, false},
    {MIB, 21, false},
    {MIB + 44, 21, false},
    {4 * MIB, 21, true},
    {4 * MIB + 1, 0, false},
    {5 * MIB, 21, true},
    {64 * MIB, 21, false},
    {64 * MIB, 63 * MIB + 100, false}, // nearly all of it in page tables: cannot shrink by a step
    {64 * MIB, 63 * MIB + 100, true},
    {64 * MIB, 64 * MIB, false},
    {319 * MIB, 21, true}, // the most calls: whole MiB to a step, and a large remainder
    {319 * MIB + 77, 21, false},
    {GIB, 513, true},
    {8 * GIB, 21, false}, // of a guest of 1 TiB
    {8 * GIB, 21, true},
    {8 * GIB - 1, GIB, false},
};

START_TEST(whole_turn) {
    uint64_t pages = pools[_i].pages;
    struct paging_turn turn = {0};
    struct error err = {0};

    start(pages, pools[_i].in_use);
    xen.no_bytes = pools[_i].no_bytes;
    ck_assert_int_eq(paging_turn(NULL, DOMID, &turn, &err), 0);
    ck_assert_int_eq(err.code, 0);
    ck_assert_uint_eq(left_behind(), 0);
    ck_assert_uint_eq(size(), pages);
    ck_assert_uint_eq(xen.in_use, pools[_i].in_use);
    never_lacked_much(pages);
    ck_assert_uint_le(xen.calls, 200);
    ck_assert_uint_eq(turn.calls, xen.calls);
    ck_assert_uint_eq(turn.pages, pages);
    ck_assert_uint_eq(turn.missing, 0);
    ck_assert_uint_eq(turn.by_page, !pools[_i].no_bytes);
}
END_TEST

// Where Xen knows MiB alone, it tells the size rounded up.
START_TEST(odd_size_in_mib) {
    struct paging_turn turn = {0};
    struct error err = {0};

    start(64 * MIB - 100, 21);
    xen.no_bytes = true;
    ck_assert_int_eq(paging_turn(NULL, DOMID, &turn, &err), 0);
    ck_assert_uint_eq(left_behind(), 0);
    ck_assert_uint_eq(size(), 64 * MIB);
}
END_TEST

// A signal ends it where nothing is missing. It also shows that only a full turn helps: the pages
// that have not been turned are those that the next page tables would be made of.
START_TEST(signal_between_steps) {
    struct paging_turn turn = {0};
    struct error err = {0};

    stop_init();
    start(64 * MIB, 21);
    xen.stop_at = 30 + (unsigned)_i; // while it shrinks, or grows
    ck_assert_int_eq(paging_turn(NULL, DOMID, &turn, &err), -EINTR);
    ck_assert_ptr_nonnull(strstr(err.text, "signal"));
    ck_assert_uint_eq(size(), 64 * MIB);
    ck_assert_uint_eq(turn.missing, 0);
    ck_assert_uint_gt(left_behind(), 0);
    ck_assert_uint_lt(left_behind(), xen.nr_free);
    ck_assert_uint_eq(xen.node[xen.head], OLD_NODE);
    error_done(&err);
}
END_TEST

// Somebody takes what the pool has just given back.
START_TEST(no_memory_to_grow) {
    struct paging_turn turn = {0};
    struct error err = {0};

    start(64 * MIB, 21);
    xen.no_bytes = _i;
    xen.thief_at = 10 + (unsigned)_i; // a call that shrinks
    ck_assert_int_eq(paging_turn(NULL, DOMID, &turn, &err), -ENOMEM);
    ck_assert_uint_eq(turn.pages, 64 * MIB);
    ck_assert_uint_eq(turn.missing, 4 * MIB);
    ck_assert_uint_eq(size(), 60 * MIB);
    error_done(&err);

    xen.prefers = OLD_NODE;
    ck_assert_int_eq(paging_restore(NULL, DOMID, &turn, &err), -ENOMEM);
    ck_assert_uint_eq(turn.missing, 4 * MIB);
    error_done(&err);
    xen.host_free = MIB;
    ck_assert_int_eq(paging_restore(NULL, DOMID, &turn, &err), -ENOMEM);
    ck_assert_uint_eq(turn.missing, 3 * MIB);
    error_done(&err);
    xen.host_free = 4 * MIB;
    ck_assert_int_eq(paging_restore(NULL, DOMID, &turn, &err), 0);
    ck_assert_uint_eq(turn.missing, 0);
    ck_assert_uint_eq(size(), 64 * MIB);
    ck_assert_uint_eq(turn.calls, xen.calls);

    xen.calls = 0;
    ck_assert_int_eq(paging_restore(NULL, DOMID, &turn, &err), 0);
    ck_assert_uint_eq(xen.calls, 0);
}
END_TEST

// dom0 filters the calls, from the first one on.
START_TEST(not_offered) {
    static const int codes[] = {ENOSYS, EOPNOTSUPP, EPERM};
    struct paging_turn turn = {0};
    struct error err = {0};

    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        start(64 * MIB, 21);
        xen.fail_at = 1;
        xen.fail_code = (unsigned)codes[i];
        ck_assert_int_eq(paging_turn(NULL, DOMID, &turn, &err), -codes[i]);
        ck_assert_ptr_nonnull(strstr(err.text, "paging pool"));
        ck_assert_uint_eq(turn.missing, 0);
        ck_assert_uint_eq(size(), 64 * MIB);
        error_done(&err);
    }
}
END_TEST

// Or only later ones, its question for the size after the failure too.
START_TEST(refused_midway) {
    struct paging_turn turn = {0};
    struct error err = {0};

    start(64 * MIB, 21);
    xen.fail_at = (unsigned)_i;
    xen.fail_code = EPERM;
    ck_assert_int_eq(paging_turn(NULL, DOMID, &turn, &err), -EPERM);
    ck_assert_uint_ge(turn.missing, 64 * MIB - size());
    ck_assert_uint_le(turn.missing, 4 * MIB);
    error_done(&err);
    xen.fail_at = 0;
    ck_assert_int_eq(paging_restore(NULL, DOMID, &turn, &err), 0);
    ck_assert_uint_eq(size(), 64 * MIB);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("paging");

    tcase_add_loop_test(tcase, whole_turn, 0, ARRAY_SIZE(pools));
    tcase_add_test(tcase, odd_size_in_mib);
    tcase_add_loop_test(tcase, signal_between_steps, 0, 2);
    tcase_add_loop_test(tcase, no_memory_to_grow, 0, 2);
    tcase_add_test(tcase, not_offered);
    tcase_add_loop_test(tcase, refused_midway, 2, 12);
    return unit_run("paging", tcase);
}
