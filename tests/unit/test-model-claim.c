// Claims of all kinds, by Xen's rules.

#include "tests/unit/model-host.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define NONE HEAP_NO_NODE
#define GIB 0x40000ULL

static bool alloc(struct domain *d, unsigned order, uint32_t node, bool exact) {
    const struct heap_request req = {
        .order = order, .node = node, .exact = exact, .no_scrub = true};
    struct heap_piece piece;
    int rc = domain_alloc(m, d, &req, &piece);

    check_heap();
    return rc == 0;
}

static void host_wide(void) {
    host_boot(MODEL_XEN_4_17);
}

static void single_node(void) {
    host_boot(MODEL_XENSERVER_9);
}

static void single_node_old(void) {
    host_boot(MODEL_XENSERVER_9);
    m->config.claims = MODEL_CLAIMS_NODE_OLD;
}

static void claim_set(void) {
    host_boot(MODEL_XEN_4_22);
    m->config.claims = MODEL_CLAIMS_SET;
}

static void claim_set_v8(void) {
    host_boot(MODEL_XEN_4_22);
    m->config.claims = MODEL_CLAIMS_SET_V8;
}

START_TEST(host_errors) {
    struct domain *a = domain_new(1, 3);

    ck_assert_int_eq(claim_stake(m, a, a->max_pages + 1, NONE), -EINVAL);
    a->max_pages = UINT32_MAX;
    ck_assert_int_eq(claim_stake(m, a, m->heap.total_free + 1, NONE), -ENOMEM);
    ck_assert_int_eq(claim_stake(m, a, 0, NONE), 0);
    ck_assert_int_eq(claim_stake(m, a, 1000, NONE), 0);
    ck_assert_int_eq(claim_stake(m, a, 2000, NONE), -EINVAL);
    ck_assert_uint_eq(claim_outstanding(a), 1000);
    ck_assert_int_eq(claim_stake(m, a, 0, NONE), 0);
    ck_assert_uint_eq(m->heap.claimed_total, 0);
}
END_TEST

START_TEST(host_absolute) {
    struct domain *a = domain_new(1, 3);

    ck_assert(alloc(a, 9, 0, true));
    ck_assert_int_eq(claim_stake(m, a, 512, NONE), -EINVAL);
    ck_assert_int_eq(claim_stake(m, a, 1512, NONE), 0);
    ck_assert_uint_eq(claim_outstanding(a), 1000);
    domain_destroy(m, a);
    ck_assert_uint_eq(m->heap.claimed_total, 0);
    check_heap();
}
END_TEST

// Another domain's memory on a node does not count as free for a claim, a claim on it does neither.
START_TEST(host_shortage) {
    struct domain *a = domain_new(1, 3);
    struct domain *b = domain_new(2, 3);

    ck_assert_int_eq(claim_stake(m, a, m->heap.total_free - 100, NONE), 0);
    ck_assert_int_eq(claim_stake(m, b, 101, NONE), -ENOMEM);
    ck_assert_int_eq(claim_stake(m, b, 100, NONE), 0);
}
END_TEST

START_TEST(node_errors) {
    struct domain *a = domain_new(1, 3);

    ck_assert_int_eq(claim_stake(m, a, 1000, 2), -ENOENT);
    ck_assert_int_eq(claim_stake(m, a, 1000, 64), -ENOENT);
    ck_assert_int_eq(claim_stake(m, a, 0, 1), -EINVAL);
    ck_assert_int_eq(claim_stake(m, a, heap_node_free(&m->heap, 0) + 1, 0), -ENOMEM);
    ck_assert_int_eq(claim_stake(m, a, 1000, 1), 0);
    ck_assert_int_eq(claim_stake(m, a, 1000, 0), -EINVAL);
    ck_assert_int_eq(claim_stake(m, a, 0, NONE), 0);
    ck_assert_uint_eq(m->heap.claimed[1], 0);
}
END_TEST

START_TEST(node_redemption) {
    struct domain *a = domain_new(1, 3);

    ck_assert(alloc(a, 9, 0, true));
    ck_assert_int_eq(claim_stake(m, a, 512 + 4 * GIB, 1), 0); // less all pages it has, on any node
    ck_assert_uint_eq(m->heap.claimed[1], 4 * GIB);
    ck_assert(alloc(a, 18, 0, true)); // elsewhere: nothing redeemed
    ck_assert_uint_eq(claim_outstanding(a), 4 * GIB);
    ck_assert(alloc(a, 18, 1, true));
    ck_assert_uint_eq(claim_outstanding(a), 3 * GIB);
}
END_TEST

