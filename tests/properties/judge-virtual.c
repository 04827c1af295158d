// What the guest sees of its nodes, as Xen was told, against the rules of docs/virtual-numa.md: its
// parts, and whether each part's memory and vCPUs are where they belong.

#include "tests/properties/judge.h"

#include <inttypes.h>

#define SUPERPAGE 512
#define MIN_PAGES 1024

// The range's frames as they would be without holes.
static uint64_t page_of(const struct judgement *j, uint64_t gfn) {
    return gfn < EXPECT_HIGH ? gfn : gfn - EXPECT_HIGH + j->ram.low_end;
}

static int index_of(const struct test_case *c, unsigned id) {
    for (unsigned i = 0; i < c->nr; i++)
        if (c->node[i].id == id)
            return (int)i;
    return -1;
}

// All RAM, in ascending order, vnode by vnode; each border at 2 MiB or a hole. Sets the vnodes'
// sizes.
static void judge_ranges(struct judgement *j, uint64_t sizes[VNUMA_MAX_VNODES]) {
    const struct vnuma *vnuma = &j->o->guest.vnuma;
    uint64_t at = 0, all = j->c->mib * 256ULL;
    unsigned vnode = 0;

    for (unsigned i = 0; i < vnuma->nr_ranges; i++) {
        const struct vnuma_range *range = &vnuma->range[i];
        uint64_t first = page_of(j, range->start / 4096), end = page_of(j, (range->end - 1) / 4096);

        if (range->start % 4096 || range->end % 4096 || first != at || end < first ||
            range->vnode < vnode || range->vnode > vnode + 1)
            WRONG(j, "vnode %u: range %" PRIx64 "-%" PRIx64 " does not follow", range->vnode,
                  range->start, range->end);
        vnode = range->vnode;
        at = end + 1;
        sizes[vnode] += at - first;
        if (range->end / 4096 % SUPERPAGE && at != j->ram.low_end && at != all)
            WRONG(j, "vnode %u ends at %" PRIx64, vnode, range->end);
    }
    if (at != all || vnode + 1 != vnuma->nr_vnodes)
        WRONG(j, "%u vnodes have %" PRIu64 " pages", vnode + 1, at);
}

// In proportion to the vCPUs, but for what moving both borders may cost.
static void judge_shares(struct judgement *j, const uint64_t sizes[VNUMA_MAX_VNODES]) {
    const struct vnuma *vnuma = &j->o->guest.vnuma;
    unsigned vcpus[VNUMA_MAX_VNODES] = {0};

    for (unsigned v = 0; v < j->c->vcpus; v++) {
        vcpus[vnuma->vcpu_vnode[v]]++;
        if (v && vnuma->vcpu_vnode[v] < vnuma->vcpu_vnode[v - 1])
            WRONG(j, "vCPU %u is in vnode %u", v, vnuma->vcpu_vnode[v]);
    }
    for (unsigned i = 0; i < vnuma->nr_vnodes; i++) {
        double share = j->c->mib * 256.0 * vcpus[i] / j->c->vcpus;
        double off = (double)sizes[i] - share;

        if ((off < 0 ? -off : off) > share / 16 + SUPERPAGE || sizes[i] < MIN_PAGES)
            WRONG(j, "vnode %u has %u of %u vCPUs and %" PRIu64 " pages", i, vcpus[i], j->c->vcpus,
                  sizes[i]);
        if (j->c->virtual_nodes != CASE_VIRTUAL_AUTO &&
            (vcpus[i] < j->c->vcpus / vnuma->nr_vnodes ||
             vcpus[i] > j->c->vcpus / vnuma->nr_vnodes + 1))
            WRONG(j, "vnode %u has %u of %u vCPUs", i, vcpus[i], j->c->vcpus);
    }
}

static void judge_distances(struct judgement *j) {
    const struct vnuma *vnuma = &j->o->guest.vnuma;

    for (unsigned i = 0; i < vnuma->nr_vnodes; i++) {
        for (unsigned k = 0; k < vnuma->nr_vnodes; k++) {
            int from = index_of(j->c, vnuma->node[i]), to = index_of(j->c, vnuma->node[k]);
            unsigned have = vnuma->distance[i * vnuma->nr_vnodes + k], wanted;

            if (from < 0 || to < 0 || (i != k && from == to)) {
                WRONG(j, "vnodes %u and %u are on nodes %u and %u", i, k, vnuma->node[i],
                      vnuma->node[k]);
                continue;
            }
            wanted = j->e->flat && i != k ? 20 : j->c->distance[from][to];
            if (have != wanted && !(j->e->flat && i == k && have == 10))
                WRONG(j, "vnodes %u and %u are %u apart, not %u", i, k, have, wanted);
        }
    }
}

// All on its node, if that has the room.
static void judge_memory(struct judgement *j, unsigned vnode) {
    const struct vnuma *vnuma = &j->o->guest.vnuma;
    unsigned id = vnuma->node[vnode];
    uint64_t own = 0, all = 0;

    for (unsigned i = 0; i < vnuma->nr_ranges; i++) {
        const struct vnuma_range *range = &vnuma->range[i];

        for (uint64_t gfn = range->start / 4096;
             gfn < range->end / 4096 && range->vnode == vnode && gfn < j->o->guest.end; gfn++) {
            all += j->o->guest.node[gfn] != 0;
            own += j->o->guest.node[gfn] == id + 1;
        }
    }
    if (own < all && !j->c->superpage && !j->e->hidden_claims &&
        j->e->high[id] >= all + j->e->slack + JUDGE_SPARE)
        WRONG(j, "vnode %u: %" PRIu64 " of %" PRIu64 " pages on node %u, which has %" PRIu64, vnode,
              own, all, id, j->e->high[id]);
}

// vCPUs that are free to go run on the node's CPUs as far as their hard masks let them.
static void judge_affinity(struct judgement *j, unsigned v) {
    const struct vnuma *vnuma = &j->o->guest.vnuma;
    int node = index_of(j->c, vnuma->node[vnuma->vcpu_vnode[v]]);
    cpuset all = case_all_cpus(j->c), wanted = node < 0 ? 0 : case_node_cpus(j->c, (unsigned)node);
    cpuset hard = j->o->guest.vcpu[v].hard, soft = j->o->guest.vcpu[v].soft, runs;

    hard = hard ? hard : all;
    runs = j->c->follow != CASE_PIN && soft & hard ? soft & hard : hard;
    wanted &= j->e->vcpu[v].hard;
    if (!j->e->vcpu[v].free || j->c->follow == CASE_LEAVE || j->e->flat || !wanted)
        return;
    // pin leaves hard masks as they are.
    if (runs != wanted && !(j->c->follow == CASE_PIN && j->c->hard[v]))
        WRONG(j, "vCPU %u does not run on node %u, that of vnode %u", v, j->c->node[node].id,
              vnuma->vcpu_vnode[v]);
}

void judge_virtual(struct judgement *j) {
    const struct vnuma *vnuma = &j->o->guest.vnuma;
    uint64_t sizes[VNUMA_MAX_VNODES] = {0};

    if (j->c->virtual_nodes == CASE_VIRTUAL_AUTO ? vnuma->nr_vnodes < 2
                                                 : vnuma->nr_vnodes != j->c->virtual_nodes)
        WRONG(j, "%u vnodes", vnuma->nr_vnodes);
    judge_ranges(j, sizes);
    judge_shares(j, sizes);
    judge_distances(j);
    for (unsigned i = 0; i < vnuma->nr_vnodes; i++)
        judge_memory(j, i);
    for (unsigned v = 0; v < j->c->vcpus; v++)
        judge_affinity(j, v);
}
