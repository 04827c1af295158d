// vCPUs run, in the mean, evenly on the CPUs of the nodes that they belong to; without an affinity
// on all CPUs of the host. So many pages on a node are strays, and do not count as being there:
// 16 MiB, as xapi has it.

#include "tests/bench/churn/measure.h"

#define STRAY_PAGES 4096

static void shares(const struct host *host, const struct guest *guest, double ret[HOST_MAX_NODES]) {
    double all = 0;

    for (unsigned n = 0; n < host->nr_nodes; n++) {
        ret[n] = nodeset_has(guest->cpu_nodes, n) ? host->node[n].nr_cpus : 0;
        all += ret[n];
    }
    for (unsigned n = 0; n < host->nr_nodes; n++)
        ret[n] /= all;
}

void measure_vcpus(const struct host *host, const struct guest *guest, int sign,
                   double vcpus[HOST_MAX_NODES]) {
    double share[HOST_MAX_NODES];

    shares(host, guest, share);
    for (unsigned n = 0; n < host->nr_nodes; n++)
        vcpus[n] += sign * share[n] * guest->vcpus;
}

double measure_cost(const struct host *host, const struct guest *guest) {
    double share[HOST_MAX_NODES], sum = 0;

    shares(host, guest, share);
    for (unsigned c = 0; c < host->nr_nodes; c++)
        for (unsigned n = 0; n < host->nr_nodes; n++)
            sum += share[c] * (double)guest->node_pages[n] * host->distance[c][n];
    return sum / (double)guest->pages;
}

void measure_guest(struct measure *sum, const struct site *site, const struct guest *guest) {
    const struct host *host = &site->machine.host;
    double cost = measure_cost(host, guest), share[HOST_MAX_NODES];
    unsigned hundredths = (unsigned)(100 * cost + 0.5), nodes = 0;
    bool neighbour = false;

    shares(host, guest, share);
    for (unsigned n = 0; n < host->nr_nodes; n++) {
        bool there = guest->node_pages[n] > STRAY_PAGES;

        nodes += there;
        neighbour |= there && !nodeset_has(guest->cpu_nodes, n);
        sum->local_pages += share[n] * (double)guest->node_pages[n];
    }
    sum->several += nodes > 1;
    sum->neighbours += neighbour;
    sum->cost += cost;
    sum->cost_pages += cost * (double)guest->pages;
    sum->pages += guest->pages;
    sum->pages_1g += guest->pages_1g;
    sum->pages_2m += guest->pages_2m;
    sum->pages_4k += guest->pages_4k;
    sum->costs[hundredths < MEASURE_MAX_COST ? hundredths : MEASURE_MAX_COST - 1]++;
}

// Frames in free blocks of the order and larger.
static uint64_t free_in_blocks(struct model *m, unsigned node, unsigned order) {
    uint64_t sum = 0;

    for (; order <= HEAP_MAX_ORDER; order++)
        for (unsigned zone = 0; zone < HEAP_NR_ZONES; zone++)
            for (uint32_t i = m->heap.free[node][zone][order].head; i != CELL_NONE;
                 i = cell_at(&m->pool, i)->next)
                sum += 1ULL << order;
    return sum;
}

void measure_host(struct measure *sum, const struct site *site,
                  const double vcpus[HOST_MAX_NODES]) {
    struct model *m = site->machine.m;
    unsigned nr = site->machine.host.nr_nodes;
    double all = 0, most = 0, in_1g = 0, in_2m = 0;

    for (unsigned n = 0; n < nr; n++) {
        all += vcpus[n];
        most = vcpus[n] > most ? vcpus[n] : most;
        in_1g += (double)free_in_blocks(m, n, 18);
        in_2m += (double)free_in_blocks(m, n, 9);
    }
    sum->samples++;
    sum->used += 1 - (double)m->heap.total_free / (double)site->machine.guest_pages;
    sum->imbalance += all > 0 ? most * nr / all : 1;
    sum->free_1g += in_1g / (double)m->heap.total_free;
    sum->free_2m += in_2m / (double)m->heap.total_free;
}

void measure_add(struct measure *sum, const struct measure *part) {
    sum->starts += part->starts;
    sum->refused += part->refused;
    sum->several += part->several;
    sum->neighbours += part->neighbours;
    sum->cost += part->cost;
    sum->cost_pages += part->cost_pages;
    sum->local_pages += part->local_pages;
    sum->pages += part->pages;
    sum->pages_1g += part->pages_1g;
    sum->pages_2m += part->pages_2m;
    sum->pages_4k += part->pages_4k;
    for (unsigned i = 0; i < MEASURE_MAX_COST; i++)
        sum->costs[i] += part->costs[i];
    sum->samples += part->samples;
    sum->used += part->used;
    sum->imbalance += part->imbalance;
    sum->free_1g += part->free_1g;
    sum->free_2m += part->free_2m;
}

// The cost that 95 of 100 guests do not exceed.
static double cost_p95(const struct measure *measure) {
    unsigned done = measure->starts - measure->refused, sum = 0;

    for (unsigned i = 0; i < MEASURE_MAX_COST; i++) {
        sum += measure->costs[i];
        if (sum * 100 >= done * 95)
            return i / 100.0;
    }
    return 0;
}

void measure_print(FILE *out, const struct measure *measure) {
    double guests = measure->starts - measure->refused, pages = (double)measure->pages;
    double samples = measure->samples;

    fprintf(out, "starts=%u refused=%u several=%u neighbours=%u", measure->starts, measure->refused,
            measure->several, measure->neighbours);
    fprintf(out, " cost=%.3f p95=%.2f cost_memory=%.3f local=%.2f", measure->cost / guests,
            cost_p95(measure), measure->cost_pages / pages, 100 * measure->local_pages / pages);
    fprintf(out, " in_1g=%.2f in_2m=%.2f", 100 * (double)measure->pages_1g / pages,
            100 * (double)(measure->pages_1g + measure->pages_2m) / pages);
    fprintf(out, " used=%.1f imbalance=%.3f free_1g=%.1f free_2m=%.1f",
            100 * measure->used / samples, measure->imbalance / samples,
            100 * measure->free_1g / samples, 100 * measure->free_2m / samples);
}
