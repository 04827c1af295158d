// Which vCPUs somebody has put somewhere, and the cores that are left to the others.

#include "tests/properties/expect.h"

static unsigned count(cpuset set) {
    return (unsigned)(__builtin_popcountll((uint64_t)set) +
                      __builtin_popcountll((uint64_t)(set >> 64)));
}

static unsigned nodes_of(const struct test_case *c, cpuset set) {
    unsigned nodes = 0;

    for (unsigned i = 0; i < c->nr; i++)
        nodes |= case_node_cpus(c, i) & set ? 1U << i : 0;
    return nodes;
}

// Threads of one core are neighbours.
static unsigned cores(const struct test_case *c, unsigned node, cpuset set) {
    unsigned nr = 0, first = 0;

    for (unsigned i = 0; i < node; i++)
        first += c->node[i].cpus;
    for (unsigned core = 0; core < c->node[node].cpus; core += c->threads_per_core) {
        unsigned threads = c->node[node].cpus - core;

        if (threads > c->threads_per_core)
            threads = c->threads_per_core;
        nr += (set >> (first + core) & (((cpuset)1 << threads) - 1)) != 0;
    }
    return nr;
}

static struct expect_vcpu vcpu_read(const struct test_case *c, unsigned vcpu) {
    cpuset hard = c->hard[vcpu] ? c->hard[vcpu] : case_all_cpus(c);
    bool soft_counts = c->follow == CASE_FOLLOW || c->follow == CASE_LEAVE;
    cpuset runs = soft_counts && c->soft[vcpu] & hard ? c->soft[vcpu] & hard : hard;
    unsigned nodes = nodes_of(c, hard);
    bool moves = c->follow != CASE_LEAVE && runs == hard && nodes & (nodes - 1);

    return (struct expect_vcpu){hard, runs, moves};
}

static void host_read(const struct test_case *c, struct expectation *e) {
    struct choice_host *host = &e->host;

    host->nr = c->nr;
    for (unsigned i = 0; i < c->nr; i++) {
        unsigned id = c->node[i].id;
        struct choice_node *node = &host->node[i];

        *node = (struct choice_node){.cores = cores(c, i, e->cpus),
                                     .threads = count(case_node_cpus(c, i) & e->cpus),
                                     .has_cpus = c->node[i].cpus != 0,
                                     .no_memory = c->node[i].mib == 0,
                                     .all_cores = cores(c, i, case_node_cpus(c, i)),
                                     .high = (double)e->high[id],
                                     .low = (double)(e->available[id] - e->high[id])};
        for (unsigned o = 0; o < c->nr_others; o++)
            node->others += c->other[o].node == i ? c->other[o].vcpus : 0;
        for (unsigned k = 0; k < c->nr; k++)
            host->distance[i][k] = e->flat ? 10 : c->distance[i][k];
    }
}

static void devices_read(const struct test_case *c, struct choice_guest *guest) {
    for (unsigned i = 0; c->devices != CASE_IGNORE && i < c->nr_devices; i++)
        if (c->device[i] != CASE_NO_NODE)
            guest->device[guest->nr_devices++] = (unsigned)c->device[i];
}

void expect_vcpus(const struct test_case *c, struct expectation *e) {
    e->guest = (struct choice_guest){.need = (double)e->guest_pages, .max_nodes = c->max_nodes};
    devices_read(c, &e->guest);
    e->cpus = 0;
    e->guest.roaming = c->follow == CASE_LEAVE;
    for (unsigned v = 0; v < c->vcpus; v++) {
        struct expect_vcpu *vcpu = &e->vcpu[v];

        *vcpu = vcpu_read(c, v);
        e->guest.free += vcpu->free;
        e->guest.roaming &= vcpu->runs == case_all_cpus(c);
        e->cpus |= vcpu->free ? vcpu->hard : 0;
        for (unsigned i = 0; !vcpu->free && i < c->nr; i++)
            e->guest.fixed[i] +=
                (double)count(case_node_cpus(c, i) & vcpu->runs) / count(vcpu->runs);
    }
    host_read(c, e);
}
