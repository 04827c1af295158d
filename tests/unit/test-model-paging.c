// The paging pool against its definition: one page after another, given back and made into tables
// in that order.

#include "tests/model/p2m.h"
#include "tests/model/paging.h"
#include "tests/unit/model-host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define GROWN 60000ULL
#define SHRUNK 23456ULL

// Every free block in the order of the lists.
static char *lists_dump(void) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    for (unsigned node = 0; node < 2; node++)
        for (unsigned zone = 0; zone < HEAP_NR_ZONES; zone++)
            for (unsigned order = 0; order <= HEAP_MAX_ORDER; order++)
                for (uint32_t i = m->heap.free[node][zone][order].head; i != CELL_NONE;
                     i = cell_at(&m->pool, i)->next)
                    fprintf(out, "%u %u %u %#lx %u\n", node, zone, order,
                            (unsigned long)cell_at(&m->pool, i)->key, cell_at(&m->pool, i)->tag);
    fclose(out);
    return text;
}

// Leaves holes of one to seven pages, and some of 2 MiB, on both nodes.
static void fragment(void) {
    struct domain *d = domain_new(3, 3);

    for (unsigned i = 0; i < 4000; i++) {
        const struct heap_request req = {.node = i % 3 % 2, .exact = true, .order = i % 50 ? 3 : 9};
        struct heap_piece piece;

        ck_assert_int_eq(domain_alloc(m, d, &req, &piece), 0);
        domain_free_pages(m, d, piece.mfn, i % 50 ? 1 + i % 7 : 256);
    }
    check_heap();
}

static uint64_t page_alloc(struct domain *d) {
    const struct heap_request req = {.node = HEAP_NO_NODE, .uncounted = true};
    struct heap_piece piece;

    ck_assert(heap_alloc(m, d, &req, &piece));
    return piece.mfn;
}

// The definition. What is freed is not what was allocated last.
static void naive_run(struct domain *d, char *ret[3]) {
    uint64_t *mfn = calloc(2 * GROWN, sizeof(*mfn));
    uint64_t first = 0, nr = 0;

    ck_assert_ptr_nonnull(mfn);
    while (nr < GROWN)
        mfn[nr++] = page_alloc(d);
    ret[0] = lists_dump();
    while (nr - first > SHRUNK)
        heap_free(m, mfn[first++], 1, true);
    ret[1] = lists_dump();
    while (nr - first < SHRUNK + 1000)
        mfn[nr++] = page_alloc(d);
    while (first < nr)
        heap_free(m, mfn[first++], 1, true);
    ret[2] = lists_dump();
    free(mfn);
}

static void paging_run(struct domain *d, char *ret[3]) {
    ck_assert_int_eq(paging_resize(m, d, GROWN), 0);
    check_heap();
    ret[0] = lists_dump();
    ck_assert_int_eq(paging_resize(m, d, SHRUNK), 0);
    check_heap();
    ret[1] = lists_dump();
    ck_assert_int_eq(paging_resize(m, d, SHRUNK + 1000), 0);
    check_heap();
    paging_free(m, d);
    check_heap();
    ret[2] = lists_dump();
}

// With affinity to both nodes, or to the second.
START_TEST(as_defined) {
    bool fragmented = _i & 1;
    uint64_t nodes = _i & 2 ? 2 : 3;
    char *wanted[3], *got[3];

    host_boot(MODEL_XEN_4_17);
    if (fragmented)
        fragment();
    naive_run(domain_new(1, nodes), wanted);
    host_done();
    host_boot(MODEL_XEN_4_17);
    if (fragmented)
        fragment();
    paging_run(domain_new(1, nodes), got);
    host_done();
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_msg(!strcmp(wanted[i], got[i]), "the lists differ after step %u", i);
        free(wanted[i]);
        free(got[i]);
    }
}
END_TEST

