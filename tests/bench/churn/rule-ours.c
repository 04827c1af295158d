// Ours, with the planner as it is and what lib/placement does around it: the plan; node affinity
// and the paging pool brought to the nodes of the plan, as far as these have room for it; the plan
// again; then each node's share, one size of extents after the other, from that node exactly.

#include <stdlib.h>

#include "lib/numa/planner.h"
#include "lib/placement/guest-nodes.h"
#include "tests/bench/churn/rules.h"

#define ROOM_PAGES 64 // as in lib/claim/memory-plan.c
#define MAX_TODO 512

static int make_plan(struct site *site, struct guest *guest, const struct plan *followed,
                     struct plan *ret) {
    struct policy policy = policy_defaults();
    struct host host = machine_snapshot(&site->machine);
    struct error err = {0};
    struct plan_request request = {.host = &host,
                                   .policy = &policy,
                                   .ranges = guest->ranges,
                                   .nr_ranges = GUEST_NR_RANGES,
                                   .nr_vcpus = guest->vcpus,
                                   .room_pages = ROOM_PAGES,
                                   .followed = followed};
    int rc;

    for (unsigned n = 0; n < host.nr_nodes; n++)
        host.node[n].load = (uint32_t)site->load[n];
    rc = plan_make(&request, ret, &err);
    error_done(&err);
    return rc;
}

// --- what follows ---

// Returns whether the pool has moved, so that the plan must be made again.
static bool follow(struct site *site, struct guest *guest, const struct plan *plan) {
    struct host host = machine_snapshot(&site->machine);
    nodeset nodes = guest_nodes(plan->node_pages), room;

    if (!plan->cpus.sum)
        return false;
    guest->cpu_nodes = plan->chosen_cpus;
    room = guest_nodes_for_pool(plan, &host, nodes, guest->pool.pages);
    if (room && (host_usable_nodes(&host) & ~guest_nodes_of_vcpus(plan, nodes)) &&
        (host_usable_nodes(&host) & ~room))
        pool_turn(&site->machine, &guest->pool, &(struct pool_source){room, false, &guest->last});
    guest->affinity = nodes;
    return true;
}

// --- populating ---

struct todo {
    struct range list[MAX_TODO];
    unsigned nr;
};

static void todo_add(struct todo *todo, uint64_t gfn, uint64_t end) {
    if (gfn >= end)
        return;
    if (todo->nr == MAX_TODO)
        abort();
    todo->list[todo->nr++] = (struct range){gfn, end - gfn};
}

// One size on one node, as populate_pass does: what is not done stays in the list.
static void pass(struct site *site, struct guest *guest, struct todo *todo, unsigned order,
                 const struct pool_source *from) {
    struct todo left = {.nr = 0};
    uint64_t size = 1ULL << order;
    bool exhausted = false;

    for (unsigned i = 0; i < todo->nr; i++) {
        uint64_t gfn = todo->list[i].gfn, end = gfn + todo->list[i].nr_pages;
        uint64_t first = (gfn + size - 1) & ~(size - 1), to = end & ~(size - 1), done;

        if (first >= to || exhausted) {
            todo_add(&left, gfn, end);
            continue;
        }
        done = guest_populate_order(&site->machine, guest, (struct range){first, to - first}, order,
                                    from);
        exhausted = done < to;
        todo_add(&left, gfn, first);
        todo_add(&left, done, end);
    }
    *todo = left;
}

static void populate_node(struct site *site, struct guest *guest, const struct plan *plan, int node,
                          struct todo *ret_left) {
    const struct pool_source from = {node == ASSIGN_NO_NODE ? guest->affinity
                                                            : nodeset_of((unsigned)node),
                                     node != ASSIGN_NO_NODE, &guest->last};
    struct todo todo = {.nr = 0};

    for (size_t i = 0; i < plan->pieces.nr; i++)
        if (plan->pieces.list[i].node == node)
            todo_add(&todo, plan->pieces.list[i].gfn,
                     plan->pieces.list[i].gfn + plan->pieces.list[i].run_pages);
    for (int size = 18; size >= 0; size -= 9)
        pass(site, guest, &todo, (unsigned)size, &from);
    for (unsigned i = 0; i < todo.nr; i++)
        todo_add(ret_left, todo.list[i].gfn, todo.list[i].gfn + todo.list[i].nr_pages);
}

bool place_ours(struct site *site, struct guest *guest) {
    struct plan plan, again;
    struct todo left = {.nr = 0};

    if (make_plan(site, guest, NULL, &plan))
        return false;
    if (follow(site, guest, &plan) && !make_plan(site, guest, &plan, &again)) {
        plan_done(&plan);
        plan = again;
    }
    for (unsigned i = 0; i < plan.preferred.nr; i++)
        populate_node(site, guest, &plan, plan.preferred.node[i], &left);
    for (unsigned i = 0; i < plan.fallback.nr; i++)
        populate_node(site, guest, &plan, plan.fallback.node[i], &left);
    populate_node(site, guest, &plan, ASSIGN_NO_NODE, &left);
    plan_done(&plan);
    // Never seen: nobody else takes memory here.
    for (int size = 18; size >= 0; size -= 9)
        pass(site, guest, &left, (unsigned)size,
             &(struct pool_source){guest->affinity, false, &guest->last});
    if (left.nr || !guest_finish(&site->machine, guest))
        return false;
    guest->affinity = guest_nodes(guest->node_pages);
    return true;
}
