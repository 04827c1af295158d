// Address spaces, the paging pool and populate on demand.

#include "tests/model/p2m.h"
#include "tests/model/paging.h"
#include "tests/model/pod.h"
#include "tests/unit/model-host.h"

#include <errno.h>
#include <stdlib.h>

#define GIB 0x40000ULL
#define POOL 4096

static struct domain *d;

static void setup(void) {
    host_boot(MODEL_XEN_4_17);
    ck_assert_int_eq(domain_create(m, 1, &d), 0);
    ck_assert_int_eq(paging_resize(m, d, POOL), 0);
    d->max_pages = 0x400000;
    check_heap();
}

static void teardown(void) {
    domain_destroy(m, d);
    check_heap();
    host_done();
}

// Populates an extent from node 0 and returns its first frame.
static uint64_t populate(uint64_t gfn, unsigned order) {
    const struct heap_request req = {.order = order, .node = 0, .exact = true};
    struct heap_piece piece;

    ck_assert_int_eq(domain_alloc(m, d, &req, &piece), 0);
    ck_assert_int_eq(p2m_set(m, d, gfn, piece.mfn, order), 0);
    check_heap();
    return piece.mfn;
}

static void leaves_are(uint64_t order18, uint64_t order9, uint64_t order0) {
    struct p2m_count count = p2m_count(m, d);

    ck_assert_uint_eq(count.order18, order18);
    ck_assert_uint_eq(count.order9, order9);
    ck_assert_uint_eq(count.order0, order0);
}

START_TEST(leaves) {
    populate(GIB, 18);
    leaves_are(GIB, 0, 0);
    populate(2 * GIB, 13); // 32 MiB: mapped as 2 MiB
    leaves_are(GIB, 0x2000, 0);
    populate(0, 0);
    leaves_are(GIB, 0x2000, 1);
    populate(3 * GIB + 512, 18); // not aligned to its size
    leaves_are(GIB, 0x2000 + GIB, 1);
    populate(5 * GIB + 1, 9); // not aligned to anything
    leaves_are(GIB, 0x2000 + GIB, 1 + 512);
}
END_TEST

// Need per GiB: 2 MiB leaves one table, 4 KiB leaves 513.
START_TEST(pool_use) {
    uint64_t before;

    populate(GIB, 18);
    before = d->pool_used;
    populate(2 * GIB, 9);
    ck_assert_uint_eq(d->pool_used - before, 1);
    populate(2 * GIB + 512, 0);
    ck_assert_uint_eq(d->pool_used - before, 2);
}
END_TEST

// A 4 KiB change in a 1 GiB leaf makes 4 KiB leaves of all of it; in a 2 MiB leaf only of that.
START_TEST(splits) {
    uint64_t before;

    populate(GIB, 18);
    before = d->pool_used;
    ck_assert_int_eq(p2m_remove(m, d, GIB + 5, 1), 0);
    leaves_are(0, 0, GIB - 1);
    ck_assert_uint_eq(d->pool_used - before, 513);
    populate(2 * GIB, 18);
    before = d->pool_used;
    ck_assert_int_eq(p2m_remove(m, d, 2 * GIB + 512, 512), 0);
    leaves_are(0, GIB - 512, GIB - 1);
    ck_assert_uint_eq(d->pool_used - before, 1);
    ck_assert_int_eq(p2m_remove(m, d, 2 * GIB + 1024, 1), 0);
    leaves_are(0, GIB - 1024, GIB - 1 + 511);
    ck_assert_uint_eq(d->pool_used - before, 2);
}
END_TEST

START_TEST(lookups) {
    uint64_t mfn = populate(GIB, 18);
    struct p2m_entry entry;

    ck_assert_int_eq(p2m_remove(m, d, GIB + 5, 1), 0);
    ck_assert(!p2m_lookup(m, d, GIB + 5, &entry));
    ck_assert(!p2m_lookup(m, d, 2 * GIB, &entry));
    ck_assert(p2m_lookup(m, d, GIB + 4, &entry));
    ck_assert_uint_eq(entry.mfn, mfn + 4);
    ck_assert(p2m_lookup(m, d, 2 * GIB - 1, &entry));
    ck_assert_uint_eq(entry.mfn, mfn + GIB - 1);
    ck_assert_uint_eq(p2m_highest(m, d), 2 * GIB - 1);
}
END_TEST

