// A scheduler that may put vCPUs on several nodes spreads them by what these have: two nodes with 8
// and 4 cores get two thirds and a third.

#include "lib/numa/vcpus.h"

#include <string.h>

struct guest_vcpus vcpus_anywhere(const struct host *host, unsigned nr) {
    struct guest_vcpus vcpus = {.nr_groups = 1, .group[0].nr = nr};

    for (unsigned n = 0; n < HOST_MAX_NODES; n++) {
        vcpus.group[0].cpus[n] = host->node[n].nr_cpus;
        vcpus.group[0].cores[n] = host->node[n].nr_cores;
    }
    return vcpus;
}

struct guest_vcpus vcpus_on_nodes(nodeset nodes) {
    struct guest_vcpus vcpus = {.nr_groups = 1, .group[0].nr = 1};

    for (; nodes; nodes &= nodes - 1) {
        unsigned n = nodeset_first(nodes);

        vcpus.group[0].cpus[n] = vcpus.group[0].cores[n] = 1;
    }
    return vcpus;
}

nodeset vcpus_candidates(const struct guest_vcpus *vcpus) {
    nodeset nodes = 0;

    for (unsigned g = 0; g < vcpus->nr_groups; g++)
        nodes |= vcpus->group[g].nodes;
    return nodes;
}

static uint64_t units_on(const unsigned units[HOST_MAX_NODES], nodeset nodes) {
    uint64_t sum = 0;

    for (; nodes; nodes &= nodes - 1)
        sum += units[nodeset_first(nodes)];
    return sum;
}

static void group_settle(struct vcpu_group *group) {
    bool cores = units_on(group->cores, ~0ULL) >= group->nr;
    uint64_t all;

    group->nodes = 0;
    for (unsigned n = 0; n < HOST_MAX_NODES; n++) {
        group->units[n] = cores ? group->cores[n] : group->cpus[n];
        group->nodes |= group->units[n] ? nodeset_of(n) : 0;
    }
    all = units_on(group->units, group->nodes);
    group->enough = group->nr < all ? group->nr : (unsigned)all;
}

void vcpus_settle(struct guest_vcpus *vcpus) {
    for (unsigned g = 0; g < vcpus->nr_groups; g++)
        group_settle(&vcpus->group[g]);
}

// Several groups share the nodes' cores, of which each node has at least as many as the group that
// may use most of them.
static bool together_suffice(const struct guest_vcpus *vcpus, nodeset nodes) {
    uint64_t have = 0, all = 0, need = 0;

    for (unsigned g = 0; g < vcpus->nr_groups; g++)
        need += vcpus->group[g].nr;
    for (unsigned n = 0; n < HOST_MAX_NODES; n++) {
        unsigned most = 0;

        for (unsigned g = 0; g < vcpus->nr_groups; g++)
            most = vcpus->group[g].units[n] > most ? vcpus->group[g].units[n] : most;
        all += most;
        have += nodeset_has(nodes, n) ? most : 0;
    }
    return have >= (need < all ? need : all);
}

bool vcpus_suffice(const struct guest_vcpus *vcpus, nodeset nodes) {
    for (unsigned g = 0; g < vcpus->nr_groups; g++)
        if (units_on(vcpus->group[g].units, nodes & vcpus->group[g].nodes) < vcpus->group[g].enough)
            return false;
    return vcpus->nr_groups < 2 || together_suffice(vcpus, nodes);
}

static void group_share(const struct vcpu_group *group, nodeset nodes, struct cpu_shares *shares) {
    uint64_t sum;

    nodes = nodes & group->nodes ? nodes & group->nodes : group->nodes;
    sum = units_on(group->units, nodes);
    for (; nodes; nodes &= nodes - 1) {
        unsigned n = nodeset_first(nodes);

        shares->share[n] += (group->nr ? group->nr : 1) * VCPUS_UNIT * group->units[n] / sum;
    }
}

static bool any_fixed(const struct guest_vcpus *vcpus) {
    uint64_t sum = 0;

    for (unsigned n = 0; n < HOST_MAX_NODES; n++)
        sum += vcpus->fixed[n];
    return sum > 0;
}

struct cpu_shares vcpus_share(const struct guest_vcpus *vcpus, nodeset nodes) {
    const struct vcpu_group *only = &vcpus->group[0];
    struct cpu_shares shares = {0};

    // Of vCPUs that are all alike the shares are exact, so that nodes equally far away stay so.
    if (vcpus->nr_groups == 1 && nodes & only->nodes && !any_fixed(vcpus)) {
        for (nodeset rest = nodes & only->nodes; rest; rest &= rest - 1)
            shares.share[nodeset_first(rest)] = only->units[nodeset_first(rest)];
    } else {
        memcpy(shares.share, vcpus->fixed, sizeof(shares.share));
        for (unsigned g = 0; g < vcpus->nr_groups; g++)
            group_share(&vcpus->group[g], nodes, &shares);
    }
    for (unsigned n = 0; n < HOST_MAX_NODES; n++) {
        shares.nodes |= shares.share[n] ? nodeset_of(n) : 0;
        shares.sum += shares.share[n];
    }
    return shares;
}

uint64_t cpu_shares_distance(const struct cpu_shares *shares, const struct host *host,
                             unsigned to) {
    uint64_t sum = 0;

    for (nodeset rest = shares->nodes; rest; rest &= rest - 1)
        sum += shares->share[nodeset_first(rest)] * host->distance[nodeset_first(rest)][to];
    return sum;
}

bool cpu_shares_reach(const struct cpu_shares *shares, const struct host *host, unsigned to) {
    for (nodeset rest = shares->nodes; rest; rest &= rest - 1)
        if (host->distance[nodeset_first(rest)][to] != HOST_DISTANCE_UNKNOWN)
            return true;
    return false;
}
