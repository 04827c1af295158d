// The order matters. Xen derives a domain's node affinity from its vCPUs' as long as nobody has set
// one, and the paging pool comes from the node affinity of the moment.
//
// A pool that is brought to nodes takes memory there which the plan has counted as the guest's, so
// the plan is made again afterwards.

#include "lib/placement/follow.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/memory/paging.h"
#include "lib/placement/affinity.h"
#include "lib/placement/guest-nodes.h"
#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

static void warn(struct follow *follow, const char *what, const struct error *why) {
    warnings_add(follow->warnings, "%s: %s", what, why->text);
}

// --- vCPUs ---

// Each vnode's vCPUs go to its node.
static int move_by_vnode(const struct follow *follow, const struct vnodes *vnodes,
                         unsigned *changed, struct error *err) {
    bool again = follow->vcpu_nodes != 0;
    int rc = 0;

    for (unsigned i = 0; i < vnodes->nr && !rc; i++)
        rc = masks_follow(follow->masks, follow->policy->vcpus, vnodes_first_vcpu(vnodes, i),
                          vnodes->vnode[i].nr_vcpus, nodeset_of(vnodes->vnode[i].node), again,
                          changed, err);
    return rc;
}

static void move_vcpus(struct follow *follow, const struct plan *plan) {
    CLEANUP(error_done) struct error err = {0};
    unsigned changed = 0;
    int rc;

    if (!plan->chosen_cpus ||
        (plan->chosen_cpus == follow->vcpu_nodes && vnodes_equal(&plan->vnodes, &follow->vnodes)))
        return;
    if (plan->vnodes.nr)
        rc = move_by_vnode(follow, &plan->vnodes, &changed, &err);
    else
        rc = masks_follow(follow->masks, follow->policy->vcpus, 0, follow->masks->nr_vcpus,
                          plan->chosen_cpus, follow->vcpu_nodes != 0, &changed, &err);
    if (rc)
        warn(follow, "the vCPUs do not follow the guest's memory", &err);
    follow->vnodes = plan->vnodes;
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

// Puts back what a turn that failed has left missing, from wherever there is memory.
static void restore_pool(struct follow *follow, nodeset online, struct paging_turn *turn) {
    CLEANUP(error_done) struct error err = {0};

    if (!turn->missing)
        return;
    set_nodes(follow, online);
    if (paging_restore(follow->xch, follow->domid, turn, &err))
        warn(follow, "the domain's paging pool is smaller than it was", &err);
}

// A pool that would lie on the same nodes as before is left: on a host of one node, or if the guest
// is on all of them.
static bool is_everywhere(const struct host *host, nodeset nodes) {
    return !(host_usable_nodes(host) & ~nodes);
}

static void warn_no_room(struct follow *follow, const struct host *host, nodeset planned,
                         uint64_t pool_pages) {
    if (is_everywhere(host, planned))
        return;
    warnings_add(follow->warnings,
                 "the page tables do not follow the guest's memory: node %s has no room for the "
                 "paging pool of %" PRIu64 " MiB beside the guest",
                 nodeset_text(planned).s, pool_pages / (uint64_t)HOST_PAGES_PER_MIB);
}

// Turns the pool onto those of the planned nodes that can take it. Returns -EINTR, or 0.
static int turn_pool(struct follow *follow, const struct plan *plan, const struct host *host,
                     nodeset planned, bool *ret_changed, struct error *err) {
    CLEANUP(error_done) struct error why = {0};
    struct paging_turn turn = {0};
    uint64_t pool_pages = 0;
    int rc = paging_read(follow->xch, follow->domid, &pool_pages, &why);
    nodeset nodes = guest_nodes_for_pool(plan, host, planned, pool_pages);

    if (!rc && (!pool_pages || is_everywhere(host, nodes)))
        return 0;
    if (!rc && !nodes) {
        warn_no_room(follow, host, planned, pool_pages);
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

static bool lies_elsewhere(const struct follow *follow, const struct host *host, nodeset nodes) {
    return follow->policy->page_tables != POLICY_PAGE_TABLES_LEAVE && nodes &&
           nodes != follow->turned_for && !is_everywhere(host, nodes);
}

static bool wants_turn(const struct follow *follow, const struct host *host, nodeset nodes) {
    CLEANUP(error_done) struct error ignored = {0};
    struct xen_domain domain;

    if (!lies_elsewhere(follow, host, nodes))
        return false;
    return !xen_domain_read(follow->xch, follow->domid, &domain, &ignored) && domain.hap;
}

// --- steps ---

int follow_plan(struct follow *follow, const struct plan *plan, const struct host *host,
                bool *ret_changed, struct error *err) {
    nodeset nodes = guest_nodes(plan->node_pages);

    *ret_changed = false;
    // Without CPU nodes nothing is nearer than anything else.
    if (!plan->cpus.sum)
        return 0;
    move_vcpus(follow, plan);
    set_nodes(follow, nodes);
    if (!wants_turn(follow, host, guest_nodes_of_vcpus(plan, nodes)))
        return 0;
    follow->turned_for = guest_nodes_of_vcpus(plan, nodes);
    follow->page_tables = 0;
    return turn_pool(follow, plan, host, nodes, ret_changed, err);
}

static uint64_t sum_of(const uint64_t pages[HOST_MAX_NODES]) {
    uint64_t sum = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        sum += pages[node];
    return sum;
}

static void move_pool(struct host *host, const uint64_t pool[HOST_MAX_NODES], nodeset to) {
    uint64_t then = (sum_of(pool) + nodeset_count(to) - 1) / nodeset_count(to);

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        host->node[node].free_pages += pool[node];
    for (nodeset rest = to; rest; rest &= rest - 1) {
        uint64_t *free_pages = &host->node[nodeset_first(rest)].free_pages;

        *free_pages -= then < *free_pages ? then : *free_pages;
    }
}

bool follow_foresee(struct follow *follow, const struct plan *plan,
                    const uint64_t pool[HOST_MAX_NODES], struct host *host) {
    uint64_t pool_pages = sum_of(pool);
    nodeset planned = guest_nodes(plan->node_pages);
    nodeset nodes;

    if (!plan->cpus.sum)
        return false;
    follow->node_affinity = planned;
    follow->vcpu_nodes = follow->policy->vcpus == POLICY_VCPUS_LEAVE ? 0 : plan->chosen_cpus;
    if (!pool_pages || !lies_elsewhere(follow, host, guest_nodes_of_vcpus(plan, planned)))
        return false;
    nodes = guest_nodes_for_pool(plan, host, planned, pool_pages);
    if (!nodes) {
        warn_no_room(follow, host, planned, pool_pages);
        return false;
    }
    if (is_everywhere(host, nodes))
        return false;
    move_pool(host, pool, nodes);
    follow->page_tables = nodes;
    return true;
}

void follow_last_plan(struct follow *follow, const struct plan *plan) {
    if (plan->cpus.sum)
        set_nodes(follow, guest_nodes(plan->node_pages));
}

void follow_placement(struct follow *follow, const struct placement *placement) {
    uint64_t pages[HOST_MAX_NODES];

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        pages[node] = extent_counts_pages(&placement->node[node]);
    set_nodes(follow, guest_nodes(pages));
}
