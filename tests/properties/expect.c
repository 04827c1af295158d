#include "tests/properties/expect.h"

#include <stdlib.h>

#define MIB_PAGES 256ULL
#define LOW_LIMIT 0xf0000ULL     // the MMIO hole begins here,
#define DEVICES_LIMIT 0xe0000ULL // and here with devices that have a few BARs

struct rules {
    const struct test_case *c;
    const struct truth *truth;
    struct expectation *e;
    uint64_t online, usable, with_cpus;
};

struct ram expect_ram(const struct test_case *c) {
    uint64_t pages = c->mib * MIB_PAGES;
    uint64_t limit = c->nr_devices ? DEVICES_LIMIT : LOW_LIMIT;
    uint64_t low = pages < limit ? pages : limit;

    return (struct ram){low, EXPECT_HIGH + pages - low};
}

bool expect_is_ram(struct ram ram, uint64_t gfn) {
    if (gfn >= EXPECT_VGA_FIRST && gfn < EXPECT_VGA_END)
        return false;
    return gfn < ram.low_end || (gfn >= EXPECT_HIGH && gfn < ram.high_end);
}

uint64_t expect_sum(const struct expectation *e, uint64_t nodes) {
    uint64_t sum = 0;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        sum += nodes >> id & 1 ? e->available[id] : 0;
    return sum;
}

uint64_t expect_sum_high(const struct expectation *e, uint64_t nodes) {
    uint64_t sum = 0;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        sum += nodes >> id & 1 ? e->high[id] : 0;
    return sum;
}

uint64_t expect_ids(const struct test_case *c, unsigned nodes) {
    uint64_t ids = 0;

    for (unsigned i = 0; i < c->nr; i++)
        ids |= nodes >> i & 1 ? 1ULL << c->node[i].id : 0;
    return ids;
}

// --- the host ---

static void read_host(struct rules *r) {
    const struct test_case *c = r->c;
    bool any_known = false, possible = true;

    for (unsigned i = 0; i < c->nr; i++) {
        unsigned id = c->node[i].id;

        r->online |= 1ULL << id;
        if (c->node[i].cpus)
            r->with_cpus |= 1ULL << id;
        for (unsigned j = 0; j < c->nr; j++) {
            unsigned distance = c->distance[i][j];

            if (i != j)
                any_known |= distance != CASE_UNKNOWN;
            possible &= (i == j) == (distance == 10) && distance >= 10;
        }
    }
    r->e->flat = c->nr > 1 && (!possible || !any_known);
}

// Usable: has memory, and another node reaches it.
static void find_usable(struct rules *r) {
    const struct test_case *c = r->c;

    for (unsigned i = 0; i < c->nr; i++) {
        bool reached = c->nr == 1 || r->e->flat;

        for (unsigned j = 0; j < c->nr; j++)
            reached |= i != j && c->distance[j][i] != CASE_UNKNOWN;
        if (c->node[i].mib && reached)
            r->usable |= 1ULL << c->node[i].id;
    }
}

static void find_available(struct rules *r) {
    uint64_t reserve = r->c->reserve_mib * MIB_PAGES;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++) {
        uint64_t claimed = r->truth->claimed_pages[id], available = 0, high = 0;
        uint64_t above = r->truth->free_pages[id] - r->truth->low_pages[id];

        r->e->hidden_claims |= claimed != 0;
        if (!(r->online >> id & 1))
            continue;
        if (r->truth->free_pages[id] > claimed + reserve)
            available = r->truth->free_pages[id] - claimed - reserve;
        if (above > claimed)
            high = above - claimed;
        r->e->available[id] = available;
        r->e->high[id] = high < available ? high : available;
    }
}

// --- who has a say ---

static void add_named(struct rules *r, uint64_t nodes) {
    if (nodes & r->usable)
        r->e->named[r->e->nr_named++] = nodes & r->usable;
}

// Where the preferred nodes have not enough. Nodes that none of the vCPUs reaches count too: which
// these are is not known before the vCPUs are put somewhere.
static uint64_t fallback_nodes(const struct rules *r) {
    uint64_t some = r->c->fallback_nodes & r->online;

    if (r->e->strict || r->c->fallback == CASE_NONE)
        return 0;
    return r->c->fallback == CASE_SOME && some ? r->usable & some : r->usable;
}

static void name_nodes(struct rules *r, uint64_t known) {
    const struct test_case *c = r->c;
    uint64_t all = 0;

    for (unsigned i = 0; i < c->nr_named; i++) {
        uint64_t node = 1ULL << c->named[i] & known;

        all |= node;
        if (c->policy != CASE_INTERLEAVE)
            add_named(r, node);
    }
    if (c->policy == CASE_INTERLEAVE)
        add_named(r, all);
    r->e->wrong |= r->e->strict && all & ~r->usable;
}

