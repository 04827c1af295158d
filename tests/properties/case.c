// Numbers are drawn in a fixed order, so that a case stays the same when the judgement changes.

#include "tests/properties/case-draw.h"

#include <stdlib.h>
#include <string.h>

#define MIB_PAGES 256

// --- distances ---

enum shape { UNIFORM, RING, LINE, NESTED, FEW, ANYHOW, EXPANDERS, SHAPES };

static unsigned distance_draw(struct test_case *c, enum shape shape, unsigned i, unsigned j) {
    unsigned steps = i > j ? i - j : j - i;

    switch (shape) {
    case RING:
        steps = steps < c->nr - steps ? steps : c->nr - steps;
        return 10 + 6 * steps;
    case LINE:
        return 10 + 11 * steps;
    case NESTED:
        return i / 2 == j / 2 ? 12 : i / 4 == j / 4 ? 20 : 32;
    case FEW:
        return 12 + 4 * below(c, 3);
    case ANYHOW:
        return 11 + below(c, 100);
    case EXPANDERS: // i is a socket, i + 1 its memory expander
        return i % 2 + j % 2 == 0 ? 21 : i / 2 == j / 2 ? 14 : i % 2 + j % 2 == 1 ? 24 : 26;
    default:
        return 20;
    }
}

static void spoil_distances(struct test_case *c) {
    unsigned i = below(c, c->nr), j = below(c, c->nr);

    if (chance(c, 15)) {
        for (unsigned n = below(c, 3); n > 0; n--)
            if (i != j)
                c->distance[i][j] = c->distance[j][i] = CASE_UNKNOWN;
        if (i != j && chance(c, 30))
            for (unsigned k = 0; k < c->nr; k++)
                if (k != i)
                    c->distance[i][k] = c->distance[k][i] = CASE_UNKNOWN;
    }
    if (chance(c, 4))
        c->distance[i][j] = below(c, 10);
}

static void make_distances(struct test_case *c, enum shape shape) {
    bool even = !chance(c, 10); // the same in both directions

    for (unsigned i = 0; i < c->nr; i++) {
        for (unsigned j = 0; j < c->nr; j++) {
            if (i == j)
                c->distance[i][j] = 10;
            else if (j < i && even)
                c->distance[i][j] = c->distance[j][i];
            else
                c->distance[i][j] = distance_draw(c, shape, i, j) + (even ? 0 : below(c, 3));
        }
    }
    spoil_distances(c);
}

// --- memory ---

// Each extent needs as much again beside it that is in use, or Xen would merge them.
static void fragment(struct test_case *c, struct case_node *node) {
    unsigned orders[3] = {below(c, 4), between(c, 4, 9), between(c, 9, 14)};
    unsigned gib = node->mib / 1024;
    uint64_t left = (uint64_t)(node->mib - node->mib / 4) * MIB_PAGES;

    node->fragmented = true;
    if (gib > 3 && chance(c, 60)) {
        node->extents[18] = between(c, 1, gib - 3);
        left -= left > node->extents[18] << 18 ? node->extents[18] << 18 : left;
    }
    for (unsigned i = 3; i-- > 0;) {
        uint64_t most = left / (orders[i] > 11 ? 5 : 2) >> orders[i];

        if (i == 0 && most > 30000)
            most = 30000;
        if (chance(c, 30) || !most)
            continue;
        node->extents[orders[i]] = below(c, (unsigned)most + 1);
        left -= 2 * node->extents[orders[i]] << orders[i];
    }
}

static void use_memory(struct test_case *c, struct case_node *node) {
    node->free_mib = node->mib;
    if (!node->mib)
        return;
    if (chance(c, 30))
        fragment(c, node);
    else if (chance(c, 30))
        node->free_mib = below(c, node->mib + 1);
    if (chance(c, 25))
        node->dirty_mib = below(c, node->free_mib + 1);
    if (node->fragmented)
        node->dirty_mib = 0;
    if (!node->fragmented && chance(c, 15)) {
        node->fill_order = 9 * below(c, 3);
        node->fill_extents = between(c, 1, node->fill_order == 18 ? 2 : 700);
    }
}

static unsigned size_draw(struct test_case *c) {
    switch (below(c, 4)) {
    case 0:
        return 1024 * between(c, 1, 8);
    case 1:
        return between(c, 300, 3000);
    default:
        return between(c, 1024, 9000);
    }
}

