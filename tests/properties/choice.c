// Nothing here is clever: every set is tried, and every rule stands once.

#include "tests/properties/choice.h"

#include <math.h>
#include <string.h>

static double least(double a, double b) {
    return a < b ? a : b;
}

static unsigned nodes_all(const struct choice_host *host) {
    return (1U << host->nr) - 1;
}

// --- CPUs ---

static unsigned cores_of(const struct choice_host *host, unsigned nodes) {
    unsigned sum = 0;

    for (unsigned n = 0; n < host->nr; n++)
        sum += nodes >> n & 1 ? host->node[n].cores : 0;
    return sum;
}

static unsigned threads_of(const struct choice_host *host, unsigned nodes) {
    unsigned sum = 0;

    for (unsigned n = 0; n < host->nr; n++)
        sum += nodes >> n & 1 ? host->node[n].threads : 0;
    return sum;
}

static bool by_threads(const struct choice_host *host, const struct choice_guest *guest) {
    return cores_of(host, nodes_all(host)) < guest->free;
}

bool choice_enough(const struct choice_host *host, const struct choice_guest *guest,
                   unsigned cpus) {
    unsigned most = threads_of(host, nodes_all(host));

    for (unsigned n = 0; n < host->nr; n++)
        if (cpus >> n & 1 && !host->node[n].threads)
            return false;
    if (!guest->free)
        return cpus == 0;
    if (!cpus)
        return false;
    if (!by_threads(host, guest))
        return cores_of(host, cpus) >= guest->free;
    return threads_of(host, cpus) >= (guest->free < most ? guest->free : most);
}

void choice_shares(const struct choice_host *host, const struct choice_guest *guest, unsigned cpus,
                   double ret[CHOICE_MAX_NODES]) {
    bool threads = by_threads(host, guest);
    double all = threads ? threads_of(host, cpus) : cores_of(host, cpus), vcpus = guest->free;

    for (unsigned n = 0; n < host->nr; n++)
        vcpus += guest->fixed[n];
    for (unsigned n = 0; n < host->nr; n++) {
        double here = threads ? host->node[n].threads : host->node[n].cores;

        ret[n] = guest->fixed[n] / vcpus;
        if (cpus >> n & 1)
            ret[n] += guest->free / vcpus * here / all;
    }
}

// --- distances ---

bool choice_distance(const struct choice_host *host, const double share[CHOICE_MAX_NODES],
                     unsigned node, double *ret) {
    bool known = false;

    *ret = 0;
    for (unsigned n = 0; n < host->nr; n++) {
        known |= share[n] > 0 && host->distance[n][node] != CHOICE_UNKNOWN;
        *ret += share[n] * host->distance[n][node];
    }
    return known;
}

double choice_cost(const struct choice_host *host, const double share[CHOICE_MAX_NODES],
                   const double pages[CHOICE_MAX_NODES]) {
    double sum = 0, all = 0, distance;

    for (unsigned n = 0; n < host->nr; n++) {
        choice_distance(host, share, n, &distance);
        sum += distance * pages[n];
        all += pages[n];
    }
    return all > 0 ? sum / all : 0;
}

static unsigned devices_distance(const struct choice_host *host, const struct choice_guest *guest,
                                 const double share[CHOICE_MAX_NODES]) {
    unsigned sum = 0;

    for (unsigned i = 0; i < guest->nr_devices; i++) {
        unsigned nearest = CHOICE_UNKNOWN;

        for (unsigned n = 0; n < host->nr; n++)
            if (share[n] > 0 && host->distance[guest->device[i]][n] < nearest)
                nearest = host->distance[guest->device[i]][n];
        sum += nearest;
    }
    return sum;
}

// --- memory ---

// Whether a gives before b does.
static bool nearer(const struct choice_host *host, const double distance[CHOICE_MAX_NODES],
                   unsigned a, unsigned b) {
    const struct choice_node *x = &host->node[a], *y = &host->node[b];

    if (fabs(distance[a] - distance[b]) > 1e-9)
        return distance[a] < distance[b];
    if (x->has_cpus != y->has_cpus)
        return x->has_cpus;
    if (x->high + x->low != y->high + y->low)
        return x->high + x->low > y->high + y->low;
    return a < b;
}

// The nodes of `from` in the order in which they give; returns how many.
static unsigned nodes_sort(const struct choice_host *host, const double share[CHOICE_MAX_NODES],
                           unsigned from, unsigned ret[CHOICE_MAX_NODES]) {
    double distance[CHOICE_MAX_NODES];
    unsigned nr = 0;

    for (unsigned n = 0; n < host->nr; n++) {
        unsigned at = nr;

        if (!choice_distance(host, share, n, &distance[n]) || !(from >> n & 1))
            continue;
        for (; at > 0 && nearer(host, distance, n, ret[at - 1]); at--)
            ret[at] = ret[at - 1];
        ret[at] = n;
        nr++;
    }
    return nr;
}

static bool take(double *rest, double have, double *pages) {
    double some = least(*rest, have - *pages);

    if (some > 0) {
        *pages += some;
        *rest -= some;
    }
    return *rest > 0;
}

// Whether a node is farther than all nodes with CPUs and memory, whether these may give or not.
static bool is_far(const struct choice_host *host, const double share[CHOICE_MAX_NODES],
                   unsigned node) {
    double here = 0, there;

    choice_distance(host, share, node, &here);
    for (unsigned n = 0; n < host->nr; n++)
        if (host->node[n].has_cpus && !host->node[n].no_memory &&
            choice_distance(host, share, n, &there) && here <= there + 1e-9)
            return false;
    return true;
}

