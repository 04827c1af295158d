// The distributions follow what is published of Microsoft Azure's virtual machines:
//
//   E. Cortez, A. Bonde, A. Muzio, M. Russinovich, M. Fontoura, R. Bianchini: Resource Central,
//   SOSP 2017; and its data set, github.com/Azure/AzurePublicDataset, first version: 2,013,767
//   machines in 30 days, 104.4 million hours and 237.8 million core hours.
//
// Sizes are those of its machine types. Their weights keep the figures that are given in numbers:
// almost 80 % of the machines have one or two cores, 70 % have less than 4 GiB, and an hour of a
// machine has 2.28 cores in the mean (237.8 / 104.4). Lifetimes: up to 15 minutes 29 %, up to an
// hour 32 %, up to a day 32 %, longer 7 %, which have more than 95 % of all core hours; and 51.8
// hours in the mean (104.4 million / 2.01 million). Inside these classes the logarithm of the
// lifetime is uniform; the last class ends where the mean is right. Size and lifetime are
// independent of each other.

#include "tests/bench/churn/arrivals.h"

#include <math.h>
#include <stddef.h>

struct type {
    unsigned weight; // percent
    unsigned vcpus;
    unsigned mib;
};

static const struct type types[] = {
    {6, 1, 768},   {41, 1, 1792}, {23, 2, 3584}, {8, 2, 7168},  {12, 4, 7168},
    {2, 4, 14336}, {2, 4, 28672}, {3, 8, 14336}, {2, 8, 57344}, {1, 16, 114688},
};

struct lifetime {
    unsigned weight; // percent
    double from, to; // hours
};

static const struct lifetime lifetimes[] = {
    {29, 5 / 60.0, 15 / 60.0}, {32, 15 / 60.0, 1}, {32, 1, 24}, {7, 24, 150 * 24}};

#define NR(table) (sizeof(table) / sizeof(*(table)))

static double prng_part(struct prng *prng) {
    return (double)(prng_next(prng) >> 11) / 9007199254740992.0; // 2^53
}

static struct arrival draw_size(struct prng *prng) {
    unsigned which = prng_below(prng, 100);
    size_t type = 0;

    for (; which >= types[type].weight; type++)
        which -= types[type].weight;
    return (struct arrival){.vcpus = types[type].vcpus, .mib = types[type].mib};
}

struct arrival arrivals_next(struct prng *prng) {
    struct arrival arrival = draw_size(prng);
    unsigned when = prng_below(prng, 100);
    const struct lifetime *l = lifetimes;

    for (; when >= l->weight; l++)
        when -= l->weight;
    arrival.hours = l->from * pow(l->to / l->from, prng_part(prng));
    return arrival;
}

// Hours that the class has on a host, in the mean.
static double class_hours(const struct lifetime *l) {
    return l->weight / 100.0 * (l->to - l->from) / log(l->to / l->from);
}

// A lifetime is met as often as it is long, which makes it uniform inside its class; any moment of
// it is as likely as another.
struct arrival arrivals_present(struct prng *prng) {
    struct arrival arrival = draw_size(prng);
    double when = prng_part(prng) * arrivals_means().hours;
    const struct lifetime *l = lifetimes;

    for (; when >= class_hours(l) && l < &lifetimes[NR(lifetimes) - 1]; l++)
        when -= class_hours(l);
    arrival.hours = (l->from + (l->to - l->from) * prng_part(prng)) * prng_part(prng);
    return arrival;
}

struct arrival_means arrivals_means(void) {
    struct arrival_means means = {0};

    for (size_t i = 0; i < NR(types); i++) {
        means.mib += types[i].weight / 100.0 * types[i].mib;
        means.vcpus += types[i].weight / 100.0 * types[i].vcpus;
    }
    for (size_t i = 0; i < NR(lifetimes); i++)
        means.hours += class_hours(&lifetimes[i]);
    return means;
}
