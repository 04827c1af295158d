#include "tests/properties/truth.h"

#include <stdlib.h>
#include <string.h>

#include "tests/model/claim.h"
#include "tests/model/p2m.h"

static uint64_t blocks_count(struct model *m, unsigned node, unsigned order) {
    uint64_t count = 0;

    for (unsigned zone = 0; zone < HEAP_NR_ZONES; zone++)
        for (uint32_t i = m->heap.free[node][zone][order].head; i != CELL_NONE;
             i = cell_at(&m->pool, i)->next)
            count++;
    return count;
}

void truth_read(struct model *m, struct truth *ret) {
    *ret = (struct truth){.online = m->heap.online, .claimed_nodeless = m->heap.claimed_total};
    for (unsigned node = 0; node < TRUTH_MAX_IDS; node++) {
        ret->free_pages[node] = heap_node_free(&m->heap, node);
        for (unsigned zone = 0; zone <= m->heap.dma_zone; zone++)
            ret->low_pages[node] += m->heap.avail[node][zone];
        ret->claimed_pages[node] = m->heap.claimed[node];
        ret->claimed_nodeless -= m->heap.claimed[node];
        ret->free_gib[node] = blocks_count(m, node, 18);
        for (unsigned order = 9; order < 18; order++)
            ret->free_superpages[node] += blocks_count(m, node, order) << (order - 9);
    }
}

// --- a guest ---

static cpuset mask_read(const struct model *m, const struct cpu_mask *mask) {
    cpuset set = 0;
    unsigned nr = 0;

    for (unsigned cpu = 0; cpu < m->nr_cpus && cpu < CASE_MAX_CPUS; cpu++) {
        set |= (cpuset)cpu_mask_test(mask, cpu) << cpu;
        nr += cpu_mask_test(mask, cpu);
    }
    return nr == m->nr_cpus ? 0 : set;
}

static void vcpus_read(const struct model *m, const struct domain *d, struct guest_truth *guest) {
    guest->node_affinity = d->node_affinity & m->heap.online;
    guest->nr_vcpus = d->nr_vcpus;
    guest->vnuma = d->vnuma;
    for (unsigned v = 0; v < d->nr_vcpus && v < CASE_MAX_VCPUS; v++) {
        guest->vcpu[v].hard = mask_read(m, &d->vcpu[v].hard);
        guest->vcpu[v].soft = mask_read(m, &d->vcpu[v].soft);
    }
}

struct run {
    uint64_t first, nr; // machine frames
};

static int compare(const void *a, const void *b) {
    const struct run *first = a, *second = b;

    return (first->first > second->first) - (first->first < second->first);
}

static bool any_twice(struct run *runs, size_t nr) {
    if (nr)
        qsort(runs, nr, sizeof(*runs), compare);
    for (size_t i = 1; i < nr; i++)
        if (runs[i].first < runs[i - 1].first + runs[i - 1].nr)
            return true;
    return false;
}

// No leaf crosses nodes.
static void fill_in(const struct model *m, const struct cell *entry, struct guest_truth *guest) {
    uint64_t leaf = 1ULL << entry->tag;

    for (uint64_t n = 0; n < entry->nr; n += leaf) {
        uint32_t node = heap_node_of(&m->heap, entry->value + n);

        memset(guest->node + entry->key + n, (int)node + 1, leaf);
        memset(guest->order + entry->key + n, (int)entry->tag, leaf);
    }
    guest->mapped += entry->nr;
}

void guest_truth_read(struct model *m, const struct domain *d, struct guest_truth *ret) {
    struct run *runs = NULL;
    size_t nr = 0, capacity = 0;

    *ret = (struct guest_truth){.tot_pages = d->tot_pages,
                                .claimed_pages = claim_outstanding(d),
                                .end = p2m_highest(m, d) + 1};
    ret->node = calloc(ret->end, 1);
    ret->order = calloc(ret->end, 1);
    if (!ret->node || !ret->order)
        abort();
    for (uint32_t i = cell_tree_ceil(&m->pool, d->p2m, 0); i != CELL_NONE;) {
        const struct cell *entry = cell_at(&m->pool, i);

        i = cell_tree_ceil(&m->pool, d->p2m, entry->key + 1);
        if (entry->value == P2M_POD)
            continue;
        if (nr == capacity) {
            capacity = 2 * capacity + 64;
            runs = reallocarray(runs, capacity, sizeof(*runs));
            if (!runs)
                abort();
        }
        runs[nr++] = (struct run){entry->value, entry->nr};
        fill_in(m, entry, ret);
    }
    vcpus_read(m, d, ret);
    ret->shared = any_twice(runs, nr);
    free(runs);
}

void guest_truth_done(struct guest_truth *guest) {
    free(guest->node);
    free(guest->order);
    *guest = (struct guest_truth){0};
}
