// Machines made from descriptions: what is held back for DMA, and which nodes follow from the CPUs.
//
// Expected values: Xen's rules. By itself it holds back min(32, the bits of the last frame of the
// first quarter of the first node) where there are several nodes; a node's memory above that comes
// first, then other nodes' memory, then what is held back. Automatic node affinity is the nodes of
// the CPUs of the pool in the soft masks within the hard ones, else of the hard ones.

#include "tests/model/domain.h"
#include "tests/model/host.h"
#include "tests/unit/model-host.h"

#include <stdio.h>

#define GIB_PAGES (1ULL << 18)
#define MAX_STEPS 12

static struct hostfile file;

// A host of nodes with so many GiB and CPUs; the list ends with neither.
static void host_new(const unsigned (*nodes)[2], const char *command_line) {
    const struct host_options options = {0};
    struct error err = {0};

    m = mmap(NULL, MODEL_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
             -1, 0);
    ck_assert_ptr_ne(m, MAP_FAILED);
    model_init(m, NR_CELLS, MODEL_XEN_4_17);
    snprintf(m->config.command_line, MODEL_COMMAND_LINE, "%s", command_line);
    file = (struct hostfile){.threads_per_core = 1};
    for (unsigned n = 0; nodes[n][0] || nodes[n][1]; n++) {
        file.host.node[n] = (struct host_node){.online = true,
                                               .size_pages = nodes[n][0] * GIB_PAGES,
                                               .free_pages = nodes[n][0] * GIB_PAGES,
                                               .nr_cpus = nodes[n][1]};
        file.host.nr_nodes = n + 1;
    }
    ck_assert_int_eq(host_make(m, &file, &options, &err), 0);
    check_heap();
}

static const struct {
    const char *name;
    unsigned nodes[4][2]; // GiB, CPUs
    const char *command_line;
    unsigned bits; // held back; 0: none
} windows[] = {
    // A quarter of 18 GiB, hole included, ends beyond 4 GiB.
    {"16 GiB", {{16, 1}, {16, 1}}, "", 32},
    // Exactly at 1 GiB: 2 GiB and 2 GiB from 4 GiB on end at 6 GiB, a quarter of which is 1.5 GiB.
    {"4 GiB", {{4, 1}, {16, 1}}, "", 31},
    {"2 GiB", {{2, 1}, {16, 1}}, "", 29},
    {"the first has no memory", {{0, 1}, {2, 1}, {16, 1}}, "", 29},
    {"one node", {{16, 1}}, "", 0},
    {"one node, told", {{16, 1}}, "dma_bits=31", 31},
    {"told", {{16, 1}, {16, 1}}, "com1 dma_bits=31 noreboot", 31},
    {"told twice", {{16, 1}, {16, 1}}, "dma_bits=31 dma_bits=30", 30},
    {"told nonsense", {{16, 1}, {16, 1}}, "dma_bits=30 dma_bits=13", 30},
    {"told nothing", {{16, 1}, {16, 1}}, "dma_bits=0 xdma_bits=30", 32},
};

START_TEST(window) {
    host_new(windows[_i].nodes, windows[_i].command_line);
    ck_assert_msg(m->heap.dma_zone == (windows[_i].bits ? windows[_i].bits - 12 : 0),
                  "%s: zones up to %u", windows[_i].name, m->heap.dma_zone);
    host_done();
}
END_TEST

// 4 GiB: 1 MiB to 2 GiB, where only the second GiB is whole, and 4 to 6 GiB; then 2 GiB of node 1.
static const struct {
    const char *command_line;
    uint64_t first[MAX_STEPS]; // of extents of 1 GiB that a domain gets which prefers node 0
} orders[] = {
    {"dma_bits=30", {0x100000, 0x140000, 0x40000, 0x1c0000, 0}},
    {"dma_bits=31", {0x100000, 0x140000, 0x1c0000, 0x40000, 0}},
    {"dma_bits=32", {0x100000, 0x140000, 0x1c0000, 0x40000, 0}},
};

START_TEST(low_memory_last) {
    static const unsigned nodes[][2] = {{4, 1}, {2, 1}, {0, 0}};
    const struct heap_request req = {.order = 18, .node = 0};
    struct domain *d;

    host_new(nodes, orders[_i].command_line);
    d = domain_new(1, 3);
    for (unsigned i = 0; i < MAX_STEPS; i++) {
        struct heap_piece piece = {0};
        int rc = domain_alloc(m, d, &req, &piece);

        ck_assert_msg(piece.mfn == orders[_i].first[i], "%s: extent %u at %#lx",
                      orders[_i].command_line, i, (unsigned long)piece.mfn);
        if (rc)
            break;
    }
    host_done();
}
END_TEST