// Interleaved without names: over the nodes with CPUs, unless these have no memory at all.
static uint64_t interleaved(const struct rules *r) {
    return r->usable & r->with_cpus ? r->usable & r->with_cpus : r->usable;
}

static void find_named(struct rules *r) {
    const struct test_case *c = r->c;
    struct expectation *e = r->e;
    uint64_t affinity = r->with_cpus & ~c->affinity ? c->affinity & r->online : 0, named = 0;
    bool exact = c->policy == CASE_STRICT || c->fallback == CASE_NONE;

    for (unsigned i = 0; i < c->nr_named; i++)
        named |= 1ULL << c->named[i];
    // -mem_pnode brings strict with it where neither policy nor fallback is set.
    e->strict = c->policy == CASE_STRICT ||
                (c->by_option && c->policy == CASE_AUTO && c->fallback == CASE_NEAREST);
    e->wrong = (exact || e->strict) && named & ~r->online;
    e->even = c->policy == CASE_INTERLEAVE;
    e->nodeless = c->policy == CASE_ANY;
    if (named & r->online)
        name_nodes(r, r->online);
    else if (affinity)
        add_named(r, affinity);
    else if (e->even)
        add_named(r, interleaved(r));
    else
        e->automatic = true;
    e->nodeless |= e->automatic && e->flat && !c->max_nodes; // a limit counts nodes
    e->last_resort = !e->strict && !c->max_nodes &&
                     (c->fallback == CASE_NEAREST ||
                      (c->fallback == CASE_SOME && !(c->fallback_nodes & r->online)));
}

// --- devices ---

// The nodes of the devices; for one without memory, the nearest that has some. Which one, if
// several are, is not defined.
static uint64_t nodes_required(struct rules *r) {
    uint64_t nodes = 0;

    for (unsigned i = 0; i < r->e->guest.nr_devices; i++) {
        unsigned from = r->e->guest.device[i], nearest = CASE_UNKNOWN;

        if (r->c->node[from].mib) {
            nodes |= 1ULL << r->c->node[from].id;
            continue;
        }
        for (unsigned to = 0; to < r->c->nr; to++)
            if (r->c->node[to].mib && r->e->host.distance[from][to] < nearest)
                nearest = r->e->host.distance[from][to];
        for (unsigned to = 0, several = 0; to < r->c->nr; to++) {
            if (!r->c->node[to].mib || r->e->host.distance[from][to] != nearest)
                continue;
            nodes |= 1ULL << r->c->node[to].id;
            r->e->unclear |= several++ > 0;
        }
    }
    return nodes;
}

// Memory from the devices' nodes only; numa-policy=any goes before that.
static void require_devices(struct rules *r) {
    struct expectation *e = r->e;
    uint64_t nodes, named = 0;

    if (r->c->devices != CASE_REQUIRE || !e->guest.nr_devices || r->c->policy == CASE_ANY)
        return;
    nodes = nodes_required(r);
    for (unsigned i = 0; i < r->c->nr_named; i++)
        named |= 1ULL << r->c->named[i] & r->online;
    e->wrong |= (named & ~nodes) != 0;
    // What comes of others' wishes elsewhere is not defined, nor of devices where all is the same.
    e->unclear |= e->flat || e->nodeless || (!r->c->nr_named && !e->automatic);
    e->may_wrong |= e->flat && r->c->nr_named;
    e->last_resort = false;
    for (unsigned i = 0; i < r->c->nr; i++) {
        unsigned id = r->c->node[i].id;

        if (nodes >> id & 1)
            continue;
        e->available[id] = e->high[id] = 0;
        e->host.node[i].high = e->host.node[i].low = 0;
        e->host.node[i].no_memory = true;
    }
}

// --- how much there is ---

static int larger(const void *a, const void *b) {
    const uint64_t *first = a, *second = b;

    return (*first < *second) - (*first > *second);
}

// Of as many nodes as may be used.
static uint64_t supply(const struct rules *r, uint64_t nodes) {
    uint64_t pages[CASE_MAX_IDS] = {0}, sum = 0;
    unsigned most = r->c->max_nodes ? r->c->max_nodes : CASE_MAX_IDS;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        pages[id] = nodes >> id & 1 ? r->e->available[id] : 0;
    qsort(pages, CASE_MAX_IDS, sizeof(pages[0]), larger);
    for (unsigned i = 0; i < most; i++)
        sum += pages[i];
    return sum;
}

