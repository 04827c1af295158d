// The golden vectors: what Xen 4.17's own allocator code did on a given host.
//
// Every expectation here is from that list, none from the model. After each step the invariants of
// 9.7 are checked.

#include "tests/unit/model-host.h"

#include <stdio.h>
#include <stdlib.h>

#define NONE HEAP_NO_NODE

static void host_4_17(void) {
    host_boot(MODEL_XEN_4_17);
}

static void host_8_3(void) {
    host_boot(MODEL_XCP_NG_8_3);
}

static void host_4_22(void) {
    host_boot(MODEL_XEN_4_22);
}

#define FAIL UINT64_MAX

// What 2^order frames for the domain are given as, or FAIL.
static uint64_t alloc(struct domain *d, unsigned order, uint32_t node, bool exact,
                      uint64_t *ret_scrubbed) {
    const struct heap_request req = {
        .order = order, .node = node, .exact = exact, .no_scrub = m->config.deferred_scrub};
    struct heap_piece piece = {0};
    int rc = domain_alloc(m, d, &req, &piece);

    check_heap();
    if (ret_scrubbed)
        *ret_scrubbed = piece.scrubbed;
    return rc ? FAIL : piece.mfn;
}

struct step {
    unsigned order;
    uint32_t node;
    bool exact;
    uint64_t mfn;
};

static void steps_run(struct domain *d, const struct step *steps, size_t nr) {
    for (size_t i = 0; i < nr; i++) {
        uint64_t mfn = alloc(d, steps[i].order, steps[i].node, steps[i].exact, NULL);

        ck_assert_msg(mfn == steps[i].mfn, "step %zu: %#lx instead of %#lx", i, (unsigned long)mfn,
                      (unsigned long)steps[i].mfn);
    }
}
#define STEPS(d, ...)                                                                              \
    do {                                                                                           \
        const struct step steps_[] = {__VA_ARGS__};                                                \
        steps_run(d, steps_, sizeof(steps_) / sizeof(*steps_));                                    \
    } while (0)

// A list as the vectors write it: mfns in hexadecimal, head first, `*` behind dirty ones.
static void list_is(uint32_t node, unsigned zone, unsigned order, const char *expected) {
    char text[512] = "";
    size_t at = 0;

    for (uint32_t i = m->heap.free[node][zone][order].head; i != CELL_NONE;
         i = cell_at(&m->pool, i)->next)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%llx%s", at ? " " : "",
                               (unsigned long long)cell_at(&m->pool, i)->key,
                               cell_at(&m->pool, i)->tag == HEAP_CLEAN ? "" : "*");
    ck_assert_msg(!strcmp(text, expected), "node %u zone %u order %u: '%s' instead of '%s'", node,
                  zone, order, text, expected);
}

struct expected_list {
    unsigned order;
    const char *text;
};

// All lists of a zone: those that are not named are empty.
static void zone_is(uint32_t node, unsigned zone, const struct expected_list *lists, size_t nr) {
    for (unsigned order = 0; order <= HEAP_MAX_ORDER; order++) {
        const char *text = "";

        for (size_t i = 0; i < nr; i++)
            if (lists[i].order == order)
                text = lists[i].text;
        list_is(node, zone, order, text);
    }
}
#define ZONE(node, zone, ...)                                                                      \
    do {                                                                                           \
        const struct expected_list lists_[] = {__VA_ARGS__};                                       \
        zone_is(node, zone, lists_, sizeof(lists_) / sizeof(*lists_));                             \
    } while (0)

START_TEST(v0_boot) {
    ZONE(0, 21, {18, "100000 140000 180000 1c0000"});
    ZONE(0, 19, {18, "40000"});
    for (unsigned order = 8; order <= 17; order++) {
        char text[16];

        snprintf(text, sizeof(text), "%x", 1U << order);
        ZONE(0, order + 1, {order, text});
    }
    ZONE(1, 22, {18, "240000 280000 2c0000 300000 340000 380000 3c0000"}, {17, "220000"},
         {16, "210000"}, {15, "208000"}, {14, "204000"}, {13, "202000"}, {12, "201000"},
         {11, "200800"}, {10, "200400"}, {9, "200200"}, {8, "200100"}, {7, "200080"}, {6, "200040"},
         {5, "200020"}, {4, "200010"}, {3, "200008"}, {2, "200004"});
    ck_assert_uint_eq(m->heap.total_free, 0x80000 - 0x100 + 0x300000 - 4);
    ck_assert_uint_eq(m->heap.dma_zone, 20);
}
END_TEST

static struct domain *v1_run(void) {
    struct domain *a = domain_new(1, 3);

