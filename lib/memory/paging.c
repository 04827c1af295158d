// Xen keeps the pool's free pages in a list. Page tables take from its head, and so does giving
// pages back; what the pool gets, from the nodes that the domain prefers at that moment, goes to
// its tail. Hence nothing less than the whole list helps: as long as one old page is left, it is
// at the head, and the next table is made of it.
//
// The pool is not emptied at once, since in between others could take what it has given back. It
// loses a small part and gets as much, again and again, until as many pages as it has have gone.
// Between two steps it has its full size, and there it can be left.

#include "lib/memory/paging.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/util/stop.h"
#include "lib/util/xen.h"
#include "probe.h"

#define PAGES_PER_MIB 256U

struct pool {
    xc_interface *xch;
    uint32_t domid;
    struct paging_turn *turn;
};

// The size in bytes is known to newer libraries alone.
#if HAVE_PAGING_MEMPOOL_SIZE
static int bytes_read(xc_interface *xch, uint32_t domid, uint64_t *ret) {
    return xc_get_paging_mempool_size(xch, domid, ret);
}

static int bytes_set(xc_interface *xch, uint32_t domid, uint64_t bytes) {
    return xc_set_paging_mempool_size(xch, domid, bytes);
}
#else
static int bytes_read(xc_interface *xch, uint32_t domid, uint64_t *ret) {
    (void)xch;
    (void)domid;
    (void)ret;
    return -1;
}

static int bytes_set(xc_interface *xch, uint32_t domid, uint64_t bytes) {
    (void)xch;
    (void)domid;
    (void)bytes;
    return -1;
}
#endif

static bool read_by_page(const struct pool *pool, uint64_t *ret_pages) {
    uint64_t bytes = 0;

    pool->turn->calls++;
    if (bytes_read(pool->xch, pool->domid, &bytes))
        return false;
    *ret_pages = bytes >> XC_PAGE_SHIFT;
    return true;
}

static int read_by_mib(const struct pool *pool, uint64_t *ret_pages, struct error *err) {
    unsigned mib = 0;

    pool->turn->calls++;
    xc_clear_last_error(pool->xch);
    errno = 0;
    if (xc_shadow_control(pool->xch, pool->domid, XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, &mib, 0) < 0)
        return xen_error(err, pool->xch, "reading the size of the domain's paging pool");
    *ret_pages = (uint64_t)mib * PAGES_PER_MIB;
    return 0;
}

// Where Xen, or a filter in front of it, does not know bytes, it may still know MiB.
static int pool_open(const struct pool *pool, struct error *err) {
    pool->turn->by_page = read_by_page(pool, &pool->turn->pages);
    return pool->turn->by_page ? 0 : read_by_mib(pool, &pool->turn->pages, err);
}

int paging_read(xc_interface *xch, uint32_t domid, uint64_t *ret_pages, struct error *err) {
    struct paging_turn turn = {0};
    const struct pool pool = {xch, domid, &turn};
    int rc = pool_open(&pool, err);

    *ret_pages = turn.pages;
    return rc;
}

static int pool_set(const struct pool *pool, uint64_t pages, struct error *err) {
    unsigned mib = (unsigned)(pages / PAGES_PER_MIB);
    int r;

    pool->turn->calls++;
    errno = 0;
    if (pool->turn->by_page)
        r = bytes_set(pool->xch, pool->domid, pages << XC_PAGE_SHIFT);
    else
        r = xc_shadow_control(pool->xch, pool->domid, XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, &mib, 0);
    if (r < 0)
        return xen_error(err, pool->xch, "setting the domain's paging pool to %" PRIu64 " pages",
                         pages);
    return 0;
}

// What the pool lacks after a failure. If Xen does not even say that, it may be a whole step.
static void missing_count(const struct pool *pool, uint64_t at_most) {
    struct paging_turn *turn = pool->turn;
    struct error ignored = {0};
    uint64_t now = turn->pages - at_most;

    if (!turn->by_page)
        read_by_mib(pool, &now, &ignored);
    else
        read_by_page(pool, &now);
    turn->missing = now < turn->pages ? turn->pages - now : 0;
    error_done(&ignored);
}

// ENOMEM while it shrinks means that more is in use than should be left: all that was free is gone,
// and that was the aim.
static int step_do(const struct pool *pool, uint64_t step, struct error *err) {
    int rc = pool_set(pool, pool->turn->pages - step, err);

    if (rc == -ENOMEM) {
        error_done(err);
        rc = 0;
    }
    if (rc == 0)
        rc = pool_set(pool, pool->turn->pages, err);
    return rc;
}

static uint64_t step_pages(const struct paging_turn *turn) {
    uint64_t step = turn->pages / PAGING_STEP_PARTS;

    if (!turn->by_page)
        step -= step % PAGES_PER_MIB;
    return step > PAGING_STEP_PAGES ? step : PAGING_STEP_PAGES;
}

int paging_turn(xc_interface *xch, uint32_t domid, struct paging_turn *ret, struct error *err) {
    const struct pool pool = {xch, domid, ret};
    uint64_t step, left;
    int rc;

    *ret = (struct paging_turn){0};
    rc = pool_open(&pool, err);
    if (rc)
        return rc;
    for (left = ret->pages; left > 0; left -= step) {
        step = left < step_pages(ret) ? left : step_pages(ret);
        rc = stop_check(err);
        if (rc)
            return rc;
        rc = step_do(&pool, step, err);
        if (rc) {
            missing_count(&pool, step);
            return rc;
        }
    }
    return 0;
}

int paging_restore(xc_interface *xch, uint32_t domid, struct paging_turn *turn, struct error *err) {
    const struct pool pool = {xch, domid, turn};
    int rc;

    if (turn->missing == 0)
        return 0;
    rc = pool_set(&pool, turn->pages, err);
    if (rc)
        missing_count(&pool, turn->missing);
    else
        turn->missing = 0;
    return rc;
}
