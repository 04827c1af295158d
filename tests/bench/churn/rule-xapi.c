// xapi's best_effort, from its published planner (xen-api, ocaml/xenopsd/lib/softaffinity.ml and
// topology.ml, read, not copied): of all sets of nodes, ordered by the largest and then the mean
// distance inside, the first that has the memory and as many CPUs as vCPUs; of those that are as
// near, the one on whose nodes it has put the fewest guests so far, whatever has become of them.
// The vCPUs get a soft affinity to the set.
//
// XCP-ng 8.3 leaves it at that: Xen derives the domain's node affinity and takes memory from these
// nodes in turn, or from others when they are full. XenServer 9 claims the memory on a set of one
// node and names that node for every extent; it does not count memory below the DMA width.

#include <stdlib.h>

#include "tests/bench/churn/rules.h"

#define SAME 1e-3 // mean distances closer than that are equal

struct set {
    nodeset nodes;
    unsigned most;
    double mean;
};

static struct set set_make(const struct host *host, nodeset nodes) {
    struct set set = {.nodes = nodes};
    unsigned nr = nodeset_count(nodes);

    for (nodeset a = nodes; a; a &= a - 1) {
        for (nodeset b = nodes; b; b &= b - 1) {
            unsigned distance = host->distance[nodeset_first(a)][nodeset_first(b)];

            set.most = distance > set.most ? distance : set.most;
            set.mean += (double)distance / (nr * nr);
        }
    }
    return set;
}

static int sets_compare(const void *a, const void *b) {
    const struct set *x = a, *y = b;

    if (x->most != y->most)
        return x->most < y->most ? -1 : 1;
    if (x->mean < y->mean || x->mean > y->mean)
        return x->mean < y->mean ? -1 : 1;
    return (x->nodes > y->nodes) - (x->nodes < y->nodes);
}

static bool set_fits(const struct host *host, const struct set *set, const struct guest *guest) {
    uint64_t pages = 0;
    unsigned cpus = 0;

    for (nodeset rest = set->nodes; rest; rest &= rest - 1) {
        pages += host->node[nodeset_first(rest)].free_pages;
        cpus += host->node[nodeset_first(rest)].nr_cpus;
    }
    return pages >= guest->pages && cpus >= guest->vcpus;
}

static unsigned set_usage(const struct site *site, nodeset nodes) {
    unsigned usage = 0;

    for (; nodes; nodes &= nodes - 1)
        usage += site->usage[nodeset_first(nodes)];
    return usage;
}

// The set chosen, or none.
static nodeset plan(struct site *site, const struct host *host, const struct guest *guest) {
    struct set sets[RULES_MAX_SETS] = {{0}};
    unsigned nr = (1U << host->nr_nodes) - 1, first = 0;
    nodeset best = 0;

    for (unsigned i = 0; i < nr; i++)
        sets[i] = set_make(host, i + 1);
    qsort(sets, nr, sizeof(*sets), sets_compare);
    while (first < nr && !set_fits(host, &sets[first], guest))
        first++;
    for (unsigned i = first; i < nr; i++) {
        if (!set_fits(host, &sets[i], guest))
            continue;
        if (sets[i].mean - sets[first].mean > SAME || sets[first].mean - sets[i].mean > SAME)
            break;
        if (!best || set_usage(site, sets[i].nodes) < set_usage(site, best))
            best = sets[i].nodes;
    }
    for (nodeset rest = best; rest; rest &= rest - 1)
        site->usage[nodeset_first(rest)]++;
    return best;
}

static bool populate(struct site *site, struct guest *guest, nodeset nodes, bool exact) {
    const struct pool_source from = {nodes ? nodes : guest->affinity, exact, &guest->last};
    bool done = true;

    if (nodes)
        guest->cpu_nodes = guest->affinity = nodes;
    for (unsigned i = 0; i < GUEST_NR_RANGES && done; i++)
        done = guest_populate(&site->machine, guest, guest->ranges[i], &from);
    return done && guest_finish(&site->machine, guest);
}

bool place_xcp_ng(struct site *site, struct guest *guest) {
    struct host host = machine_snapshot(&site->machine);

    return populate(site, guest, plan(site, &host, guest), false);
}

bool place_xenserver(struct site *site, struct guest *guest) {
    struct host host = machine_snapshot(&site->machine);
    nodeset nodes;

    for (unsigned n = 0; n < host.nr_nodes; n++)
        host.node[n].free_pages -= host.node[n].low_pages;
    nodes = plan(site, &host, guest);
    return populate(site, guest, nodes, nodeset_count(nodes) == 1);
}
