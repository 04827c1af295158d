// Dividing a guest among vnodes: worked examples, and guests at random against the rules of
// virtual.h, which are judged here by walking through all frames' borders and all vCPUs.

#include "lib/numa/virtual.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MIB 256ULL // in pages
#define GIB (1024 * MIB)

static const uint64_t *plenty(void) {
    static uint64_t room[HOST_MAX_NODES];

    for (unsigned n = 0; n < HOST_MAX_NODES; n++)
        room[n] = UINT64_MAX;
    return room;
}

// --- vCPUs ---

static const struct {
    const char *name;
    unsigned vcpus, cores, nr;
    uint64_t weights[4]; // all 0: evenly
    unsigned expected[4];
} divide_cases[] = {
    {"evenly", 8, 0, 2, {0}, {4, 4}},
    {"the first get more", 7, 0, 3, {0}, {3, 2, 2}},
    {"one each", 4, 0, 4, {0}, {1, 1, 1, 1}},
    {"one vnode", 5, 0, 1, {0}, {5}},
    {"whole sockets", 12, 4, 2, {0}, {8, 4}},
    {"a socket each", 12, 4, 3, {0}, {4, 4, 4}},
    {"all in one socket: cut", 8, 8, 2, {0}, {4, 4}},
    {"two sockets, four vnodes", 8, 4, 4, {0}, {2, 2, 2, 2}},
    {"two sockets, three vnodes: one of them whole", 8, 4, 3, {0}, {4, 2, 2}},
    {"by weight", 4, 0, 2, {15, 5}, {3, 1}},
    {"by weight, in sockets", 8, 2, 2, {15, 5}, {6, 2}},
    {"by weight, each at least one", 4, 0, 3, {98, 1, 1}, {2, 1, 1}},
    {"by weight, nearest", 8, 0, 2, {3, 2}, {5, 3}},
    {"by weight, in one socket", 4, 4, 2, {1, 3}, {1, 3}},
    {"the largest weights that there are", 128, 0, 2, {1ULL << 40, 1ULL << 40}, {64, 64}},
};

START_TEST(test_divide) {
    const struct virtual_guest guest = {.nr_vcpus = divide_cases[_i].vcpus,
                                        .cores_per_socket = divide_cases[_i].cores,
                                        .low_pages = 123};
    const uint64_t *weights = divide_cases[_i].weights[0] ? divide_cases[_i].weights : NULL;
    struct vnodes vnodes = {0};
    struct error err = {0};

    ck_assert_int_eq(virtual_divide(&guest, weights, divide_cases[_i].nr, &vnodes, &err), 0);
    ck_assert_uint_eq(vnodes.nr, divide_cases[_i].nr);
    ck_assert_uint_eq(vnodes.low_pages, 123);
    for (unsigned i = 0; i < vnodes.nr; i++)
        ck_assert_msg(vnodes.vnode[i].nr_vcpus == divide_cases[_i].expected[i],
                      "%s: vnode %u has %u", divide_cases[_i].name, i, vnodes.vnode[i].nr_vcpus);
}
END_TEST

static const struct {
    unsigned vcpus, nr;
    const char *error;
} refusals[] = {
    {2, 3, "3 vnodes are more than the guest's 2 vCPUs"},
    {64, 33, "33 vnodes are more than the 32 that Xen takes"},
    {129, 2, "the guest has 129 vCPUs, and hvmloader tells the nodes of 128 at most"},
};

START_TEST(test_divide_refusals) {
    const struct virtual_guest guest = {.nr_vcpus = refusals[_i].vcpus};
    struct vnodes vnodes = {0};
    struct error err = {0};

    ck_assert_int_eq(virtual_divide(&guest, NULL, refusals[_i].nr, &vnodes, &err), -EINVAL);
    ck_assert_str_eq(err.text, refusals[_i].error);
    error_done(&err);
}
END_TEST

// --- memory ---

