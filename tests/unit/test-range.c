// Lists of guest frames, and how a range is cut into aligned extents.

#include "lib/util/range.h"
#include "tests/unit/unit.h"

struct cut {
    const char *name;
    struct range range;
    unsigned order;
    uint64_t head, extents, tail; // pages
};

static const struct cut cuts[] = {
    {"aligned at both ends", {0x200, 0x400}, 9, 0, 0x400, 0},
    {"nothing aligned inside", {0xc0, 0x140}, 9, 0x140, 0, 0},
    {"head only", {0xc0, 0x340}, 9, 0x140, 0x200, 0},
    {"tail only", {0x200, 0x2ff}, 9, 0, 0x200, 0xff},
    {"both", {0xc0, 0x360}, 9, 0x140, 0x200, 0x20},
    {"spans a boundary without holding an extent", {0x1ff, 0x201}, 9, 1, 0x200, 0},
    {"too short by one page", {0x1ff, 0x200}, 9, 0x200, 0, 0},
    {"1 GiB above 4 GiB", {0x100000, 0x50000}, 18, 0, 0x40000, 0x10000},
    {"low memory up to the hole", {0xc0, 0xeff40}, 18, 0x3ff40, 0x80000, 0x30000},
    {"pages are extents of order 0", {7, 3}, 0, 0, 3, 0},
    {"empty", {7, 0}, 0, 0, 0, 0},
};

START_TEST(test_cut) {
    const struct cut *c = &cuts[_i];
    struct range head, extents, tail;

    range_cut(c->range, c->order, &head, &extents, &tail);
    ck_assert_msg(head.nr_pages == c->head && extents.nr_pages == c->extents &&
                      tail.nr_pages == c->tail,
                  "%s: %llu %llu %llu", c->name, (unsigned long long)head.nr_pages,
                  (unsigned long long)extents.nr_pages, (unsigned long long)tail.nr_pages);
    // The three are the range, in order, and the extents are aligned.
    ck_assert_uint_eq(head.gfn, c->range.gfn);
    ck_assert_uint_eq(extents.gfn, head.gfn + head.nr_pages);
    ck_assert_uint_eq(tail.gfn, extents.gfn + extents.nr_pages);
    if (extents.nr_pages) {
        ck_assert_uint_eq(extents.gfn % (1ULL << c->order), 0);
        ck_assert_uint_eq(extents.nr_pages % (1ULL << c->order), 0);
    }
}
END_TEST

START_TEST(test_list) {
    struct ranges ranges = {0};

    for (uint64_t i = 0; i < 100; i++)
        ck_assert_int_eq(ranges_add(&ranges, 10 * i, 5), 0);
    ck_assert_uint_eq(ranges.nr, 100);
    ck_assert_uint_eq(ranges_pages(&ranges), 500);
    ck_assert_uint_eq(ranges.list[99].gfn, 990);
    ranges_done(&ranges);
    ck_assert_uint_eq(ranges.nr, 0);
}
END_TEST

START_TEST(test_merge_and_empty) {
    struct ranges ranges = {0};

    ck_assert_int_eq(ranges_add(&ranges, 0, 0), 0);
    ck_assert_uint_eq(ranges.nr, 0);
    ck_assert_int_eq(ranges_add(&ranges, 1, 4), 0);
    ck_assert_int_eq(ranges_add(&ranges, 5, 3), 0);
    ck_assert_int_eq(ranges_add(&ranges, 9, 0), 0);
    ck_assert_uint_eq(ranges.nr, 1);
    ck_assert_uint_eq(ranges.list[0].nr_pages, 7);
    ranges_done(&ranges);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("range");

    tcase_add_loop_test(tcase, test_cut, 0, ARRAY_SIZE(cuts));
    tcase_add_test(tcase, test_list);
    tcase_add_test(tcase, test_merge_and_empty);
    return unit_run("range", tcase);
}
