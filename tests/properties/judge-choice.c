// The choice itself: what the vCPUs feel, against the best that could have been had.

#include "tests/properties/judge.h"

#include <math.h>
#include <string.h>

#define HUNDREDTH 0.01
#define SPECIALS 32.0 // pages that no superpage holds: below the VGA hole, or behind the last one

// Pages of a node that borders between so many nodes, and page tables, explain: each may lose less
// than a superpage, and one has what the others lose.
static double blur(const struct judgement *j, unsigned nodes) {
    return nodes > 1 ? nodes * JUDGE_SHARE + (double)j->e->slack
                     : (double)j->e->slack + JUDGE_SHARE;
}

// How much farther one of the nodes is from these vCPUs than another one.
static double spread(const struct judgement *j, const struct choice *choice, unsigned nodes) {
    double nearest = INFINITY, farthest = 0, distance;

    for (unsigned i = 0; i < j->c->nr; i++) {
        if (!(nodes >> i & 1) || !choice_distance(&j->e->host, choice->share, i, &distance))
            continue;
        nearest = fmin(nearest, distance);
        farthest = fmax(farthest, distance);
    }
    return fmax(farthest - nearest, 0);
}

// The same as a difference in cost, with what a hundredth hides.
static double slack_of(const struct judgement *j, const struct choice *a, const struct choice *b) {
    unsigned nodes = a->memory_nodes | b->memory_nodes;
    double most = fmax(spread(j, a, nodes), spread(j, b, nodes));

    return HUNDREDTH + blur(j, (unsigned)__builtin_popcount(nodes)) * most / j->e->guest.need;
}

static void real_placement(const struct judgement *j, struct choice *ret) {
    double pages[CHOICE_MAX_NODES] = {0};

    for (unsigned i = 0; i < j->c->nr; i++)
        pages[i] = (double)j->pages[j->c->node[i].id];
    choice_known(&j->e->host, &j->e->guest, j->vcpus.nodes, pages, ret);
}

// Whether each node has what these CPU nodes mean; nodes at the same distance count together.
static void judge_shares(struct judgement *j, const struct choice *real,
                         const struct choice *ideal) {
    unsigned used = (unsigned)__builtin_popcount(ideal->memory_nodes | real->memory_nodes);

    for (unsigned i = 0; i < j->c->nr; i++) {
        double here, there, have = 0, should = 0;
        unsigned nr = 0;

        choice_distance(&j->e->host, real->share, i, &here);
        for (unsigned k = 0; k < j->c->nr; k++) {
            choice_distance(&j->e->host, real->share, k, &there);
            if (fabs(here - there) > 1e-9 ||
                j->e->host.node[i].has_cpus != j->e->host.node[k].has_cpus)
                continue;
            have += real->pages[k];
            should += ideal->pages[k];
            nr++;
        }
        if (fabs(have - should) > blur(j, used) + nr * (double)j->e->slack)
            WRONG(j, "node %u and its like: %.0f pages, not %.0f", j->c->node[i].id, have, should);
        if (!j->e->guest.roaming && ideal->share[i] > 0 &&
            real->pages[i] + blur(j, 1) + SPECIALS <
                fmin(ideal->share[i] * j->e->guest.need, j->e->host.node[i].high))
            WRONG(j, "node %u: %.0f pages for %.3f of the vCPUs", j->c->node[i].id, real->pages[i],
                  ideal->share[i]);
    }
}

// Whether two choices are the same but for the nodes' names, so that no border decides.
static bool alike(const struct choice *a, const struct choice *b) {
    double pages_a = 0, pages_b = 0;

    if (__builtin_popcount(a->memory_nodes) == 1 && __builtin_popcount(b->memory_nodes) == 1)
        return true;
    for (unsigned i = 0; i < CHOICE_MAX_NODES; i++) {
        pages_a += a->pages[i] * a->pages[i];
        pages_b += b->pages[i] * b->pages[i];
    }
    return fabs(pages_a - pages_b) < 1 && !a->uneven && !b->uneven;
}

static void name_choice(const struct judgement *j, const char *name, const struct choice *choice) {
    fprintf(j->out,
            "    %s: CPUs on %#x, cost %.3f, devices %u, %u nodes, %u vCPUs of others, "
            "%.0f pages available;",
            name, choice->cpu_nodes, choice->cost, choice->device_distance, choice->nr,
            choice->others, choice->available);
    for (unsigned i = 0; i < j->c->nr; i++)
        if (choice->pages[i] > 0)
            fprintf(j->out, " node %u: %.0f", j->c->node[i].id, choice->pages[i]);
    fputc('\n', j->out);
}

