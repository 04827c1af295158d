// The order matters. Xen derives a domain's node affinity from its vCPUs' as long as nobody has set
// one, and the paging pool comes from the node affinity of the moment.
//
// A pool that is brought to nodes takes memory there which the plan has counted as the guest's. So
// it is moved only to nodes that have room for both, and the plan is made again afterwards.

#include "lib/placement/follow.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/memory/paging.h"
#include "lib/placement/affinity.h"
#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

// So few pages on a node are strays, and the guest does not count as being there: 16 MiB.
#define STRAY_PAGES 4096

// Memory on a node that has less than a tenth of the guest is a makeshift: what is ballooned out
// and in again later, and grants, should rather come from the others.
#define LEAST_PART 10

nodeset follow_nodes(const uint64_t pages[HOST_MAX_NODES]) {
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

static void warn(struct follow *follow, const char *what, const struct error *why) {
    warnings_add(follow->warnings, "%s: %s", what, why->text);
}

// --- vCPUs ---

static void move_vcpus(struct follow *follow, const struct plan *plan) {
    CLEANUP(error_done) struct error err = {0};
    unsigned changed = 0;

    if (!plan->chosen_cpus || plan->chosen_cpus == follow->vcpu_nodes)
        return;
    if (masks_follow(follow->masks, follow->policy->vcpus, plan->chosen_cpus,
                     follow->vcpu_nodes != 0, &changed, &err))
        warn(follow, "the vCPUs do not follow the guest's memory", &err);
    follow->nr_vcpus = changed;
    if (changed)
        follow->vcpu_nodes = plan->chosen_cpus;
}

// --- node affinity ---

static void set_nodes(struct follow *follow, nodeset nodes) {
    CLEANUP(error_done) struct error err = {0};

    if (!nodes || nodes == follow->node_affinity)
        return;
    follow->node_affinity = nodes;
    if (affinity_set_nodes(follow->xch, follow->domid, nodes, &err))
        warn(follow, "what the domain is given later does not follow its memory", &err);
}

// --- the paging pool ---

// What a node could give to the pool. Xen takes memory below the DMA width from no node as long as
// another one has any above it.
static uint64_t room_pages(const struct plan *plan, const struct host *host, unsigned node) {
    uint64_t low = host->node[node].low_pages;

    return plan->spare_pages[node] > low ? plan->spare_pages[node] - low : 0;
}

// Those of the nodes that can hold the pool beside what is planned there. Xen takes a page from
// each in turn, whoever has most.
static nodeset nodes_with_room(const struct plan *plan, const struct host *host, nodeset nodes,
                               uint64_t pool_pages) {
    nodeset before = 0;

    while (nodes && nodes != before) {
        uint64_t each = (pool_pages + nodeset_count(nodes) - 1) / nodeset_count(nodes);

        before = nodes;
        for (nodeset rest = before; rest; rest &= rest - 1)
            if (room_pages(plan, host, nodeset_first(rest)) < each)
                nodes &= ~nodeset_of(nodeset_first(rest));
    }
    return nodes;
}

// Puts back what a turn that failed has left missing, from wherever there is memory.
static void restore_pool(struct follow *follow, nodeset online, struct paging_turn *turn) {
    CLEANUP(error_done) struct error err = {0};

    if (!turn->missing)
        return;
    set_nodes(follow, online);
    if (paging_restore(follow->xch, follow->domid, turn, &err))
        warn(follow, "the domain's paging pool is smaller than it was", &err);
}

// Turns the pool onto those of the planned nodes that have room for it. Returns -EINTR, or 0.
static int turn_pool(struct follow *follow, const struct plan *plan, const struct host *host,
                     nodeset planned, bool *ret_changed, struct error *err) {
    CLEANUP(error_done) struct error why = {0};
    struct paging_turn turn = {0};
    uint64_t pool_pages = 0;
    int rc = paging_read(follow->xch, follow->domid, &pool_pages, &why);
    nodeset nodes = nodes_with_room(plan, host, planned, pool_pages);

    if (!rc && !pool_pages)
        return 0;
    if (!rc && !nodes) {
        warnings_add(follow->warnings,
                     "the page tables do not follow the guest's memory: node %s has no room for "
                     "the paging pool of %" PRIu64 " MiB beside the guest",
                     nodeset_text(planned).s, pool_pages / (uint64_t)HOST_PAGES_PER_MIB);
        return 0;
    }
    if (!rc) {
        set_nodes(follow, nodes);
        rc = paging_turn(follow->xch, follow->domid, &turn, &why);
        *ret_changed = true;
        restore_pool(follow, host_online_nodes(host), &turn);
        set_nodes(follow, planned);
    }
    if (rc == -EINTR)
        return error_set(err, EINTR, "%s", why.text);
    if (rc)
        warn(follow, "the page tables do not follow the guest's memory", &why);
    else
        follow->page_tables = nodes;
    return 0;
}

// A pool that would lie on the same nodes as before is left: on a host of one node, or if the guest
// is on all of them.
static bool wants_turn(const struct follow *follow, const struct host *host, nodeset nodes) {
    CLEANUP(error_done) struct error ignored = {0};
    struct xen_domain domain;

    if (follow->policy->page_tables == POLICY_PAGE_TABLES_LEAVE || !nodes ||
        nodes == follow->turned_for || !(host_usable_nodes(host) & ~nodes))
        return false;
    return !xen_domain_read(follow->xch, follow->domid, &domain, &ignored) && domain.hap;
}

// --- steps ---

int follow_plan(struct follow *follow, const struct plan *plan, const struct host *host,
                bool *ret_changed, struct error *err) {
    nodeset nodes = follow_nodes(plan->node_pages);

    *ret_changed = false;
    // Without CPU nodes nothing is nearer than anything else.
    if (!plan->cpus.sum)
        return 0;
    move_vcpus(follow, plan);
    set_nodes(follow, nodes);
    if (!wants_turn(follow, host, nodes))
        return 0;
    follow->turned_for = nodes;
    follow->page_tables = 0;
    return turn_pool(follow, plan, host, nodes, ret_changed, err);
}

void follow_last_plan(struct follow *follow, const struct plan *plan) {
    if (plan->cpus.sum)
        set_nodes(follow, follow_nodes(plan->node_pages));
}

void follow_placement(struct follow *follow, const struct placement *placement) {
    uint64_t pages[HOST_MAX_NODES];

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        pages[node] = extent_counts_pages(&placement->node[node]);
    set_nodes(follow, follow_nodes(pages));
}
