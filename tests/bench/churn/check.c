// Nothing here compares with what the program did before, but the last check: it says that a count
// has changed. A change that is meant is taken over with `make bench-churn-expect`.

#include "tests/bench/churn/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/churn/arrivals.h"
#include "tests/bench/churn/simulation.h"

#define TEXT 4096
#define CLOSE 0.05 // costs: borders between superpages, and page tables that take their room

static int passed, failed;

static void check(bool good, const char *what, double is, double limit) {
    passed += good;
    failed += !good;
    if (!good)
        printf("FAIL %s: %g, limit %g\n", what, is, limit);
}

// --- arrivals ---

// Published: arrivals.c.
static void check_arrivals(void) {
    struct arrival_means means = arrivals_means(), sum = {0};
    struct prng prng = {.state = 7};
    unsigned nr = 200000, small = 0, few = 0;

    for (unsigned i = 0; i < nr; i++) {
        struct arrival arrival = arrivals_next(&prng);

        sum.hours += arrival.hours / nr;
        sum.vcpus += (double)arrival.vcpus / nr;
        small += arrival.mib < 4096;
        few += arrival.vcpus <= 2;
    }
    check(fabs(means.hours - 51.8) < 1.5, "mean lifetime in hours", means.hours, 51.8);
    check(fabs(means.vcpus - 2.28) < 0.03, "mean vCPUs", means.vcpus, 2.28);
    check(fabs(sum.hours - means.hours) < 2, "drawn lifetimes", sum.hours, means.hours);
    check(fabs(sum.vcpus - means.vcpus) < 0.05, "drawn vCPUs", sum.vcpus, means.vcpus);
    check(fabs(small * 1.0 / nr - 0.70) < 0.01, "below 4 GiB", small * 1.0 / nr, 0.70);
    check(fabs(few * 1.0 / nr - 0.78) < 0.03, "one or two vCPUs", few * 1.0 / nr, 0.78);
}

// --- one guest on an idle host, against all sets of nodes ---

static double cost_on(const struct host *host, nodeset set, uint64_t need) {
    double cost = 0, left = (double)need, share = 1.0 / nodeset_count(set);
    double have[HOST_MAX_NODES] = {0}, distance[HOST_MAX_NODES] = {0};

    for (unsigned n = 0; n < host->nr_nodes; n++) {
        double part = nodeset_has(set, n) ? (double)need * share : 0;

        for (nodeset rest = set; rest; rest &= rest - 1)
            distance[n] += share * host->distance[nodeset_first(rest)][n];
        have[n] = (double)(host->node[n].free_pages - host->node[n].low_pages);
        part = part < have[n] ? part : have[n];
        have[n] -= part;
        left -= part;
        cost += part * distance[n];
    }
    while (left > 0.5) {
        unsigned best = 0;

        for (unsigned n = 1; n < host->nr_nodes; n++)
            if (have[n] > 0.5 && (have[best] <= 0.5 || distance[n] < distance[best]))
                best = n;
        if (have[best] <= 0.5)
            return INFINITY;
        cost += (left < have[best] ? left : have[best]) * distance[best];
        left -= left < have[best] ? left : have[best];
        have[best] = 0;
    }
    return cost / (double)need;
}

static double best_cost(const struct host *host, unsigned vcpus, uint64_t need) {
    double best = INFINITY;

    for (nodeset set = 1; set < 1ULL << host->nr_nodes; set++) {
        double cost = cost_on(host, set, need);
        unsigned cores = 0;

        for (nodeset rest = set; rest; rest &= rest - 1)
            cores += host->node[nodeset_first(rest)].nr_cores;
        if (cores >= vcpus && cost < best)
            best = cost;
    }
    return best;
}

static void check_single(enum churn_host which, unsigned vcpus, uint64_t mib) {
    struct site site = {.rule = rule_find("ours")};
    struct error err = {0};
    struct guest *guest = NULL;
    char what[64];

    snprintf(what, sizeof(what), "%u nodes, alone: %u vCPUs, %llu MiB", HOSTS_NODES(which), vcpus,
             (unsigned long long)mib);
    if (!machine_boot(which, &site.machine, &err)) {
        struct host host = machine_snapshot(&site.machine);
        double best = best_cost(&host, vcpus, mib * HOST_PAGES_PER_MIB), cost = INFINITY;

        guest = guest_create(&site.machine, vcpus, mib);
        if (guest && site_enter(&site, guest))
            cost = measure_cost(&host, guest);
        check(fabs(cost - best) < CLOSE, what, cost, best);
    } else {
        check(false, what, 0, 0);
    }
    if (guest)
        guest_destroy(&site.machine, guest);
    error_done(&err);
    machine_done(&site.machine);
}