// What is odd about a node: no CPUs, no memory.
static void spoil_node(struct test_case *c, unsigned i, enum shape shape, bool odd) {
    struct case_node *node = &c->node[i];

    if (shape == EXPANDERS && i % 2)
        node->cpus = 0;
    else if (odd && chance(c, 40)) {
        if (i && chance(c, 50))
            node->cpus = 0;
        else if (i || c->nr > 1)
            node->mib = 0;
    }
}

static void make_nodes(struct test_case *c) {
    unsigned same = size_draw(c), id = 0, mib = 0;
    bool uneven = chance(c, 50), gaps = chance(c, 15), odd = chance(c, 45);
    bool uneven_cpus = chance(c, 40), one_memory = chance(c, 6);
    unsigned cpus = between(c, 1, 6);
    enum shape shape = below(c, SHAPES);

    c->nr = chance(c, 8) ? 1 : between(c, 2, CASE_MAX_NODES);
    c->threads_per_core = between(c, 1, 2);
    for (unsigned i = 0; i < c->nr; i++) {
        struct case_node *node = &c->node[i];

        node->id = id;
        id += gaps ? between(c, 1, 7) : 1;
        node->mib = uneven ? size_draw(c) : same;
        node->cpus = (uneven_cpus ? between(c, 1, 8) : cpus) * c->threads_per_core;
        spoil_node(c, i, shape, odd);
        if (one_memory && i)
            node->mib = 0;
        mib += node->mib;
        if (i + 1 == c->nr && !mib) // somebody must have some
            node->mib = size_draw(c);
        use_memory(c, node);
    }
    make_distances(c, shape);
}

// --- Xen and others ---

static void make_xen(struct test_case *c) {
    static const char *const releases[] = {"4.17", "4.17", "xcp-ng-8.3", "4.22", "xs9"};
    unsigned release = below(c, 5), claims = below(c, 8);

    c->release = releases[release];
    c->claims = release == 4 ? "node" : "host";
    if (claims == 0)
        c->claims = "none";
    else if (claims == 1 && release != 4)
        c->claims = "set";
    c->max_order = chance(c, 10) ? 9 : 18;
    c->hap_1gb = !chance(c, 8);
    c->scrub_freed = chance(c, 50);
    c->filler_dies = chance(c, 40);
    if (claims && chance(c, 12))
        c->claimed_mib = between(c, 1, 4000);
    if ((!strcmp(c->claims, "node") || !strcmp(c->claims, "set")) && chance(c, 40)) {
        c->claimed_mib = 0;
        c->node[below(c, c->nr)].claimed_mib = between(c, 1, 3000);
    }
    c->toolstack_claims = claims && chance(c, 8);
}

// --- settings ---

static void name_nodes(struct test_case *c) {
    unsigned order[CASE_MAX_NODES] = {0};
    unsigned nr = chance(c, 50) ? 1 : between(c, 1, c->nr);

    for (unsigned i = 0; i < c->nr; i++) {
        unsigned at = below(c, i + 1);

        order[i] = order[at];
        order[at] = c->node[i].id;
    }
    for (unsigned i = 0; i < nr; i++)
        c->named[i] = order[i];
    c->nr_named = nr;
    c->by_option = nr == 1 && chance(c, 30);
    if (chance(c, 3))
        c->named[0] = 62; // there is none
}

static uint64_t set_draw(struct test_case *c) {
    uint64_t set = 0;

    while (!set)
        for (unsigned i = 0; i < c->nr; i++)
            set |= (uint64_t)below(c, 2) << c->node[i].id;
    return set;
}

// Node affinity that says something: it leaves a node with CPUs out. 0 if there is none.
static uint64_t affinity_draw(struct test_case *c) {
    uint64_t set = set_draw(c), left = 0;

    for (unsigned i = 0; i < c->nr; i++)
        if (c->node[i].cpus && !(set >> c->node[i].id & 1))
            left |= 1ULL << c->node[i].id;
    return left ? set : 0;
}

// How vCPUs follow the memory, and the page tables.
static void make_following(struct test_case *c) {
    c->follow = chance(c, 60) ? CASE_FOLLOW : between(c, CASE_MOVE, CASE_FOLLOWS - 1);
    c->max_nodes = chance(c, 12) ? between(c, 1, 4) : 0;
    if (c->policy == CASE_ANY)
        c->max_nodes = 0;
    c->page_tables_follow = chance(c, 40);
}