START_TEST(pool_exhausted) {
    const struct heap_request req = {.order = 9, .node = 0, .exact = true};
    struct heap_piece piece;

    ck_assert_int_eq(paging_resize(m, d, d->pool_used), 0);
    ck_assert_uint_eq(d->pool_pages, d->pool_used);
    ck_assert_int_eq(domain_alloc(m, d, &req, &piece), 0);
    ck_assert_int_eq(p2m_set(m, d, 0, piece.mfn, 9), -ENOMEM);
    ck_assert_uint_eq(d->tot_pages, 512); // the extent stays with the domain
}
END_TEST

START_TEST(replaced_is_not_freed) {
    uint64_t first = populate(0, 9);
    struct p2m_entry entry;

    populate(0, 9);
    ck_assert_uint_eq(d->tot_pages, 1024);
    leaves_are(0, 512, 0);
    ck_assert(p2m_lookup(m, d, 0, &entry));
    ck_assert_uint_ne(entry.mfn, first);
}
END_TEST

START_TEST(pod_fresh) {
    ck_assert_int_eq(pod_set_target(m, d, d->max_pages + 1), -EINVAL);
    ck_assert_int_eq(pod_set_target(m, d, 1024 + 3), 0);
    ck_assert_uint_eq(d->pod_pages, 1027);
    ck_assert_uint_eq(d->tot_pages, 1027);
    ck_assert_int_eq(pod_mark(m, d, 0, 18), 0);
    ck_assert_uint_eq(d->pod_entries, GIB);
    ck_assert_int_eq(pod_mark(m, d, 512, 9), -EBUSY);
    check_heap();
}
END_TEST

// A 1 GiB entry gives 2 MiB from the cache; a single page breaks one up.
START_TEST(pod_demand) {
    struct p2m_entry entry;

    ck_assert_int_eq(pod_set_target(m, d, 1024), 0);
    ck_assert_int_eq(pod_mark(m, d, 0, 18), 0);
    ck_assert_int_eq(pod_populate(m, d, 1000), 0);
    ck_assert_uint_eq(d->pod_pages, 512);
    ck_assert_uint_eq(d->pod_entries, GIB - 512);
    ck_assert_uint_eq(d->tot_pages, 1024);
    ck_assert(p2m_lookup(m, d, 512, &entry));
    ck_assert_uint_ne(entry.mfn, P2M_POD);
    check_heap();
    ck_assert_int_eq(pod_populate(m, d, 0), 0);
    ck_assert_int_eq(pod_populate(m, d, 2048), -ENOMEM);
    check_heap();
}
END_TEST

// Silently ignored once something is populated and nothing marked.
START_TEST(pod_too_late) {
    populate(0, 9);
    ck_assert_int_eq(pod_set_target(m, d, 4096), 0);
    ck_assert_uint_eq(d->pod_pages, 0);
}
END_TEST

START_TEST(max_pages) {
    const struct heap_request req = {.order = 9, .node = 0, .exact = true};
    uint64_t before = m->heap.total_free;
    struct heap_piece piece;

    d->max_pages = 511;
    ck_assert_int_eq(domain_alloc(m, d, &req, &piece), -E2BIG);
    ck_assert_uint_eq(m->heap.total_free, before);
    check_heap();
}
END_TEST

// Death frees what was taken in part, and the rest of what was split.
START_TEST(partial_free) {
    uint64_t before = m->heap.total_free;
    uint64_t mfn = populate(0, 9);

    domain_free_pages(m, d, mfn + 10, 100);
    check_heap();
    ck_assert_uint_eq(d->tot_pages, 412);
    domain_free_pages(m, d, mfn, 5);
    check_heap();
    ck_assert_uint_eq(m->heap.total_free, before - 407);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        leaves,       pool_use,   splits,       lookups,   pool_exhausted,
        pod_fresh,    pod_demand, pod_too_late, max_pages, replaced_is_not_freed,
        partial_free, NULL};
    Suite *suite = suite_create("model-p2m");
    TCase *tcase = tcase_create("p2m");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    for (const TTest *const *test = tests; *test; test++)
        tcase_add_test(tcase, *test);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