// --- some weeks of a host ---

static void run(const char *rule, uint64_t seed, struct simulation_result *ret) {
    const struct simulation simulation = {.rule = rule_find(rule),
                                          .host = HOST_4_NODES,
                                          .level = 80,
                                          .warmup = 50,
                                          .starts = 300,
                                          .seed = seed};
    struct error err = {0};

    if (simulation_run(&simulation, ret, &err))
        snprintf(ret->wrong, sizeof(ret->wrong), "%s", err.text);
    error_done(&err);
}

// Whoever places: no page is lost or counted twice.
static void check_books(const struct simulation_result *r) {
    uint64_t sum = r->all.pages_1g + r->all.pages_2m + r->all.pages_4k;

    check(!*r->wrong, r->wrong, 0, 0);
    check(r->left_pages == 0, "pages lost", (double)r->left_pages, 0);
    check(r->all.refused || sum == r->all.pages, "pages by size", (double)sum,
          (double)r->all.pages);
    check(r->all.starts == 300, "starts", r->all.starts, 300);
}

static double mean_cost(const struct simulation_result *r) {
    return r->all.cost / (r->all.starts - r->all.refused);
}

static void counts_print(char *text, const char *rule, const struct simulation_result *r) {
    size_t used = strlen(text);

    snprintf(text + used, TEXT - used,
             "%s refused=%u several=%u neighbours=%u pages=%llu 1g=%llu 2m=%llu hash=%016llx\n",
             rule, r->all.refused, r->all.several, r->all.neighbours,
             (unsigned long long)r->all.pages, (unsigned long long)r->all.pages_1g,
             (unsigned long long)r->all.pages_2m, (unsigned long long)r->hash);
}

static void check_expected(const char *path, const char *text, bool update) {
    char before[TEXT] = "";
    FILE *f = fopen(path, update ? "w" : "r");
    size_t size = 0;

    if (f && update)
        fputs(text, f);
    else if (f)
        size = fread(before, 1, sizeof(before) - 1, f);
    before[size] = '\0';
    if (f)
        fclose(f);
    if (update || !strcmp(before, text)) {
        passed++;
        return;
    }
    failed++;
    printf("FAIL placements are not as before (on purpose? make bench-churn-expect):\n-%s+%s",
           before, text);
}

static void check_weeks(const char *expected, bool update) {
    static const char *const names[] = {"stock", "xcp-ng", "xenserver", "ours"};
    struct simulation_result *r = calloc(5, sizeof(*r));
    char text[TEXT] = "";

    if (!r)
        abort();
    for (unsigned i = 0; i < 4; i++) {
        run(names[i], 1, &r[i]);
        check_books(&r[i]);
        counts_print(text, names[i], &r[i]);
    }
    for (unsigned i = 0; i < 3; i++)
        check(mean_cost(&r[3]) <= mean_cost(&r[i]), names[i], mean_cost(&r[3]), mean_cost(&r[i]));
    check(r[3].all.refused <= r[0].all.refused, "refused", r[3].all.refused, r[0].all.refused);
    run("ours", 1, &r[4]);
    check(r[4].hash == r[3].hash, "the same guests are placed alike", 0, 0);
    run("ours", 2, &r[4]);
    check(r[4].hash != r[3].hash, "others are not", 0, 0);
    check_expected(expected, text, update);
    free(r);
}

int check_all(const char *expected, bool update) {
    static const struct {
        unsigned vcpus, mib;
    } guests[] = {{1, 768}, {2, 3584}, {4, 28672}, {8, 14336}, {8, 57344}, {16, 114688}};

    check_arrivals();
    for (unsigned host = 0; host < HOST_NR; host++)
        for (unsigned i = 0; i < sizeof(guests) / sizeof(*guests); i++)
            check_single((enum churn_host)host, guests[i].vcpus, guests[i].mib);
    check_weeks(expected, update);
    printf("%d passed, %d failed\n", passed, failed);
    return failed;
}