// The nodes that are within reach of the vCPUs if the free ones are on `cpus`.
static uint64_t reach(const struct rules *r, unsigned cpus) {
    double share[CHOICE_MAX_NODES], distance;
    unsigned nodes = 0;

    choice_shares(&r->e->host, &r->e->guest, cpus, share);
    for (unsigned i = 0; i < r->c->nr; i++)
        nodes |= choice_distance(&r->e->host, share, i, &distance) ? 1U << i : 0;
    return expect_ids(r->c, nodes);
}

// The most that any CPU nodes can have; with enough cores, and with any number of them.
static void supply_automatic(struct rules *r) {
    uint64_t most = 0, any = 0;

    for (unsigned cpus = 0; cpus < 1U << r->c->nr; cpus++) {
        uint64_t pages;
        bool some = cpus != 0;

        for (unsigned i = 0; i < r->c->nr; i++)
            some &= !(cpus >> i & 1) || r->e->host.node[i].threads;
        if (r->e->guest.free ? !some : cpus != 0)
            continue;
        pages = supply(r, reach(r, cpus));
        any = pages > any ? pages : any;
        if (choice_enough(&r->e->host, &r->e->guest, cpus))
            most = pages > most ? pages : most;
    }
    r->e->capacity = any;
    r->e->unclear |= most < r->e->guest_pages && any >= r->e->guest_pages;
    if (most < r->e->guest_pages)
        r->e->nodeless |= r->e->last_resort;
}

static void find_capacity(struct rules *r) {
    struct expectation *e = r->e;
    uint64_t claimed = r->truth->claimed_nodeless, host = expect_sum(e, r->online);

    host = host > claimed ? host - claimed : 0;
    for (unsigned i = 0; i < e->nr_named; i++)
        e->allowed |= e->named[i];
    if (e->automatic)
        e->allowed = r->online;
    else
        e->allowed |= fallback_nodes(r);
    e->capacity = supply(r, e->allowed);
    if (e->automatic && !e->nodeless)
        supply_automatic(r);
    if (e->last_resort || (e->nodeless && !r->c->max_nodes) || e->capacity > host)
        e->capacity = host;
}

// Strict about memory on other nodes than the vCPUs are pinned to.
static bool pinned_elsewhere(const struct rules *r) {
    uint64_t hard = 0, named = 0;

    for (unsigned v = 0; v < r->c->vcpus; v++)
        for (unsigned i = 0; i < r->c->nr; i++)
            hard |= r->e->vcpu[v].hard & case_node_cpus(r->c, i) ? 1ULL << r->c->node[i].id : 0;
    for (unsigned i = 0; i < r->e->nr_named; i++)
        named |= r->e->named[i];
    return r->c->nr_named && r->e->strict && r->with_cpus & ~hard && named & ~hard;
}

// Whether so many vnodes may be refused: for lack of nodes, vCPUs or memory to make them of.
static bool vnodes_refusable(const struct rules *r) {
    const struct test_case *c = r->c;
    unsigned nodes = 0;

    if (!c->virtual_nodes || c->virtual_nodes == CASE_VIRTUAL_AUTO)
        return false;
    for (unsigned i = 0; i < c->nr; i++)
        nodes += r->e->allowed >> c->node[i].id & 1 && r->usable >> c->node[i].id & 1 &&
                 case_node_cpus(c, i) & r->e->cpus;
    return c->virtual_nodes > nodes || c->virtual_nodes > c->vcpus || c->mib / c->vcpus < 8 ||
           (c->max_nodes && c->virtual_nodes > c->max_nodes);
}

void expect(const struct test_case *c, const struct truth *before, struct expectation *ret) {
    struct rules r = {.c = c, .truth = before, .e = ret};
    struct ram ram = expect_ram(c);

    *ret = (struct expectation){.guest_pages = ram.low_end - (EXPECT_VGA_END - EXPECT_VGA_FIRST) +
                                               ram.high_end - EXPECT_HIGH};
    read_host(&r);
    find_usable(&r);
    find_available(&r);
    expect_vcpus(c, ret);
    find_named(&r);
    require_devices(&r);
    find_capacity(&r);
    if (!ret->automatic) // devices do not draw vCPUs away from memory that is named
        ret->guest.nr_devices = 0;
    ret->unclear |= ret->nodeless && c->max_nodes;
    ret->may_wrong |= pinned_elsewhere(&r) || vnodes_refusable(&r);
    // The best nodes for so many vnodes need not be those that have the memory.
    ret->unclear |= c->virtual_nodes && c->max_nodes;
    ret->slack = c->page_tables_follow && c->nr > 1 ? before->pool_pages : 0;
    ret->flat |= c->nr == 1;
}