    STEPS(a, {9, 0, true, 0x13fe00}, {9, 0, true, 0x13fc00}, {0, 0, true, 0x13fbff},
          {0, 0, true, 0x13fbfe}, {9, 0, true, 0x13f800}, {12, 0, true, 0x13e000},
          {18, 0, true, 0x140000}, {9, 1, true, 0x200200}, {9, NONE, false, 0x13f600},
          {9, NONE, false, 0x200600}, {0, NONE, false, 0x13fbfd}, {0, NONE, false, 0x200007});
    return a;
}

START_TEST(v1_placement) {
    v1_run();
    ZONE(0, 21, {18, "180000 1c0000"}, {17, "100000"}, {16, "120000"}, {15, "130000"},
         {14, "138000"}, {13, "13c000"}, {10, "13f000"}, {9, "13f400"}, {8, "13fa00"},
         {7, "13fb00"}, {6, "13fb80"}, {5, "13fbc0"}, {4, "13fbe0"}, {3, "13fbf0"}, {2, "13fbf8"},
         {0, "13fbfc"});
    ZONE(1, 22, {18, "240000 280000 2c0000 300000 340000 380000 3c0000"}, {17, "220000"},
         {16, "210000"}, {15, "208000"}, {14, "204000"}, {13, "202000"}, {12, "201000"},
         {11, "200800"}, {9, "200400"}, {8, "200100"}, {7, "200080"}, {6, "200040"}, {5, "200020"},
         {4, "200010"}, {3, "200008"}, {1, "200004"}, {0, "200006"});
}
END_TEST

START_TEST(v2_clean_free) {
    struct domain *a = v1_run();

    for (uint64_t i = 0; i < 512; i++)
        domain_free_pages(m, a, 0x13fc00 + i, 1);
    check_heap();
    for (uint64_t i = 0; i < 512; i++)
        domain_free_pages(m, a, 0x13fe00 + i, 1);
    check_heap();
    list_is(0, 21, 10, "13fc00 13f000");
}
END_TEST

static void v3_run(void) {
    struct domain *a = v1_run();

    domain_free_pages(m, a, 0x13fc00, 512);
    domain_free_pages(m, a, 0x13fe00, 512);
    domain_destroy(m, a);
    check_heap();
}

START_TEST(v3_death) {
    v3_run();
    list_is(0, 21, 18, "180000 1c0000 140000* 100000*");
    list_is(1, 22, 10, "200400*");
    list_is(1, 22, 9, "200200*");
    list_is(1, 22, 2, "200004*");
    ck_assert_uint_eq(m->heap.need_scrub[0], 267267);
    ck_assert_uint_eq(m->heap.need_scrub[1], 1025);
}
END_TEST

START_TEST(v4_rotation) {
    struct domain *b;

    v3_run();
    b = domain_new(2, 1);
    STEPS(b, {9, NONE, false, 0x1bfe00}, {9, 0, false, 0x1bfc00}, {9, 0, true, 0x1bfa00},
          {0, NONE, false, 0x1bf9ff}, {18, NONE, false, 0x1c0000}, {18, 0, true, 0x100000},
          {18, 0, true, 0x140000});
}
END_TEST

static struct domain *v5_start(void) {
    struct domain *a = domain_new(1, 1);

    STEPS(a, {18, 0, true, 0x100000}, {18, 0, true, 0x140000}, {18, 0, true, 0x180000},
          {18, 0, true, 0x1c0000});
    domain_destroy(m, a);
    check_heap();
    list_is(0, 21, 18, "100000* 140000* 180000* 1c0000*");
    return domain_new(2, 1);
}

START_TEST(v5_remote_bias) {
    struct domain *b = v5_start();
    uint64_t scrubbed;

    STEPS(b, {9, 0, false, 0x200200}, {9, NONE, false, 0x200600}, {18, NONE, false, 0x240000},
          {0, NONE, false, 0x1fffff});
    ck_assert_uint_eq(alloc(b, 9, 0, true, &scrubbed), 0x1ffc00);
    ck_assert_uint_eq(scrubbed, 512);
    ck_assert_uint_eq(alloc(b, 18, 0, true, &scrubbed), 0x180000);
    ck_assert_uint_eq(scrubbed, 262144);
}
END_TEST

START_TEST(v5_deferred_scrub) {
    struct domain *b = v5_start();

    STEPS(b, {9, 0, false, 0x13fe00}, {9, NONE, false, 0x13fc00}, {18, NONE, false, 0x140000},
          {0, NONE, false, 0x13fbff}, {9, 0, true, 0x13f800}, {18, 0, true, 0x180000});
}
END_TEST

START_TEST(v6_fallback_order) {
    struct domain *a = domain_new(1, 3);

    STEPS(a, {18, 0, false, 0x100000}, {18, 0, false, 0x140000}, {18, 0, false, 0x180000},
          {18, 0, false, 0x1c0000}, {18, 0, false, 0x240000}, {18, 0, false, 0x280000},
          {18, 0, false, 0x2c0000}, {18, 0, false, 0x300000}, {18, 0, false, 0x340000},
          {18, 0, false, 0x380000}, {18, 0, false, 0x3c0000}, {18, 0, false, 0x40000},
          {18, 0, false, FAIL});
}
END_TEST