// All of node 1 is claimed: nobody else gets a page there, Xen's own use of the owner's neither.
START_TEST(node_protection) {
    const struct heap_request pool = {.node = NONE, .uncounted = true};
    struct domain *a = domain_new(1, 2);
    struct domain *b = domain_new(2, 2);
    struct heap_piece piece;

    ck_assert_int_eq(claim_stake(m, a, heap_node_free(&m->heap, 1), 1), 0);
    ck_assert(!alloc(b, 0, 1, true));
    ck_assert(alloc(b, 0, 1, false));
    ck_assert(heap_alloc(m, a, &pool, &piece));
    ck_assert_uint_eq(piece.node, 0);
    ck_assert(alloc(a, 18, 1, true));
}
END_TEST

// A claim of 100 pages and plenty unclaimed on the node: a 2 MiB extent is admitted there.
START_TEST(node_tops_up) {
    struct domain *a = domain_new(1, 3);

    ck_assert_int_eq(claim_stake(m, a, 100, 1), 0);
    ck_assert(alloc(a, 9, 1, true));
    ck_assert_uint_eq(claim_outstanding(a), 0);
}
END_TEST

// The next page on node 1 crashes Xen. The model says so, which nobody who reads a passing run
// should see.
static void crash_on_node_1(struct domain *a) {
    ck_assert(alloc(a, 0, 0, true));
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    alloc(a, 0, 1, true);
}

// Used up, then host-wide without a release in between.
START_TEST(node_then_host_crashes) {
    struct domain *a = domain_new(1, 3);

    ck_assert_int_eq(claim_stake(m, a, 512, 1), 0);
    ck_assert(alloc(a, 9, 1, true));
    ck_assert_int_eq(claim_stake(m, a, 2048, NONE), 0);
    crash_on_node_1(a);
}
END_TEST

// The older text: a release in between does not help, whether the claim was used up or not.
START_TEST(old_used_up_released_host_crashes) {
    struct domain *a = domain_new(1, 3);

    ck_assert_int_eq(claim_stake(m, a, 512, 1), 0);
    ck_assert(alloc(a, 9, 1, true));
    ck_assert_int_eq(claim_stake(m, a, 0, NONE), 0);
    ck_assert_int_eq(claim_stake(m, a, 2048, NONE), 0);
    crash_on_node_1(a);
}
END_TEST

START_TEST(old_released_host_crashes) {
    struct domain *a = domain_new(1, 3);

    ck_assert_int_eq(claim_stake(m, a, 512, 1), 0);
    ck_assert_int_eq(claim_stake(m, a, 0, 1), 0); // a node is accepted there
    ck_assert_uint_eq(m->heap.claimed[1], 0);
    ck_assert_int_eq(claim_stake(m, a, 2048, NONE), 0);
    crash_on_node_1(a);
}
END_TEST

// Another claim on a node, or a host-wide one that is gone again, harms nobody.
START_TEST(old_harmless) {
    struct domain *a = domain_new(1, 3);

    ck_assert_int_eq(claim_stake(m, a, 512, 1), 0);
    ck_assert_int_eq(claim_stake(m, a, 0, NONE), 0);
    ck_assert_int_eq(claim_stake(m, a, 1024, 1), 0);
    ck_assert(alloc(a, 9, 1, true));
    ck_assert_int_eq(claim_stake(m, a, 0, NONE), 0);
    ck_assert_int_eq(claim_stake(m, a, 2048, NONE), 0);
    ck_assert_int_eq(claim_stake(m, a, 0, NONE), 0);
    ck_assert(alloc(a, 9, 1, true));
}
END_TEST

START_TEST(node_release_host) {
    struct domain *a = domain_new(1, 3);

    ck_assert_int_eq(claim_stake(m, a, 512, 1), 0);
    ck_assert(alloc(a, 9, 1, true));
    ck_assert_int_eq(claim_stake(m, a, 0, NONE), 0);
    ck_assert_int_eq(claim_stake(m, a, 2048, NONE), 0);
    ck_assert(alloc(a, 0, 1, true));
}
END_TEST

START_TEST(set_errors) {
    struct domain *a = domain_new(1, 3);
    const struct claim_entry twice[] = {{10, 1}, {10, 1}};
    const struct claim_entry host_twice[] = {{10, NONE}, {10, NONE}};
    const struct claim_entry offline[] = {{10, 5}};
    const struct claim_entry much[] = {{heap_node_free(&m->heap, 1) + 1, 1}};
    const struct claim_entry good[] = {{10, 0}, {20, 1}, {30, NONE}};
    struct claim_entry many[66] = {{0}};

    ck_assert_int_eq(claim_stake_set(m, a, good, 3), 0);
    ck_assert_int_eq(claim_stake_set(m, a, twice, 2), -EINVAL);
    ck_assert_int_eq(claim_stake_set(m, a, host_twice, 2), -EINVAL);
    ck_assert_int_eq(claim_stake_set(m, a, offline, 1), -ENOENT);
    ck_assert_int_eq(claim_stake_set(m, a, much, 1), -ENOMEM);
    ck_assert_int_eq(claim_stake_set(m, a, many, 66), -E2BIG);
    ck_assert_int_eq(claim_stake_set(m, a, NULL, 0), -EINVAL);
    ck_assert_uint_eq(claim_outstanding(a), 60); // nothing has changed
    a->max_pages = 59;
    ck_assert_int_eq(claim_stake_set(m, a, good, 3), -EINVAL);
}
END_TEST