static const struct {
    const char *name;
    uint64_t low, all; // MiB
    unsigned nr;
    unsigned vcpus[4];
    uint64_t room[4];     // MiB; all 0: plenty
    uint64_t expected[4]; // MiB
} size_cases[] = {
    {"halves", 3840, 4096, 2, {1, 1}, {0}, {2048, 2048}},
    {"three to one", 3840, 4096, 2, {3, 1}, {0}, {3072, 1024}},
    {"2 MiB, not 1", 3840, 4098, 2, {1, 1}, {0}, {2048, 2050}},
    {"odd memory: the last has it", 3840, 4097, 2, {1, 1}, {0}, {2048, 2049}},
    {"a third", 1024, 1024, 3, {1, 1, 1}, {0}, {342, 340, 342}},
    // 10240 would be at 10496 MiB of addresses; 10240 is 256 away, less than a 32nd.
    {"1 GiB above the hole", 3840, 20480, 2, {2, 2}, {0}, {9984, 10496}},
    // 256 away from 4096: more than a 32nd.
    {"too far for 1 GiB", 3840, 8192, 2, {1, 1}, {0}, {4096, 4096}},
    // 8192 is at 8448; 8192 is 256 away, just a 32nd.
    {"just near enough for 1 GiB", 3840, 16384, 2, {1, 1}, {0}, {7936, 8448}},
    {"just too far for 1 GiB", 3840, 16388, 2, {1, 1}, {0}, {8194, 8194}},
    {"no room for 1 GiB", 3840, 20480, 2, {2, 2}, {10300, 10300}, {10240, 10240}},
    {"no room for either: 1 GiB costs nothing",
     3840,
     20480,
     2,
     {2, 2},
     {5000, 20000},
     {9984, 10496}},
    {"at the hole, which is no multiple of 1 GiB", 3840, 7680, 2, {1, 1}, {0}, {3840, 3840}},
    {"near the hole", 3840, 7690, 2, {1, 1}, {0}, {3840, 3850}},
    {"a hole of 2 GiB", 2048, 8192, 4, {1, 1, 1, 1}, {0}, {2048, 2048, 2048, 2048}},
    {"128 GiB in thirds", 3840, 131072, 3, {2, 2, 2}, {0}, {43776, 44032, 43264}},
};

START_TEST(test_size) {
    struct virtual_guest guest = {.low_pages = size_cases[_i].low * MIB,
                                  .nr_pages = size_cases[_i].all * MIB};
    struct vnodes vnodes = {.nr = size_cases[_i].nr, .low_pages = guest.low_pages};
    uint64_t room[HOST_MAX_NODES] = {0};
    struct error err = {0};

    for (unsigned i = 0; i < vnodes.nr; i++) {
        vnodes.vnode[i] = (struct vnode){.node = i, .nr_vcpus = size_cases[_i].vcpus[i]};
        guest.nr_vcpus += size_cases[_i].vcpus[i];
        room[i] = size_cases[_i].room[i] * MIB;
    }
    ck_assert_int_eq(virtual_size(&guest, room[0] ? room : plenty(), &vnodes, &err), 0);
    for (unsigned i = 0; i < vnodes.nr; i++)
        ck_assert_msg(vnodes.vnode[i].nr_pages == size_cases[_i].expected[i] * MIB,
                      "%s: vnode %u has %llu pages, %llu MiB", size_cases[_i].name, i,
                      (unsigned long long)vnodes.vnode[i].nr_pages,
                      (unsigned long long)(vnodes.vnode[i].nr_pages / MIB));
}
END_TEST

START_TEST(test_size_too_small) {
    const struct virtual_guest guest = {.nr_vcpus = 8, .low_pages = 16 * MIB, .nr_pages = 16 * MIB};
    struct vnodes vnodes = {.nr = 2, .vnode = {{0, 7, 0}, {1, 1, 0}}};
    struct error err = {0};

    ck_assert_int_eq(virtual_size(&guest, plenty(), &vnodes, &err), -EINVAL);
    ck_assert_str_eq(err.text, "vnode 1 would have less than 4 MiB of memory, which Linux ignores");
    error_done(&err);
}
END_TEST