START_TEST(v7_gate_is_all_or_nothing) {
    struct domain *a = domain_new(1, 3);
    struct domain *b = domain_new(2, 3);

    ck_assert_int_eq(claim_stake(m, a, m->heap.total_free - 511, NONE), 0);
    ck_assert_uint_eq(alloc(b, 9, NONE, false, NULL), FAIL);
    ck_assert_uint_ne(alloc(b, 0, NONE, false, NULL), FAIL);
}
END_TEST

START_TEST(v7_small_claim) {
    struct domain *a = domain_new(1, 3);
    struct domain *c = domain_new(3, 3);

    ck_assert_int_eq(claim_stake(m, c, 100, NONE), 0);
    ck_assert_int_eq(claim_stake(m, a, m->heap.total_free - 100, NONE), 0);
    ck_assert_uint_eq(alloc(c, 9, NONE, false, NULL), FAIL);
    ck_assert_uint_ne(alloc(c, 6, NONE, false, NULL), FAIL);
    ck_assert_uint_eq(claim_outstanding(c), 36);
    ck_assert_uint_eq(alloc(c, 6, NONE, false, NULL), FAIL);
    ck_assert_uint_ne(alloc(c, 5, NONE, false, NULL), FAIL);
}
END_TEST

// What domain A has outstanding after it has claimed, taken 1 GiB and given 4 pages back.
static uint64_t v7_free_under_claim(uint64_t *ret_before) {
    struct domain *a = domain_new(1, 3);
    uint64_t mfn;

    ck_assert_int_eq(claim_stake(m, a, 0x80000, NONE), 0);
    mfn = alloc(a, 18, 0, true, NULL);
    ck_assert_uint_ne(mfn, FAIL);
    *ret_before = claim_outstanding(a);
    domain_free_pages(m, a, mfn, 4);
    check_heap();
    return claim_outstanding(a);
}

START_TEST(v7_claim_grows_on_free) {
    uint64_t before;
    uint64_t after = v7_free_under_claim(&before);

    ck_assert_uint_eq(before, 0x40000);
    ck_assert_uint_eq(after, before + 4);
}
END_TEST

START_TEST(v7_claim_stays_on_free) {
    uint64_t before;
    uint64_t after = v7_free_under_claim(&before);

    ck_assert_uint_eq(before, 0x40000);
    ck_assert_uint_eq(after, before);
}
END_TEST

static uint64_t v7_claim_after_refusal(void) {
    struct domain *a = domain_new(1, 3);

    a->max_pages = 1024;
    ck_assert_int_eq(claim_stake(m, a, 1024, NONE), 0);
    a->max_pages = 511; // lowered after the claim, so that assignment refuses
    ck_assert_uint_eq(alloc(a, 9, NONE, false, NULL), FAIL);
    return claim_outstanding(a);
}

START_TEST(v7_refusal_keeps_claim) {
    ck_assert_uint_eq(v7_claim_after_refusal(), 1024);
}
END_TEST

START_TEST(v7_refusal_loses_claim) {
    ck_assert_uint_eq(v7_claim_after_refusal(), 1024 - 512);
}
END_TEST

// `tests` ends with NULL.
static TCase *release_case(const char *name, void (*setup)(void), const TTest *const *tests) {
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, setup, host_done);
    tcase_set_timeout(tcase, 60);
    for (; *tests; tests++)
        tcase_add_test(tcase, *tests);
    return tcase;
}

int main(void) {
    const TTest *const tests_4_17[] = {
        v0_boot,        v1_placement,           v2_clean_free,          v3_death,
        v4_rotation,    v5_remote_bias,         v6_fallback_order,      v7_gate_is_all_or_nothing,
        v7_small_claim, v7_claim_grows_on_free, v7_refusal_keeps_claim, NULL};
    // The claims of 4.17, the placement of 4.22.
    const TTest *const tests_8_3[] = {
        v0_boot,        v5_deferred_scrub,      v6_fallback_order,      v7_gate_is_all_or_nothing,
        v7_small_claim, v7_claim_grows_on_free, v7_refusal_keeps_claim, NULL};
    const TTest *const tests_4_22[] = {v0_boot,
                                       v5_deferred_scrub,
                                       v7_gate_is_all_or_nothing,
                                       v7_small_claim,
                                       v7_claim_stays_on_free,
                                       v7_refusal_loses_claim,
                                       NULL};
    Suite *suite = suite_create("model-heap");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, release_case("4.17", host_4_17, tests_4_17));
    suite_add_tcase(suite, release_case("XCP-ng 8.3", host_8_3, tests_8_3));
    suite_add_tcase(suite, release_case("4.22", host_4_22, tests_4_22));
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
