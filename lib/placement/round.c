// Each node has a list of guest frames to supply. With numa-page-preference=locality a node goes
// through all sizes before the next node; with superpage all nodes go through one size before the
// next smaller one, and what a node cannot give in that size is tried on the others.

#include "lib/placement/round.h"

#include <errno.h>
#include <string.h>

#include "lib/util/cleanup.h"

#define NODELESS HOST_MAX_NODES // index of the list that has no node

// A round under way.
struct running {
    struct round *round;
    struct error *err;
    struct ranges todo[HOST_MAX_NODES + 1];
    uint64_t spare_pages[HOST_MAX_NODES]; // what each node may give beyond its share
    const struct vnodes *vnodes;
    struct nodelist order; // all nodes of the plan, most preferred first
};

static void running_done(struct running *running) {
    for (unsigned i = 0; i <= HOST_MAX_NODES; i++)
        ranges_done(&running->todo[i]);
}

static int error_no_list(struct error *err) {
    return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
}

static int hand_out_piece(struct running *running, const struct piece *piece) {
    unsigned index = piece->node == ASSIGN_NO_NODE ? NODELESS : (unsigned)piece->node;
    int rc = 0;

    for (uint64_t run = 0; run < piece->nr_runs && !rc; run++)
        rc = ranges_add(&running->todo[index], piece->gfn + run * piece->stride_pages,
                        piece->run_pages);
    return rc;
}

static int hand_out(struct running *running, const struct plan *plan) {
    nodeset listed;

    for (size_t i = 0; i < plan->pieces.nr; i++) {
        if (hand_out_piece(running, &plan->pieces.list[i]))
            return error_no_list(running->err);
    }
    memcpy(running->spare_pages, plan->spare_pages, sizeof(running->spare_pages));
    running->order = plan->preferred;
    listed = nodelist_set(&plan->preferred);
    for (unsigned i = 0; i < plan->fallback.nr; i++) {
        if (!nodeset_has(listed, plan->fallback.node[i]))
            nodelist_add(&running->order, plan->fallback.node[i]);
    }
    return 0;
}

// Tries `size` on a node for what list `index` holds, in at most max_extents extents; the rest
// stays in that list.
static int try_size(struct running *running, int node, unsigned index, enum extent_size size,
                    uint64_t max_extents) {
    struct placement *placement = running->round->placement;
    struct extent_counts *counts =
        node == POPULATE_ANY_NODE ? &placement->nodeless : &placement->node[node];
    int planned = index == NODELESS ? LEDGER_ACCOUNT_NODELESS : (int)index;
    struct ranges left = {0};
    int rc;

    if (!running->todo[index].nr)
        return 0;
    rc = populate_pass(running->round->job, node, planned, size, max_extents, &running->todo[index],
                       &left, counts, running->err);
    placement_count_vnodes(placement, running->vnodes, node, &running->todo[index], &left);
    ranges_done(&running->todo[index]);
    running->todo[index] = left;
    return rc;
}

static int run_locality(struct running *running) {
    int rc = 0;

    for (unsigned i = 0; i < running->order.nr; i++) {
        unsigned node = running->order.node[i];

        for (int size = 0; size < EXTENT_NR_SIZES && !rc; size++)
            rc = try_size(running, (int)node, node, size, UINT64_MAX);
    }
    return rc;
}

// Moves what it can of a node's share to another node, which gives no more than it can spare: the
// rest of its memory is reserved, or others need it.
static int move_share(struct running *running, unsigned from, unsigned to, enum extent_size size) {
    uint64_t before = ranges_pages(&running->todo[from]);
    uint64_t moved;
    int rc;

    rc = try_size(running, (int)to, from, size, running->spare_pages[to] / extent_pages(size));
    moved = before - ranges_pages(&running->todo[from]);
    running->spare_pages[to] -= moved;
    running->spare_pages[from] += moved;
    return rc;
}

// What the nodes could not give in this size, on the other nodes, in the plan's order.
static int spread_size(struct running *running, enum extent_size size) {
    int rc = 0;

    for (unsigned i = 0; i < running->order.nr; i++) {
        for (unsigned j = 0; j < running->order.nr && !rc; j++) {
            if (i != j)
                rc = move_share(running, running->order.node[i], running->order.node[j], size);
        }
    }
    return rc;
}

static int run_superpage(struct running *running) {
    int rc = 0;

    for (int size = 0; size < EXTENT_NR_SIZES && !rc; size++) {
        for (unsigned i = 0; i < running->order.nr && !rc; i++)
            rc =
                try_size(running, running->order.node[i], running->order.node[i], size, UINT64_MAX);
        if (!rc)
            rc = spread_size(running, size);
    }
    return rc;
}

static int run_nodeless(struct running *running) {
    int rc = 0;

    for (int size = 0; size < EXTENT_NR_SIZES && !rc; size++)
        rc = try_size(running, POPULATE_ANY_NODE, NODELESS, size, UINT64_MAX);
    return rc;
}

// Takes note of what is left in all lists.
static int collect(struct running *running) {
    struct round *round = running->round;

    ranges_done(&round->left);
    for (unsigned i = 0; i <= HOST_MAX_NODES; i++) {
        if (i != NODELESS && running->todo[i].nr)
            round->full |= nodeset_of(i);
        if (ranges_append(&round->left, &running->todo[i]))
            return error_no_list(running->err);
    }
    ranges_normalise(&round->left);
    return 0;
}

int round_run(struct round *round, const struct plan *plan, struct error *err) {
    CLEANUP(running_done)
    struct running running = {.round = round, .vnodes = &plan->vnodes, .err = err};
    int rc;

    rc = hand_out(&running, plan);
    if (rc)
        return rc;
    if (round->page_preference == POLICY_SUPERPAGE)
        rc = run_superpage(&running);
    else
        rc = run_locality(&running);
    if (!rc)
        rc = run_nodeless(&running);
    return rc ? rc : collect(&running);
}
