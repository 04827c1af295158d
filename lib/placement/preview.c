// A preview is to say what a build would come to, so what surrounds a build is reckoned with too:
// before it the toolstack fills the paging pool, and after it the guest's memory is gone and its
// vCPUs count on their nodes.

#include "lib/placement/preview.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/placement/guest-nodes.h"

#define PAGES_PER_VCPU 256
#define PAGES_PER_MIB 2

// The pages that libxenguest adds to a guest's memory, from its nodes.
#define SPECIAL_PAGES 16

uint64_t preview_pool_pages(unsigned nr_vcpus, unsigned mem_max_mib) {
    return PAGES_PER_VCPU * (uint64_t)nr_vcpus + PAGES_PER_MIB * (uint64_t)mem_max_mib;
}

// Those with CPUs, as long as there are any: they are the node affinity that Xen gives a domain
// whose vCPUs may run everywhere.
static nodeset nodes_with_more(const struct host *host, const uint64_t taken[HOST_MAX_NODES]) {
    nodeset nodes = 0, with_cpus = 0;

    for (unsigned node = 0; node < host->nr_nodes; node++) {
        if (!host->node[node].online || host->node[node].free_pages <= taken[node])
            continue;
        nodes |= nodeset_of(node);
        with_cpus |= host->node[node].nr_cpus ? nodeset_of(node) : 0;
    }
    return with_cpus ? with_cpus : nodes;
}

void preview_pool(const struct host *host, uint64_t pool_pages, uint64_t ret[HOST_MAX_NODES]) {
    nodeset nodes;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        ret[node] = 0;
    // Each round uses up a node, or ends it.
    while (pool_pages && (nodes = nodes_with_more(host, ret))) {
        uint64_t each = (pool_pages + nodeset_count(nodes) - 1) / nodeset_count(nodes);

        for (nodeset rest = nodes; rest && pool_pages; rest &= rest - 1) {
            unsigned node = nodeset_first(rest);
            uint64_t take = host->node[node].free_pages - ret[node];

            take = take < each ? take : each;
            take = take < pool_pages ? take : pool_pages;
            ret[node] += take;
            pool_pages -= take;
        }
    }
}

void preview_take(struct host *host, const uint64_t pages[HOST_MAX_NODES]) {
    for (unsigned id = 0; id < HOST_MAX_NODES; id++) {
        struct host_node *node = &host->node[id];

        node->free_pages -= pages[id] < node->free_pages ? pages[id] : node->free_pages;
        if (node->low_pages > node->free_pages)
            node->low_pages = node->free_pages;
    }
}

static void add_load(const struct guest_memory *memory, struct host *host) {
    const struct cpu_shares *cpus = &memory->reservation.plan.cpus;
    nodeset pool = memory->masks.pool_nodes;

    // vCPUs that may run everywhere count nowhere.
    if (!cpus->sum || memory->vcpus.roaming || !(pool & ~cpus->nodes))
        return;
    for (nodeset rest = cpus->nodes; rest; rest &= rest - 1) {
        unsigned node = nodeset_first(rest);

        host->node[node].load += (uint32_t)(HOST_LOAD_VCPU * (uint64_t)memory->request.nr_vcpus *
                                            cpus->share[node] / cpus->sum);
    }
}

void preview_build(const struct guest_memory *memory, struct host *ret) {
    const struct plan *plan = &memory->reservation.plan;
    nodeset nodes = guest_nodes(plan->node_pages);
    uint64_t anywhere[HOST_MAX_NODES];
    uint64_t special[HOST_MAX_NODES] = {0};

    *ret = memory->reservation.survey.host;
    preview_take(ret, plan->node_pages);
    preview_pool(ret, plan->nodeless_pages, anywhere);
    preview_take(ret, anywhere);
    special[nodes ? nodeset_first(nodes) : 0] = SPECIAL_PAGES;
    preview_take(ret, special);
    add_load(memory, ret);
}

int preview_cpus(const struct host *host, unsigned threads_per_core, struct xen_cpus *ret,
                 struct error *err) {
    unsigned nr = 0;

    for (unsigned node = 0; node < host->nr_nodes; node++)
        nr += host->node[node].nr_cpus;
    ret->topo = calloc(nr + 1UL, sizeof(*ret->topo));
    if (!ret->topo)
        return error_set(err, ENOMEM, "no memory for the description of %u CPUs", nr);
    for (unsigned node = 0; node < host->nr_nodes; node++)
        for (unsigned cpu = 0; cpu < host->node[node].nr_cpus; cpu++)
            ret->topo[ret->nr++] =
                (xc_cputopo_t){.core = cpu / threads_per_core, .socket = node, .node = node};
    ret->map_bytes = (nr + 7) / 8;
    return 0;
}
