// Cases in the formats of Xen 4.17, and of 4.18 and later.

#include "tests/lab/toolstack/numadump.h"
#include "tests/unit/unit.h"

#include <errno.h>

static const char dump_417[] = "(XEN) 'u' pressed -> dumping numa info (now = 12345678)\n"
                               "(XEN) NODE0 start->0 size->1310720 free->900000\n"
                               "(XEN) NODE1 start->1310720 size->1048576 free->1000000\n"
                               "(XEN) CPU0...3 -> NODE0\n"
                               "(XEN) Memory location of each domain:\n"
                               "(XEN) Domain 0 (total: 196608):\n"
                               "(XEN)     Node 0: 98304\n"
                               "(XEN)     Node 1: 98304\n"
                               "(XEN) Domain 1 (total: 262400):\n"
                               "(XEN)     Node 0: 400\n"
                               "(d1) HVM Loader\n"
                               "(XEN)     Node 1: 262000\n"
                               "(XEN)      2 vnodes, 2 vcpus, guest physical layout:\n"
                               "(XEN)          0: pnode   0, vcpus 0 \n"
                               "(XEN)            0000000000000000 - 0000000040000000\n"
                               "(XEN) Domain 12 (total: 7):\n"
                               "(XEN)     Node 0: 7\n"
                               "(XEN)     Node 1: 0\n";

static const char dump_420[] = "(XEN) [  123.456789] Memory location of each domain:\n"
                               "(XEN) [  123.456790] d0 (total: 100):\n"
                               "(XEN) [  123.456791]     Node 0: 100\n"
                               "(XEN) [2026-01-01 10:00:00.123] d1 (total: 30):\r\n"
                               "(XEN) [2026-01-01 10:00:00.123]     Node 0: 10\r\n"
                               "(XEN) [2026-01-01 10:00:00.123]     Node 63: 20\r\n";

static const char dump_twice[] = "(XEN) d1 (total: 5):\n(XEN)     Node 3: 5\n"
                                 "(XEN) d1 (total: 6):\n(XEN)     Node 0: 6\n";

static const char dump_cut[] = "(XEN) d1 (total: 30):\n(XEN)     Node 0: 10\n(XEN)     Node 1: 2";

static const struct {
    const char *name;
    const char *text;
    uint32_t domid;
    int rc;
    uint64_t total;
    unsigned int node;
    uint64_t pages;
    uint64_t online;
} cases[] = {
    {"4.17", dump_417, 1, 0, 262400, 1, 262000, 3},
    {"4.17, count before a mixed-in line", dump_417, 1, 0, 262400, 0, 400, 3},
    {"4.17, last domain", dump_417, 12, 0, 7, 0, 7, 3},
    {"4.17, no prefix of a domid", dump_417, 2, -ESRCH, 0, 0, 0, 0},
    {"4.20 with time stamps", dump_420, 1, 0, 30, 63, 20, UINT64_C(1) << 63 | 1},
    {"two dumps", dump_twice, 1, 0, 6, 0, 6, 1},
    {"two dumps, nothing left of the first", dump_twice, 1, 0, 6, 3, 0, 1},
    {"cut off", dump_cut, 1, 0, 30, 1, 0, 1},
    {"heading cut off", "(XEN) d1 (total: 30):", 1, -ESRCH, 0, 0, 0, 0},
    {"empty", "", 0, -ESRCH, 0, 0, 0, 0},
    {"without prefix", "d0 (total: 1):\n    Node 0: 1\n", 0, 0, 1, 0, 1, 1},
    {"node out of range", "d0 (total: 1):\n    Node 64: 1\n", 0, 0, 1, 0, 0, 0},
};

START_TEST(parsing) {
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct numa_dump dump = {0};

        ck_assert_msg(numa_dump_parse(cases[i].text, cases[i].domid, &dump) == cases[i].rc, "%s",
                      cases[i].name);
        ck_assert_msg(dump.total == cases[i].total, "%s", cases[i].name);
        ck_assert_msg(dump.pages[cases[i].node] == cases[i].pages, "%s", cases[i].name);
        ck_assert_msg(dump.online == cases[i].online, "%s", cases[i].name);
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("numadump");

    tcase_add_test(tcase, parsing);
    return unit_run("numadump", tcase);
}