// The criteria that come after the cost.
static void judge_ties(struct judgement *j, const struct choice *ideal) {
    struct choice other;

    for (unsigned cpus = 1; cpus < 1U << j->c->nr; cpus++) {
        const char *why;

        if (!choice_enough(&j->e->host, &j->e->guest, cpus) ||
            !choice_for(&j->e->host, &j->e->guest, cpus, &other) || !alike(&other, ideal) ||
            other.vague)
            continue;
        why = choice_beats(&other, ideal, 0);
        if (!why || fabs(other.cost - ideal->cost) > 1e-9)
            continue;
        WRONG(j, "another choice has better %s", why);
        name_choice(j, "chosen", ideal);
        name_choice(j, "better", &other);
        return;
    }
}

static void judge_cost(struct judgement *j, const struct choice *real, const struct choice *best) {
    double slack = slack_of(j, real, best);
    const char *wrong = NULL;

    if (real->device_distance != best->device_distance)
        wrong = "the devices' distance";
    else if (fabs(real->cost - best->cost) > slack)
        wrong = "the cost";
    if (wrong) {
        WRONG(j, "%s is not the best, beyond %.3f", wrong, slack);
        name_choice(j, "chosen", real);
        name_choice(j, "best", best);
    }
    // What borders explain is not counted against it.
    j->ratio = fmax(real->cost - slack, fmin(real->cost, best->cost)) / best->cost;
}

// Nobody has named nodes: the best of all.
static void judge_automatic(struct judgement *j, const struct choice *real) {
    struct choice best = {0}, ideal = {0};
    unsigned before = j->nr_wrong;

    if (!choice_best(&j->e->host, &j->e->guest, &best) || best.vague || real->vague)
        return;
    judge_cost(j, real, &best);
    if (!choice_for(&j->e->host, &j->e->guest, j->vcpus.nodes, &ideal))
        return;
    if (!j->c->max_nodes)
        judge_shares(j, real, &ideal);
    if (j->nr_wrong == before && j->e->guest.free)
        judge_ties(j, &ideal);
}

// Whether these CPUs are really better for the same memory, and by what. How well
// they fit and lower numbers mean little where the memory is given.
static const char *better(const struct judgement *j, const struct choice *other,
                          const struct choice *real) {
    const char *why = choice_beats(other, real, 0);

    if (!why || !strcmp(why, "best fit") || !strcmp(why, "available memory") ||
        !strcmp(why, "lowest ids"))
        return NULL;
    if (!strcmp(why, "cost") && other->cost > real->cost - slack_of(j, other, real))
        return NULL;
    return why;
}

static uint64_t named_nodes(const struct judgement *j) {
    uint64_t nodes = 0;

    for (unsigned i = 0; i < j->e->nr_named; i++)
        nodes |= j->e->named[i];
    return nodes;
}

// Somebody has named nodes: the best CPUs for the memory, or for what of it is where it was named.
static void judge_named(struct judgement *j, const struct choice *real) {
    double named[CHOICE_MAX_NODES] = {0}, there = 0;
    struct choice other, other_part, part;

    for (unsigned i = 0; i < j->c->nr; i++) {
        named[i] = named_nodes(j) >> j->c->node[i].id & 1 ? real->pages[i] : 0;
        there += named[i];
    }
    choice_known(&j->e->host, &j->e->guest, j->vcpus.nodes, named, &part);
    for (unsigned cpus = 1; cpus < 1U << j->c->nr; cpus++) {
        const char *why;

        if (!choice_enough(&j->e->host, &j->e->guest, cpus))
            continue;
        choice_known(&j->e->host, &j->e->guest, cpus, real->pages, &other);
        choice_known(&j->e->host, &j->e->guest, cpus, named, &other_part);
        why = better(j, &other, real);
        if (!why || other.vague || real->vague || (there > 0 && !better(j, &other_part, &part)))
            continue;
        WRONG(j, "other CPUs are better for the memory by %s", why);
        name_choice(j, "chosen", real);
        name_choice(j, "better", &other);
        return;
    }
    j->ratio = 1;
}

void judge_choice(struct judgement *j) {
    struct choice real;

    if (!j->vcpus.known || j->anywhere || j->e->hidden_claims || j->e->unclear)
        return;
    real_placement(j, &real);
    if (j->e->automatic && !j->c->superpage)
        judge_automatic(j, &real);
    else if (!j->e->automatic && j->e->guest.free && !j->c->superpage)
        judge_named(j, &real);
}
