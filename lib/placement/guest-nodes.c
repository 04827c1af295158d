// Page tables count for more than their size says. The processor reads them whenever it lacks a
// translation, and thin guests with distant tables have been measured to run 1.8 to 3.1 times as
// long (vMitosis, ASPLOS 2021). Hence they are where the vCPUs are, rather than the memory, and a
// guest that does not fit its nodes anyway gives way to them. A guest that just fits does not: all
// of it stays on its nodes.

#include "lib/placement/guest-nodes.h"

// So few pages on a node are strays, and the guest does not count as being there: 16 MiB.
#define STRAY_PAGES 4096

// Memory on a node that has less than a tenth of the guest is a makeshift: what is ballooned out
// and in again later, and grants, should rather come from the others.
#define LEAST_PART 10

nodeset guest_nodes(const uint64_t pages[HOST_MAX_NODES]) {
    uint64_t sum = 0;
    unsigned most = 0;
    nodeset nodes = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        sum += pages[node];
        most = pages[node] > pages[most] ? node : most;
    }
    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        if (pages[node] > STRAY_PAGES && LEAST_PART * pages[node] >= sum)
            nodes |= nodeset_of(node);
    return nodes || !sum ? nodes : nodeset_of(most);
}

// What a node could give to the pool. Xen takes memory below the DMA width from no node as long as
// another one has any above it.
static uint64_t room_pages(const struct plan *plan, const struct host *host, unsigned node) {
    uint64_t low = host->node[node].low_pages;

    return plan->spare_pages[node] > low ? plan->spare_pages[node] - low : 0;
}

// Xen takes a page from each of the nodes in turn, whoever has most.
static uint64_t pages_each(nodeset nodes, uint64_t pool_pages) {
    return (pool_pages + nodeset_count(nodes) - 1) / nodeset_count(nodes);
}

static nodeset nodes_with_room(const struct plan *plan, const struct host *host, nodeset nodes,
                               uint64_t pool_pages) {
    nodeset before = 0;

    while (nodes && nodes != before) {
        uint64_t each = pages_each(nodes, pool_pages);

        before = nodes;
        for (nodeset rest = before; rest; rest &= rest - 1)
            if (room_pages(plan, host, nodeset_first(rest)) < each)
                nodes &= ~nodeset_of(nodeset_first(rest));
    }
    return nodes;
}

// Whether the nodes beyond `to` that the guest goes to anyway can take as much of it as the pool
// has, wherever it goes. Those that are none of its `nodes` must remain a makeshift.
static bool gives_way(const struct plan *plan, const struct host *host, nodeset nodes, nodeset to,
                      uint64_t pool_pages) {
    uint64_t sum = 0, room = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        sum += plan->node_pages[node];
    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        uint64_t pages = plan->node_pages[node];

        if (!pages || nodeset_has(to, node))
            continue;
        if (!nodeset_has(nodes, node) && LEAST_PART * (pages + pool_pages) >= sum)
            return false;
        room += room_pages(plan, host, node);
    }
    return room >= pool_pages;
}

// Those of `to`, a part of the guest's `nodes`, that can take the pool.
static nodeset nodes_within(const struct plan *plan, const struct host *host, nodeset nodes,
                            nodeset to, uint64_t pool_pages) {
    nodeset with_room = nodes_with_room(plan, host, to, pool_pages);

    if (with_room || !to)
        return with_room;
    for (nodeset rest = to; rest; rest &= rest - 1)
        if (plan->node_pages[nodeset_first(rest)] < pages_each(to, pool_pages))
            return 0;
    return gives_way(plan, host, nodes, to, pool_pages) ? to : 0;
}

nodeset guest_nodes_of_vcpus(const struct plan *plan, nodeset nodes) {
    return nodes & plan->cpus.nodes ? nodes & plan->cpus.nodes : nodes;
}

nodeset guest_nodes_for_pool(const struct plan *plan, const struct host *host, nodeset nodes,
                             uint64_t pool_pages) {
    nodeset near = guest_nodes_of_vcpus(plan, nodes);
    nodeset ret = nodes_within(plan, host, nodes, near, pool_pages);

    return ret || near == nodes ? ret : nodes_within(plan, host, nodes, nodes, pool_pages);
}