// Returns whether there is enough on the nodes of `from`.
static bool fill_from(const struct choice_host *host, const struct choice_guest *guest,
                      unsigned from, struct choice *choice) {
    unsigned order[CHOICE_MAX_NODES], nr = nodes_sort(host, choice->share, from, order);
    double need = guest->need, rest = need;

    memset(choice->pages, 0, sizeof(choice->pages));
    choice->uneven = false;
    for (unsigned n = 0; n < host->nr; n++) {
        double part = guest->roaming ? 0 : choice->share[n] * need;

        if (choice->share[n] <= 0 || !(from >> n & 1))
            continue;
        choice->pages[n] = least(part, host->node[n].high);
        choice->uneven |= part > host->node[n].high;
        rest -= choice->pages[n];
    }
    if (rest < 1e-3) // rounding
        return true;
    // Those no farther than the farthest with CPUs, what these have below the DMA width, then the
    // others in the same way.
    for (unsigned pass = 0; pass < 4; pass++) {
        for (unsigned i = 0; i < nr; i++) {
            const struct choice_node *node = &host->node[order[i]];
            double have = node->high + (pass % 2 ? node->low : 0);

            if (is_far(host, choice->share, order[i]) == (pass > 1) &&
                !take(&rest, have, &choice->pages[order[i]]))
                return true;
        }
    }
    return false;
}

void choice_known(const struct choice_host *host, const struct choice_guest *guest, unsigned cpus,
                  const double pages[CHOICE_MAX_NODES], struct choice *ret) {
    struct choice choice = {.cpu_nodes = cpus};

    choice_shares(host, guest, cpus, choice.share);
    memcpy(choice.pages, pages, sizeof(choice.pages));
    for (unsigned n = 0; n < host->nr; n++) {
        if (choice.share[n] > 0)
            choice.cpu_nodes |= 1U << n;
        if (pages[n] > 0)
            choice.memory_nodes |= 1U << n;
        for (unsigned m = 0; m < host->nr; m++)
            choice.vague |=
                choice.share[n] > 0 && pages[m] > 0 && host->distance[n][m] == CHOICE_UNKNOWN;
    }
    for (unsigned n = 0; n < host->nr; n++) {
        if (choice.cpu_nodes >> n & 1) {
            choice.others += host->node[n].others;
            choice.cores += host->node[n].all_cores;
        }
        if ((choice.cpu_nodes | choice.memory_nodes) >> n & 1)
            choice.available += host->node[n].high + host->node[n].low;
    }
    choice.nr = (unsigned)__builtin_popcount(choice.cpu_nodes | choice.memory_nodes);
    choice.device_distance = devices_distance(host, guest, choice.share);
    choice.cost = choice_cost(host, choice.share, pages);
    *ret = choice;
}

// With memory from these nodes only.
static bool choice_from(const struct choice_host *host, const struct choice_guest *guest,
                        unsigned cpus, unsigned from, struct choice *ret) {
    struct choice one = {0};

    choice_shares(host, guest, cpus, one.share);
    if (!fill_from(host, guest, from, &one))
        return false;
    choice_known(host, guest, cpus, one.pages, ret);
    ret->uneven = one.uneven;
    return true;
}

static unsigned count(unsigned nodes) {
    return (unsigned)__builtin_popcount(nodes);
}

// Which nodes do without matters only if all together are too many.
bool choice_for(const struct choice_host *host, const struct choice_guest *guest, unsigned cpus,
                struct choice *ret) {
    unsigned all = nodes_all(host);
    bool found = choice_from(host, guest, cpus, all, ret);
    struct choice one;

    if (!found || !guest->max_nodes || count(ret->memory_nodes) <= guest->max_nodes)
        return found;
    found = false;
    for (unsigned from = all; from; from = (from - 1) & all) {
        if (count(from) > guest->max_nodes || !choice_from(host, guest, cpus, from, &one))
            continue;
        if (!found || choice_beats(&one, ret, 0))
            *ret = one;
        found = true;
    }
    return found;
}

// --- the best ---

// At least one vCPU of others for two cores.
static bool is_busy(const struct choice *choice) {
    return choice->cores && 2 * choice->others >= choice->cores;
}

const char *choice_beats(const struct choice *a, const struct choice *b, double slack) {
    unsigned a_all = a->cpu_nodes | a->memory_nodes, b_all = b->cpu_nodes | b->memory_nodes;
    unsigned differ = a_all ^ b_all;

    if (a->device_distance != b->device_distance)
        return a->device_distance < b->device_distance ? "devices" : NULL;
    if (fabs(a->cost - b->cost) > slack / 2 + 1e-9)
        return a->cost < b->cost ? "cost" : NULL;
    if (a->nr != b->nr)
        return a->nr < b->nr ? "fewest nodes" : NULL;
    if (a->others != b->others)
        return a->others < b->others ? "load" : NULL;
    if (is_busy(a) != is_busy(b))
        return is_busy(b) ? "cores" : NULL;
    if (is_busy(a) && fabs(a->available - b->available) > 0.5)
        return a->available < b->available ? "best fit" : NULL;
    if (fabs(a->available - b->available) > 0.5)
        return a->available > b->available ? "available memory" : NULL;
    return a_all & differ & -differ ? "lowest ids" : NULL;
}

bool choice_best(const struct choice_host *host, const struct choice_guest *guest,
                 struct choice *ret) {
    struct choice one = {0};
    bool found = false;

    for (unsigned cpus = 0; cpus <= nodes_all(host); cpus++) {
        if (!choice_enough(host, guest, cpus) || !choice_for(host, guest, cpus, &one))
            continue;
        if (!found || choice_beats(&one, ret, 0))
            *ret = one;
        found = true;
    }
    return found;
}