// A guest of a TiB has a pool of 8 GiB; a cell for each page would be two million.
START_TEST(few_cells) {
    struct domain *d;
    uint32_t before;

    host_boot(MODEL_XEN_4_17);
    d = domain_new(1, 3);
    before = m->pool.nr_in_use;
    ck_assert_int_eq(paging_resize(m, d, 0x200000), 0);
    ck_assert_uint_eq(d->pool_pages, 0x200000);
    check_heap();
    ck_assert_uint_lt(m->pool.nr_in_use, before + 1000);
    paging_free(m, d);
    check_heap();
    host_done();
}
END_TEST

// The frame of the only table that a 2 MiB leaf there needs besides those above it.
static uint32_t table_node(struct domain *d, uint64_t gib) {
    uint64_t mfn;

    ck_assert_int_eq(p2m_set(m, d, gib << 18, 0x100000, 9), 0);
    mfn = cell_at(&m->pool, cell_tree_find(&m->pool, d->tables, 2ULL << 56 | gib))->value;
    return heap_node_of(&m->heap, mfn);
}

// A table is made of the first page of the list; its page comes back at the end.
START_TEST(tables_in_order) {
    struct domain *d;
    uint64_t first, second, third, again;

    host_boot(MODEL_XEN_4_17);
    d = domain_new(1, 3);
    ck_assert_int_eq(paging_resize(m, d, 3), 0);
    ck_assert_int_eq(paging_take(m, d, &first), 0);
    ck_assert_int_eq(paging_take(m, d, &second), 0);
    ck_assert_uint_ne(heap_node_of(&m->heap, first), heap_node_of(&m->heap, second));
    paging_return(m, d, first);
    ck_assert_int_eq(paging_take(m, d, &third), 0);
    ck_assert_uint_eq(heap_node_of(&m->heap, third), heap_node_of(&m->heap, first));
    ck_assert_uint_ne(third, first);
    ck_assert_int_eq(paging_take(m, d, &again), 0);
    ck_assert_uint_eq(again, first);
    ck_assert_int_eq(paging_take(m, d, &again), -ENOMEM);
    ck_assert_int_eq(paging_resize(m, d, 1), -ENOMEM);
    ck_assert_uint_eq(d->pool_pages, 3);
    host_done();
}
END_TEST

#define POOL 0x4000ULL
#define STEP 0x400ULL

// A pool that lies on both nodes, of which a part is turned while the domain prefers node 1.
static struct domain *turned(uint64_t pages) {
    struct domain *d;

    host_boot(MODEL_XEN_4_17);
    ck_assert_int_eq(domain_create(m, 1, &d), 0);
    ck_assert_int_eq(paging_resize(m, d, POOL), 0);
    d->max_pages = 0x400000;
    d->node_affinity = 2;
    for (uint64_t done = 0; done < pages; done += STEP) {
        ck_assert_int_eq(paging_resize(m, d, POOL - STEP), 0);
        ck_assert_int_eq(paging_resize(m, d, POOL), 0);
    }
    check_heap();
    return d;
}

// Only when the whole list has been turned, all that is free in it is new; of a shorter turn the
// old pages are first.
START_TEST(full_turn) {
    uint64_t used[HEAP_MAX_NODES], free_pages[HEAP_MAX_NODES];
    struct domain *d = turned(POOL - STEP * (uint64_t)_i);

    paging_node_pages(m, d, used, free_pages);
    ck_assert_uint_eq(used[0] + used[1], d->pool_used);
    ck_assert_uint_gt(used[0], 0);
    ck_assert_uint_eq(free_pages[0] + free_pages[1], POOL - d->pool_used);
    if (_i == 0) {
        ck_assert_uint_eq(free_pages[0], 0);
        for (uint64_t gib = 0; gib < 4; gib++)
            ck_assert_uint_eq(table_node(d, gib), 1);
    } else {
        bool old = false;

        ck_assert_uint_gt(free_pages[0], 0);
        for (uint64_t gib = 0; gib < 4; gib++)
            old |= table_node(d, gib) == 0;
        ck_assert(old);
    }
    domain_destroy(m, d);
    check_heap();
    host_done();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("model-paging");
    TCase *tcase = tcase_create("paging");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, as_defined, 0, 4);
    tcase_add_test(tcase, few_cells);
    tcase_add_test(tcase, tables_in_order);
    tcase_add_loop_test(tcase, full_turn, 0, 3);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