START_TEST(span) {
    static const unsigned nodes[][2] = {{4, 1}, {0, 1}, {2, 1}, {0, 0}};
    uint64_t first;

    host_new(nodes, "");
    ck_assert_uint_eq(heap_node_span(&m->heap, 0, &first), 6 * GIB_PAGES);
    ck_assert_uint_eq(first, 0);
    ck_assert_uint_eq(heap_node_span(&m->heap, 1, &first), 0);
    ck_assert_uint_eq(heap_node_span(&m->heap, 2, &first), 2 * GIB_PAGES);
    ck_assert_uint_eq(first, 6 * GIB_PAGES);
    host_done();
}
END_TEST

// Nodes 0 and 1 with two CPUs each, 2 with memory only, 3 with two CPUs only; CPUs 0 to 5.
static const struct {
    const char *name;
    uint64_t pool_1; // CPUs in pool 1; the rest is in 0
    unsigned pool;   // the domain's
    uint64_t hard, soft, nodes;
} affinities[] = {
    {"all", 0, 0, UINT64_MAX, UINT64_MAX, 0xb},
    {"soft", 0, 0, UINT64_MAX, 0x10, 0x8},
    {"hard and soft", 0, 0, 0x6, 0x14, 0x2},
    {"soft outside of hard", 0, 0, 0x6, 0x10, 0x3},
    {"the pool", 0x3c, 1, UINT64_MAX, UINT64_MAX, 0xa},
    {"the other pool", 0x3c, 0, UINT64_MAX, UINT64_MAX, 0x1},
    {"soft outside of the pool", 0x30, 1, UINT64_MAX, 0x3, 0x8},
    {"hard across pools", 0x3c, 1, 0x07, UINT64_MAX, 0x2},
};

START_TEST(auto_affinity) {
    static const unsigned nodes[][2] = {{2, 2}, {2, 2}, {2, 0}, {0, 2}, {0, 0}};
    struct domain *d;

    host_new(nodes, "");
    ck_assert_int_eq(m->nr_cpus, 6);
    for (unsigned cpu = 0; cpu < m->nr_cpus; cpu++)
        m->cpu[cpu].pool = (affinities[_i].pool_1 >> cpu) & 1;
    ck_assert_int_eq(domain_create(m, 1, &d), 0);
    d->cpupool = affinities[_i].pool;
    ck_assert_int_eq(domain_set_vcpus(m, d, 1), 0);
    d->vcpu[0].hard.word[0] = affinities[_i].hard;
    d->vcpu[0].soft.word[0] = affinities[_i].soft;
    domain_update_affinity(m, d);
    ck_assert_msg(d->node_affinity == affinities[_i].nodes, "%s: %#lx", affinities[_i].name,
                  (unsigned long)d->node_affinity);
    host_done();
}
END_TEST

START_TEST(pools) {
    static const unsigned nodes[][2] = {{2, 4}, {0, 0}};
    struct cpu_mask cpus;
    uint32_t pool;

    host_new(nodes, "");
    ck_assert(cpu_pool_next(m, 0, &pool, &cpus) && pool == 0 && cpus.word[0] == 0xf);
    ck_assert(!cpu_pool_next(m, 1, &pool, NULL));
    m->cpu[0].pool = m->cpu[1].pool = 7;
    m->cpu[2].pool = 5;
    m->cpu[3].pool = CPU_NO_POOL;
    // Pool 0 is there even without a CPU.
    ck_assert(cpu_pool_next(m, 0, &pool, &cpus) && pool == 0 && cpus.word[0] == 0);
    ck_assert(cpu_pool_next(m, 1, &pool, &cpus) && pool == 5 && cpus.word[0] == 0x4);
    ck_assert(cpu_pool_next(m, 6, &pool, &cpus) && pool == 7 && cpus.word[0] == 0x3);
    ck_assert(!cpu_pool_next(m, 8, &pool, NULL));
    ck_assert_uint_eq(cpu_pool_cpus(m, CPU_NO_POOL).word[0], 0x8);
    host_done();
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

int main(void) {
    Suite *suite = suite_create("model-host");
    TCase *tcase = tcase_create("hosts");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, window, 0, COUNT(windows));
    tcase_add_loop_test(tcase, low_memory_last, 0, COUNT(orders));
    tcase_add_test(tcase, span);
    tcase_add_loop_test(tcase, auto_affinity, 0, COUNT(affinities));
    tcase_add_test(tcase, pools);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
