// How long a plan takes, for hosts of 1 to 64 nodes of every shape, and guests of every size; and
// the same with numa-max-nodes, half as many as the host has.

#include <stdio.h>
#include <time.h>

#include "lib/numa/planner.h"
#include "tests/unit/numa-hosts.h"

#define NODE_PAGES 16000000U // 61 GiB
#define GUESTS 20
#define REPEAT 20

static uint64_t nanoseconds(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// The quickest of some repetitions: what the plan takes when nobody disturbs.
static uint64_t plan_time(const struct plan_request *request) {
    uint64_t quickest = UINT64_MAX;

    for (int i = 0; i < REPEAT; i++) {
        struct plan plan = {0};
        struct error err = {0};
        uint64_t start = nanoseconds();
        int rc = plan_make(request, &plan, &err);
        uint64_t took = nanoseconds() - start;

        if (rc && !request->policy->max_nodes)
            fprintf(stderr, "no plan: %s\n", err.text);
        plan_done(&plan);
        error_done(&err);
        quickest = took < quickest ? took : quickest;
    }
    return quickest;
}

// Guests from 1/20 to all of the free memory, below and above a hole at 4 GiB.
static void host_bench(const struct host *host, unsigned max_nodes, uint64_t *ret_mean,
                       uint64_t *ret_most) {
    struct policy policy = policy_defaults();
    uint64_t sum = 0;
    uint64_t all = 0;

    for (unsigned i = 0; i < host->nr_nodes; i++)
        all += host->node[i].free_pages;
    policy.max_nodes = max_nodes;
    *ret_most = 0;
    for (unsigned i = 1; i <= GUESTS; i++) {
        uint64_t low = 0xf0000 < all * i / GUESTS ? 0xf0000 : all * i / GUESTS;
        struct range ranges[] = {{0, low}, {0x100000, all * i / GUESTS - low}};
        struct plan_request request = {
            .host = host, .policy = &policy, .ranges = ranges, .nr_ranges = 2, .nr_vcpus = 2 * i};
        uint64_t took = plan_time(&request);

        sum += took;
        *ret_most = took > *ret_most ? took : *ret_most;
    }
    *ret_mean = sum / GUESTS;
}

static void bench(bool limited) {
    static const char *const name[SHAPE_NR] = {"uniform", "ring", "mesh",
                                               "nested",  "few",  "random"};
    static const unsigned sizes[] = {1, 2, 4, 8, 10, 16, 32, 64};

    printf("ns per plan%s, mean and most over %d guest sizes\nnodes",
           limited ? " with numa-max-nodes" : "", GUESTS);
    for (int shape = 0; shape < SHAPE_NR; shape++)
        printf("%20s", name[shape]);
    printf("\n");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        printf("%5u", sizes[i]);
        for (int shape = 0; shape < SHAPE_NR; shape++) {
            struct prng prng = {.state = sizes[i]};
            struct host host = hosts_make(&prng, (enum host_shape)shape, sizes[i], NODE_PAGES);
            uint64_t mean;
            uint64_t most;

            host_bench(&host, limited ? (sizes[i] + 1) / 2 : 0, &mean, &most);
            printf("%11llu%9llu", (unsigned long long)mean, (unsigned long long)most);
        }
        printf("\n");
    }
}

int main(void) {
    bench(false);
    bench(true);
    return 0;
}