static void make_settings(struct test_case *c) {
    static const unsigned policies[] = {
        CASE_AUTO,   CASE_AUTO,       CASE_AUTO,       CASE_PREFERRED, CASE_STRICT,
        CASE_STRICT, CASE_INTERLEAVE, CASE_INTERLEAVE, CASE_ANY,       CASE_PREFERRED};
    bool named = chance(c, 40), affinity = chance(c, 15);

    c->policy = policies[below(c, 10)];
    if (named && c->policy != CASE_ANY)
        name_nodes(c);
    if (affinity && c->masks == CASE_FREE)
        c->affinity = affinity_draw(c);
    if (c->policy != CASE_STRICT && chance(c, 20))
        c->fallback = CASE_NONE;
    else if (c->policy != CASE_STRICT && c->policy != CASE_ANY && chance(c, 20))
        c->fallback = CASE_SOME;
    if (c->fallback == CASE_SOME)
        c->fallback_nodes = set_draw(c) | (chance(c, 5) ? 1ULL << 62 : 0);
    c->superpage = chance(c, 35);
    if (chance(c, 20))
        c->reserve_mib = between(c, 1, 1500);
    // A claim of the guest's own goes before any reserve; whether a reserve is beside or within
    // what others have claimed on a node is not defined.
    if (c->toolstack_claims)
        c->reserve_mib = 0;
    for (unsigned i = 0; i < c->nr; i++)
        if (c->node[i].claimed_mib)
            c->reserve_mib = 0;
}

// By numbers of their own.
static void make_devices(struct test_case *c) {
    struct test_case draw = {.prng = {c->seed * 7000003 + c->index}};

    if (!chance(&draw, 25))
        return;
    c->nr_devices = between(&draw, 1, CASE_MAX_DEVICES);
    for (unsigned i = 0; i < c->nr_devices; i++)
        c->device[i] = chance(&draw, 20) ? CASE_NO_NODE : (int)below(&draw, c->nr);
    c->devices = chance(&draw, 60) ? CASE_PREFER : between(&draw, CASE_IGNORE, CASE_REQUIRE);
}

// By numbers of their own.
static void make_virtual(struct test_case *c) {
    struct test_case draw = {.prng = {c->seed * 9000011 + c->index}};
    unsigned most = c->vcpus < 4 ? c->vcpus : 4;

    if (!chance(&draw, 40) || c->policy == CASE_INTERLEAVE || c->policy == CASE_ANY)
        return;
    c->virtual_nodes =
        chance(&draw, 40) ? CASE_VIRTUAL_AUTO : between(&draw, 1, chance(&draw, 90) ? most : 4);
}

void case_make(struct test_case *c, uint64_t seed, unsigned index) {
    *c = (struct test_case){.seed = seed, .index = index, .prng = {seed * 1000003 + index}};
    make_nodes(c);
    make_xen(c);
    c->size = below(c, CASE_SIZES);
    case_make_vcpus(c);
    make_settings(c);
    make_following(c);
    make_devices(c);
    make_virtual(c);
}

void case_size_guest(struct test_case *c, const uint64_t free_pages[CASE_MAX_IDS]) {
    uint64_t total = 0, node = free_pages[c->node[below(c, c->nr)].id] / MIB_PAGES, mib;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        total += free_pages[id] / MIB_PAGES;
    switch (c->size) {
    case CASE_PART:
        mib = node * between(c, 10, 100) / 100;
        break;
    case CASE_NODE:
        mib = node + below(c, 3);
        break;
    case CASE_MORE:
        mib = node * between(c, 100, 250) / 100;
        break;
    case CASE_HOST:
        mib = total * between(c, 40, 103) / 100;
        break;
    default:
        mib = between(c, 64, 2048);
    }
    c->mib = (unsigned)(mib < 64 ? 64 : mib);
}

// --- output ---

static void write_memory(const struct case_node *node, FILE *out) {
    const char *separator = "";

    if (!node->fragmented && node->free_mib < node->mib)
        fprintf(out, ", \"free_mib\": %u", node->free_mib);
    if (node->dirty_mib)
        fprintf(out, ", \"dirty_mib\": %u", node->dirty_mib);
    if (!node->fragmented)
        return;
    fprintf(out, ", \"free\": {");
    for (unsigned order = 0; order < CASE_ORDERS; order++) {
        if (!node->extents[order])
            continue;
        fprintf(out, "%s\"%u\": %llu", separator, order, (unsigned long long)node->extents[order]);
        separator = ", ";
    }
    fprintf(out, "}");
}

