// Where the vCPUs run, by their masks in the end; whether these are the nodes' whole CPUs, and
// nobody's own mask was touched.

#include "tests/properties/judge.h"

// The CPUs on which a vCPU runs. With `pin` its own soft mask does not count any more.
static cpuset runs(const struct judgement *j, unsigned v) {
    cpuset all = case_all_cpus(j->c), hard = j->o->guest.vcpu[v].hard, soft;

    hard = hard ? hard : all;
    soft = j->o->guest.vcpu[v].soft ? j->o->guest.vcpu[v].soft : all;
    return j->c->follow != CASE_PIN && soft & hard ? soft & hard : hard;
}

static unsigned nodes_of(const struct test_case *c, cpuset set) {
    unsigned nodes = 0;

    for (unsigned i = 0; i < c->nr; i++)
        nodes |= case_node_cpus(c, i) & set ? 1U << i : 0;
    return nodes;
}

static cpuset cpus_of(const struct test_case *c, unsigned nodes) {
    cpuset set = 0;

    for (unsigned i = 0; i < c->nr; i++)
        set |= nodes >> i & 1 ? case_node_cpus(c, i) : 0;
    return set;
}

// Nobody's hard mask changes but where it is asked for, nor a soft one but where it is to move.
static void judge_masks(struct judgement *j, bool placed) {
    const struct guest_truth *guest = &j->o->guest;

    for (unsigned v = 0; v < j->c->vcpus; v++) {
        bool pinned = placed && j->c->follow == CASE_PIN && !j->c->hard[v];
        bool follows = placed && j->c->follow == CASE_FOLLOW && !j->c->soft[v];
        bool moved = placed && (j->c->follow == CASE_MOVE || j->c->follow == CASE_PIN);

        if (guest->vcpu[v].hard != j->c->hard[v] && !pinned)
            WRONG(j, "vCPU %u: its hard mask is not what it was", v);
        if (guest->vcpu[v].soft != j->c->soft[v] && !follows && !moved)
            WRONG(j, "vCPU %u: its soft mask is not what it was", v);
        if (guest->vcpu[v].soft && guest->vcpu[v].soft & ~j->e->vcpu[v].hard &&
            guest->vcpu[v].soft != j->c->soft[v])
            WRONG(j, "vCPU %u: a soft mask beyond its hard one", v);
    }
}

static void judge_fixed(struct judgement *j) {
    for (unsigned v = 0; v < j->c->vcpus; v++)
        if (!j->e->vcpu[v].free && runs(j, v) != j->e->vcpu[v].runs)
            WRONG(j, "vCPU %u runs elsewhere than its masks said", v);
}

// Every free vCPU has all CPUs of the same nodes.
static void judge_free(struct judgement *j) {
    unsigned nodes = 0;

    for (unsigned v = 0; v < j->c->vcpus; v++)
        nodes |= j->e->vcpu[v].free ? nodes_of(j->c, runs(j, v)) : 0;
    for (unsigned v = 0; v < j->c->vcpus; v++)
        if (j->e->vcpu[v].free && runs(j, v) != (cpus_of(j->c, nodes) & j->e->vcpu[v].hard))
            WRONG(j, "vCPU %u is not on all CPUs of nodes %#x", v, nodes);
    if (!choice_enough(&j->e->host, &j->e->guest, nodes))
        WRONG(j, "%u vCPUs on nodes %#x, which have not the cores", j->e->guest.free, nodes);
    j->vcpus.nodes = nodes;
}

void judge_vcpus(struct judgement *j) {
    unsigned before = j->nr_wrong;
    bool placed = !j->e->nodeless && !j->e->flat && j->c->follow != CASE_LEAVE;

    judge_masks(j, placed);
    if (j->e->nodeless || j->e->flat)
        return;
    judge_fixed(j);
    // pin leaves hard masks over several nodes as they are: where these vCPUs are it does not say.
    if (j->c->follow == CASE_PIN && j->e->guest.free && j->c->hard[j->c->vcpus - 1])
        return;
    judge_free(j);
    choice_shares(&j->e->host, &j->e->guest, j->vcpus.nodes, j->vcpus.share);
    j->vcpus.known = j->nr_wrong == before;
}