// --- lists ---

START_TEST(test_check) {
    const struct virtual_guest guest = {.nr_vcpus = 3, .nr_pages = 3 * GIB};
    struct vnodes vnodes = {.nr = 2, .vnode = {{0, 1, GIB}, {1, 2, 2 * GIB}}};
    struct error err = {0};

    ck_assert_int_eq(virtual_check(&guest, &vnodes, &err), 0);
    vnodes.vnode[1].nr_vcpus = 3;
    ck_assert_int_eq(virtual_check(&guest, &vnodes, &err), -EINVAL);
    ck_assert_str_eq(err.text, "its vnodes have 4 vCPUs, but the guest has 3");
    vnodes.vnode[1] = (struct vnode){1, 2, GIB};
    ck_assert_int_eq(virtual_check(&guest, &vnodes, &err), -EINVAL);
    ck_assert_str_eq(err.text, "its vnodes have 2048 MiB, but the guest has 3072 MiB");
    error_done(&err);
}
END_TEST

// --- at random ---

static unsigned pick(unsigned from, unsigned to) {
    return from + (unsigned)(random() % (to - from + 1));
}

// No socket has parts of two vnodes unless all of both is in it.
static void judge_sockets(const struct virtual_guest *guest, const struct vnodes *vnodes) {
    unsigned first = 0;

    for (unsigned i = 0; i < vnodes->nr; i++) {
        unsigned end = first + vnodes->vnode[i].nr_vcpus, cores = guest->cores_per_socket;
        bool whole = first % cores == 0 && end % cores == 0;

        ck_assert_uint_gt(end, first);
        ck_assert(whole || first / cores == (end - 1) / cores);
        first = end;
    }
    ck_assert_uint_eq(first, guest->nr_vcpus);
}

static uint64_t address(const struct virtual_guest *guest, uint64_t page) {
    return page < guest->low_pages ? page : 4 * GIB + page - guest->low_pages;
}

static uint64_t shortage(const struct vnodes *vnodes, const uint64_t *sizes, const uint64_t *room) {
    uint64_t lack = 0;

    for (unsigned n = 0; n < HOST_MAX_NODES; n++) {
        uint64_t pages = 0;

        for (unsigned i = 0; i < vnodes->nr; i++)
            pages += vnodes->vnode[i].node == n ? sizes[i] : 0;
        lack += pages > room[n] ? pages - room[n] : 0;
    }
    return lack;
}

// Borders are at 2 MiB or the hole, and within 1 MiB or a 32nd of the neighbours from where they
// would be exactly; what goes beyond 1 MiB ends at 1 GiB, and lacks no more than exact sizes do.
static void judge_sizes(const struct virtual_guest *guest, const struct vnodes *vnodes,
                        const uint64_t *room) {
    double all = (double)guest->nr_pages, vcpus = (double)guest->nr_vcpus, before = 0;
    uint64_t sizes[VNODES_MAX] = {0}, exact[VNODES_MAX] = {0}, border = 0;
    bool moved = false;

    for (unsigned i = 0; i < vnodes->nr; i++) {
        sizes[i] = vnodes->vnode[i].nr_pages;
        exact[i] = (uint64_t)(all * vnodes->vnode[i].nr_vcpus / vcpus);
        ck_assert_uint_ge(sizes[i], 4 * MIB);
    }
    for (unsigned i = 0; i + 1 < vnodes->nr; i++) {
        double off, slack = (double)(exact[i] < exact[i + 1] ? exact[i] : exact[i + 1]) / 32;
        uint64_t at;

        border += sizes[i];
        before += all * vnodes->vnode[i].nr_vcpus / vcpus;
        off = (double)border > before ? (double)border - before : before - (double)border;
        at = address(guest, border);
        ck_assert(at % 512 == 0 || border == guest->low_pages);
        if (off <= 257)
            continue;
        moved = true;
        ck_assert(at % GIB == 0 || border == guest->low_pages);
        ck_assert(off <= slack + 1);
    }
    ck_assert_uint_eq(border + sizes[vnodes->nr - 1], guest->nr_pages);
    if (moved)
        ck_assert_uint_le(shortage(vnodes, sizes, room),
                          shortage(vnodes, exact, room) + 257UL * vnodes->nr);
}