START_TEST(set_replace_and_release) {
    struct domain *a = domain_new(1, 3);
    const struct claim_entry all[] = {{heap_node_free(&m->heap, 1), 1}};
    const struct claim_entry other[] = {{7, 0}};
    const struct claim_entry zero[] = {{0, NONE}};

    ck_assert_int_eq(claim_stake_set(m, a, all, 1), 0);
    ck_assert_int_eq(claim_stake_set(m, a, all, 1), 0); // its own claim is credited
    ck_assert_int_eq(claim_stake_set(m, a, other, 1), 0);
    ck_assert_uint_eq(m->heap.claimed[1], 0);
    ck_assert_uint_eq(m->heap.claimed[0], 7);
    ck_assert_int_eq(claim_stake_set(m, a, zero, 1), 0);
    ck_assert_uint_eq(m->heap.claimed_total, 0);
    ck_assert_int_eq(claim_stake_set(m, a, other, 1), 0);
    ck_assert_int_eq(claim_stake(m, a, 1000, NONE), -EINVAL);
    ck_assert_int_eq(claim_stake(m, a, 0, NONE), 0);
    ck_assert_uint_eq(m->heap.claimed_total, 0);
}
END_TEST

// Redeemed: the page's node first, then the host-wide part, then other nodes.
START_TEST(set_redemption) {
    struct domain *a = domain_new(1, 3);
    const struct claim_entry set[] = {{512, 0}, {1024, 1}, {512, NONE}};

    ck_assert_int_eq(claim_stake_set(m, a, set, 3), 0);
    ck_assert(alloc(a, 9, 0, true));
    ck_assert_uint_eq(a->claim_node[0], 0);
    ck_assert_uint_eq(a->claim_host, 512);
    ck_assert(alloc(a, 9, 0, true));
    ck_assert_uint_eq(a->claim_host, 0);
    ck_assert_uint_eq(a->claim_node[1], 1024);
    ck_assert(alloc(a, 9, 0, true));
    ck_assert_uint_eq(a->claim_node[1], 512);
    ck_assert_uint_eq(m->heap.claimed[1], 512);
}
END_TEST

START_TEST(set_v8_rules) {
    struct domain *a = domain_new(1, 3);
    const struct claim_entry one[] = {{7, 0}};
    const struct claim_entry zero[] = {{0, NONE}};

    ck_assert_int_eq(claim_stake_set(m, a, one, 1), -EBUSY);
    ck_assert_int_eq(claim_stake_set(m, a, NULL, 0), 0);
    a->paused = true;
    ck_assert_int_eq(claim_stake_set(m, a, zero, 1), -EINVAL);
    ck_assert_int_eq(claim_stake_set(m, a, one, 1), 0);
    ck_assert_int_eq(claim_stake_set(m, a, one, 1), -EINVAL);
    ck_assert_int_eq(claim_stake_set(m, a, NULL, 0), 0);
    ck_assert_uint_eq(m->heap.claimed_total, 0);
}
END_TEST

// `tests` ends with NULL.
static TCase *kind_case(const char *name, void (*setup)(void), const TTest *const *tests) {
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, setup, host_done);
    for (; *tests; tests++)
        tcase_add_test(tcase, *tests);
    return tcase;
}

int main(void) {
    const TTest *const host[] = {host_errors, host_absolute, host_shortage, NULL};
    const TTest *const node[] = {node_errors,  node_redemption,   node_protection,
                                 node_tops_up, node_release_host, NULL};
    const TTest *const old[] = {node_redemption, node_protection, node_tops_up, old_harmless, NULL};
    const TTest *const set[] = {set_errors, set_replace_and_release, set_redemption, NULL};
    const TTest *const v8[] = {set_v8_rules, NULL};
    Suite *suite = suite_create("model-claim");
    TCase *crash = tcase_create("crash");
    TCase *old_crash = tcase_create("crash, older text");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, kind_case("host-wide", host_wide, host));
    suite_add_tcase(suite, kind_case("single node", single_node, node));
    suite_add_tcase(suite, kind_case("single node, older text", single_node_old, old));
    suite_add_tcase(suite, kind_case("claim set", claim_set, set));
    suite_add_tcase(suite, kind_case("claim set v8", claim_set_v8, v8));
    tcase_add_checked_fixture(crash, single_node, host_done);
    tcase_add_test_raise_signal(crash, node_then_host_crashes, SIGABRT);
    suite_add_tcase(suite, crash);
    tcase_add_checked_fixture(old_crash, single_node_old, host_done);
    tcase_add_test_raise_signal(old_crash, old_used_up_released_host_crashes, SIGABRT);
    tcase_add_test_raise_signal(old_crash, old_released_host_crashes, SIGABRT);
    suite_add_tcase(suite, old_crash);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
