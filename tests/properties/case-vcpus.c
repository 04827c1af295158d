// vCPUs, and the masks that somebody has given them: the guest's and those of others.

#include "tests/properties/case-draw.h"

cpuset case_node_cpus(const struct test_case *c, unsigned index) {
    unsigned first = 0;

    for (unsigned i = 0; i < index; i++)
        first += c->node[i].cpus;
    return (((cpuset)1 << c->node[index].cpus) - 1) << first;
}

cpuset case_all_cpus(const struct test_case *c) {
    cpuset all = 0;

    for (unsigned i = 0; i < c->nr; i++)
        all |= case_node_cpus(c, i);
    return all;
}

// A node with CPUs; another one than `but` if there is one.
static unsigned node_draw(struct test_case *c, unsigned but) {
    unsigned i = below(c, c->nr);

    for (unsigned n = 0; n < c->nr && (!c->node[i].cpus || i == but); n++)
        i = (i + 1) % c->nr;
    return c->node[i].cpus ? i : but;
}

// The CPUs of at least two nodes, if there are.
static cpuset several_draw(struct test_case *c, unsigned a, unsigned b) {
    cpuset set = case_node_cpus(c, a) | case_node_cpus(c, b);

    for (unsigned i = 0; i < c->nr; i++)
        set |= chance(c, 25) ? case_node_cpus(c, i) : 0;
    return set;
}

// Leaves some out, but not the first.
static cpuset thin_out(struct test_case *c, cpuset set) {
    bool first = true;

    for (unsigned cpu = 0; cpu < CASE_MAX_CPUS; cpu++) {
        cpuset bit = (cpuset)1 << cpu;

        if (!(set & bit))
            continue;
        if (!first && chance(c, 30))
            set &= ~bit;
        first = false;
    }
    return set;
}

// The n-th CPU of a set, counted round and round.
static cpuset nth(cpuset set, unsigned n) {
    while (n--) {
        cpuset rest = set & (set - 1);

        if (!rest)
            return set & -set;
        set = rest;
    }
    return set & -set;
}

// What masks are made of.
struct sets {
    cpuset a, b, several;
};

static cpuset hard_mask(const struct test_case *c, unsigned vcpu, const struct sets *sets) {
    switch (c->masks) {
    case CASE_HARD_ONE:
        return sets->a;
    case CASE_HARD_HALVES:
        return vcpu % 2 ? sets->b : sets->a;
    case CASE_HARD_ODD:
        return vcpu % 4 == 3 ? sets->b : sets->a;
    case CASE_HARD_SINGLE:
        return nth(vcpu % 2 ? sets->b : sets->a, vcpu / 2);
    case CASE_HARD_SOME:
        return vcpu % 2 ? 0 : sets->a;
    case CASE_HARD_SEVERAL:
    case CASE_HARD_THREADS:
    case CASE_BOTH:
        return sets->several;
    default:
        return 0;
    }
}

static cpuset soft_mask(const struct test_case *c, unsigned vcpu, const struct sets *sets) {
    switch (c->masks) {
    case CASE_SOFT_ONE:
    case CASE_BOTH:
        return sets->a;
    case CASE_SOFT_HALVES:
        return vcpu % 2 ? sets->b : sets->a;
    case CASE_SOFT_ODD:
        return vcpu % 4 == 3 ? sets->b : sets->a;
    case CASE_SOFT_SOME:
        return vcpu % 2 ? 0 : sets->a;
    case CASE_SOFT_SEVERAL:
        return sets->several;
    default:
        return 0;
    }
}

// A mask of all CPUs is none.
static void set_masks(struct test_case *c, const struct sets *sets) {
    cpuset all = case_all_cpus(c);

    for (unsigned v = 0; v < c->vcpus; v++) {
        cpuset hard = hard_mask(c, v, sets), soft = soft_mask(c, v, sets);

        c->hard[v] = hard == all ? 0 : hard;
        c->soft[v] = soft == all ? 0 : soft;
    }
}

static void make_guest(struct test_case *c) {
    unsigned a = node_draw(c, 0), b = node_draw(c, a), all = 0;
    bool none = chance(c, 50);
    struct sets sets = {case_node_cpus(c, a), case_node_cpus(c, b), several_draw(c, a, b)};

    for (unsigned i = 0; i < c->nr; i++)
        all += c->node[i].cpus;
    if (chance(c, 55))
        c->vcpus = between(c, 1, 4);
    else
        c->vcpus = between(c, 1, chance(c, 50) ? 24 : all + 3);
    if (c->vcpus > 48)
        c->vcpus = 48;
    c->current = chance(c, 30) ? between(c, 1, c->vcpus) : c->vcpus;
    c->masks = none ? CASE_FREE : between(c, CASE_HARD_ONE, CASE_MASKS - 1);
    if (c->masks == CASE_HARD_THREADS)
        sets.several = thin_out(c, sets.several);
    set_masks(c, &sets);
    c->hard_by_toolstack = chance(c, 30);
}

static void make_others(struct test_case *c) {
    if (!chance(c, 40))
        return;
    c->nr_others = between(c, 1, CASE_MAX_OTHERS);
    for (unsigned i = 0; i < c->nr_others; i++)
        c->other[i] = (struct case_other){node_draw(c, 0), between(c, 1, 6), chance(c, 50)};
}

void case_make_vcpus(struct test_case *c) {
    make_guest(c);
    make_others(c);
}