static struct virtual_guest random_guest(void) {
    struct virtual_guest guest = {.cores_per_socket = pick(1, 8)};
    uint64_t low = 1024 * pick(1, 3) + 256 * pick(0, 3), all;

    guest.nr_vcpus = guest.cores_per_socket * pick(1, 128 / guest.cores_per_socket);
    all = pick(0, 1) ? pick(600, 8192) : 1024 * pick(1, 512);
    guest.nr_pages = all * MIB;
    guest.low_pages = (all < low ? all : low) * MIB;
    return guest;
}

START_TEST(test_random) {
    srandom((unsigned)_i);
    for (unsigned round = 0; round < 1000; round++) {
        struct virtual_guest guest = random_guest();
        unsigned nr = pick(1, guest.nr_vcpus < 32 ? guest.nr_vcpus : 32);
        uint64_t weights[VNODES_MAX], room[HOST_MAX_NODES] = {0};
        struct vnodes vnodes = {0};
        struct error err = {0};

        for (unsigned i = 0; i < nr; i++)
            weights[i] = pick(1, 1000000);
        ck_assert_int_eq(virtual_divide(&guest, pick(0, 1) ? weights : NULL, nr, &vnodes, &err), 0);
        judge_sockets(&guest, &vnodes);
        for (unsigned i = 0; i < nr; i++) {
            vnodes.vnode[i].node = pick(0, 7);
            room[vnodes.vnode[i].node] = pick(0, 2) ? UINT64_MAX / 2 : guest.nr_pages / nr;
        }
        // Some are too small for so many.
        if (!virtual_size(&guest, room, &vnodes, &err))
            judge_sizes(&guest, &vnodes, room);
        else
            ck_assert_uint_lt(guest.nr_pages / guest.nr_vcpus, 6 * MIB);
        error_done(&err);
    }
}
END_TEST

// By weight: whoever has more than its least is within one unit of its share.
START_TEST(test_random_weights) {
    srandom((unsigned)_i + 100);
    for (unsigned round = 0; round < 1000; round++) {
        struct virtual_guest guest = {.nr_vcpus = pick(1, 128)};
        unsigned nr = pick(1, guest.nr_vcpus < 32 ? guest.nr_vcpus : 32);
        struct vnodes vnodes = {0};
        struct error err = {0};
        uint64_t weights[VNODES_MAX];
        double sum = 0;

        for (unsigned i = 0; i < nr; i++) {
            weights[i] = pick(1, 1000);
            sum += (double)weights[i];
        }
        ck_assert_int_eq(virtual_divide(&guest, weights, nr, &vnodes, &err), 0);
        for (unsigned i = 0; i < nr; i++)
            ck_assert(vnodes.vnode[i].nr_vcpus == 1 ||
                      vnodes.vnode[i].nr_vcpus < guest.nr_vcpus * (double)weights[i] / sum + 1);
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("virtual");

    tcase_add_loop_test(tcase, test_divide, 0, ARRAY_SIZE(divide_cases));
    tcase_add_loop_test(tcase, test_divide_refusals, 0, ARRAY_SIZE(refusals));
    tcase_add_loop_test(tcase, test_size, 0, ARRAY_SIZE(size_cases));
    tcase_add_test(tcase, test_size_too_small);
    tcase_add_test(tcase, test_check);
    tcase_add_loop_test(tcase, test_random, 0, 4);
    tcase_add_loop_test(tcase, test_random_weights, 0, 4);
    return unit_run("virtual", tcase);
}
