// What is measured: how each guest lies when it has started, and the state of the host then.
#ifndef CHURN_MEASURE_H
#define CHURN_MEASURE_H

#include <stdio.h>

#include "tests/bench/churn/rules.h"

#define MEASURE_MAX_COST 4096 // hundredths; above the largest distance of the hosts

struct measure {
    unsigned starts;     // guests that runs were started for
    unsigned refused;    // of them those that the host had memory for and the rule could not start
    unsigned several;    // with memory on more than one node
    unsigned neighbours; // with memory on nodes on which none of its vCPUs belongs
    double cost;         // sum of the mean distances from vCPU to page
    double cost_pages;   // the same, times the pages
    double local_pages;  // pages times the part of the vCPUs that are on their node
    uint64_t pages, pages_1g, pages_2m, pages_4k;
    unsigned costs[MEASURE_MAX_COST]; // guests by cost in hundredths
    // Sums of samples of the host, one for each guest that has started.
    unsigned samples;
    double used;             // part of the memory
    double imbalance;        // vCPUs on the busiest node, over the mean
    double free_1g, free_2m; // parts of free memory that are in blocks of that size or larger
};

// The mean distance from the guest's vCPUs to its pages.
double measure_cost(const struct host *host, const struct guest *guest);

// Counts a guest that has started on the site.
void measure_guest(struct measure *sum, const struct site *site, const struct guest *guest);

// Samples the host; vcpus: of all guests on each node, wherever they may run.
void measure_host(struct measure *sum, const struct site *site, const double vcpus[HOST_MAX_NODES]);

void measure_add(struct measure *sum, const struct measure *part);

// Writes "key=value" words.
void measure_print(FILE *out, const struct measure *measure);

// Adds the guest's vCPUs, or with -1 takes them away, where they may run.
void measure_vcpus(const struct host *host, const struct guest *guest, int sign,
                   double vcpus[HOST_MAX_NODES]);

#endif