void case_write_host(const struct test_case *c, FILE *out) {
    fprintf(out, "{\n  \"threads_per_core\": %u,\n  \"nodes\": [\n", c->threads_per_core);
    for (unsigned i = 0; i < c->nr; i++) {
        const struct case_node *node = &c->node[i];

        fprintf(out, "    { \"id\": %u, \"memory_mib\": %u, \"cpus\": %u", node->id, node->mib,
                node->cpus);
        write_memory(node, out);
        fprintf(out, " }%s\n", i + 1 < c->nr ? "," : "");
    }
    fprintf(out, "  ],\n  \"distances\": [\n");
    for (unsigned i = 0; i < c->nr; i++) {
        for (unsigned j = 0; j < c->nr; j++)
            fprintf(out, "%s%u", j ? ", " : "    [", c->distance[i][j]);
        fprintf(out, "]%s\n", i + 1 < c->nr ? "," : "");
    }
    fprintf(out, "  ]\n}\n");
}

static void write_set(uint64_t set, FILE *out) {
    const char *separator = "";

    for (unsigned id = 0; id < CASE_MAX_IDS; id++) {
        if (!(set >> id & 1))
            continue;
        fprintf(out, "%s%u", separator, id);
        separator = ",";
    }
}

static void write_masks(const struct test_case *c, FILE *out) {
    unsigned nr = 0;

    for (unsigned i = 0; i < c->nr; i++)
        nr += c->node[i].cpus;
    for (unsigned vcpu = 0; vcpu < c->vcpus; vcpu++) {
        if (!c->hard[vcpu] || c->hard_by_toolstack)
            continue;
        fprintf(out, "platform/vcpu/%u/affinity = \"", vcpu);
        for (unsigned cpu = 0; cpu < nr; cpu++)
            fputc(c->hard[vcpu] >> cpu & 1 ? '1' : '0', out);
        fprintf(out, "\"\n");
    }
}

void case_write_keys(const struct test_case *c, FILE *out) {
    static const char *const policies[] = {"auto", "preferred", "strict", "interleave", "any"};
    static const char *const follows[] = {"follow", "move", "pin", "leave"};

    fprintf(out, "platform/cores-per-socket = \"1\"\n");
    fprintf(out, "platform/vcpu/number = \"%u\"\nplatform/vcpu/current = \"%u\"\n", c->vcpus,
            c->current);
    write_masks(c, out);
    if (c->follow != CASE_FOLLOW)
        fprintf(out, "platform/numa-vcpus = \"%s\"\n", follows[c->follow]);
    if (c->devices != CASE_PREFER)
        fprintf(out, "platform/numa-devices = \"%s\"\n",
                c->devices == CASE_IGNORE ? "ignore" : "require");
    if (c->max_nodes)
        fprintf(out, "platform/numa-max-nodes = \"%u\"\n", c->max_nodes);
    if (!c->page_tables_follow)
        fprintf(out, "platform/numa-page-tables = \"leave\"\n");
    if (c->policy != CASE_AUTO)
        fprintf(out, "platform/numa-policy = \"%s\"\n", policies[c->policy]);
    if (c->nr_named && !c->by_option) {
        fprintf(out, "platform/numa-nodes = \"");
        for (unsigned i = 0; i < c->nr_named; i++)
            fprintf(out, "%s%u", i ? "," : "", c->named[i]);
        fprintf(out, "\"\n");
    }
    if (c->fallback == CASE_NONE)
        fprintf(out, "platform/numa-fallback = \"none\"\n");
    if (c->fallback == CASE_SOME) {
        fprintf(out, "platform/numa-fallback = \"");
        write_set(c->fallback_nodes, out);
        fprintf(out, "\"\n");
    }
    if (c->virtual_nodes == CASE_VIRTUAL_AUTO)
        fprintf(out, "platform/numa-virtual = \"auto\"\n");
    else if (c->virtual_nodes)
        fprintf(out, "platform/numa-virtual = \"%u\"\n", c->virtual_nodes);
    if (c->superpage)
        fprintf(out, "platform/numa-page-preference = \"superpage\"\n");
    if (c->reserve_mib)
        fprintf(out, "platform/numa-reserve-mib = \"%u\"\n", c->reserve_mib);
}
