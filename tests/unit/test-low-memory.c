// The width below which Xen keeps memory for devices. Expected values are worked out by hand from
// Xen's rule: the bits of the last address of a quarter of the first node, at most 32; what the
// command line says instead, if it is more than a page.

#include "lib/claim/low-memory.h"
#include "lib/numa/host.h"
#include "tests/unit/unit.h"

#define GIB (1024 * HOST_PAGES_PER_MIB)

struct width {
    uint64_t first_pages, second_pages; // of nodes 0 and 1
    int second;                         // is online
    unsigned bits;
    const char *commandline;
};

static const struct width width[] = {
    // A quarter of 2 GiB is 512 MiB, which ends at 0x1fffffff.
    {2 * GIB, 2 * GIB, 1, 29, ""},
    {4 * GIB, GIB, 1, 30, ""},
    {4 * GIB + 4, GIB, 1, 31, ""},
    {16 * GIB, 16 * GIB, 1, 32, ""},
    {512 * GIB, 16 * GIB, 1, 32, ""},
    // The first node has no memory.
    {0, 8 * GIB, 1, 31, ""},
    {16 * GIB, 16 * GIB, 0, 0, ""},
    {16 * GIB, 16 * GIB, 1, 28, "dma_bits=28"},
    {16 * GIB, 16 * GIB, 1, 30, "com1=1 dma_bits=0x1e loglvl=all"},
    {16 * GIB, 16 * GIB, 1, 36, "dma_bits=28 dma_bits=36"},
    {16 * GIB, 16 * GIB, 1, 28, "dma_bits=28 dma_bits=13"},
    {16 * GIB, 16 * GIB, 1, 28, "dma_bits=28 dma_bits=0"},
    {16 * GIB, 16 * GIB, 1, 32, "dma_bits=0"},
    {16 * GIB, 16 * GIB, 1, 76, "dma_bits=4294967310"},
    {16 * GIB, 16 * GIB, 1, 32, "no-dma_bits=28"},
};

START_TEST(test_width) {
    const struct width *w = &width[_i];
    struct host host = {.nr_nodes = 2};

    host.node[0] = (struct host_node){.online = true, .size_pages = w->first_pages};
    host.node[1] = (struct host_node){.online = w->second, .size_pages = w->second_pages};
    ck_assert_uint_eq(low_memory_bits(&host, w->commandline), w->bits);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("low-memory");

    tcase_add_loop_test(tcase, test_width, 0, ARRAY_SIZE(width));
    return unit_run("low-memory", tcase);
}
