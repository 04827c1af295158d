// The address space as runs of equal leaves, and the page tables it needs from the paging pool.
//
// A cell is a run of frames: `key` first gfn, `value` first mfn (or P2M_POD), `nr` frames, `tag`
// the order of its leaves; runs do not overlap and are made of whole leaves. Tables are counted one
// by one, since a pool that is too small is a way in which a build fails.
//
// PV domains need none, see pv.c.
//
// Splitting follows EPT: a small change in a big leaf makes small leaves of all of it.

#include "tests/model/p2m.h"
#include "tests/model/model.h"
#include "tests/model/paging.h"

#include <errno.h>

// Host, nested and alternative tables: each has its root when the domain starts.
#define P2M_ROOTS 21
#define ROOT_LEVEL 4
#define GIB_ORDER 18
#define MIB2_ORDER 9

static uint64_t table_key(unsigned level, uint64_t gfn) {
    return (uint64_t)level << 56 | gfn >> (9 * level);
}

static int table_make(struct model *m, struct domain *d, uint64_t key) {
    uint64_t mfn;
    uint32_t index;
    int rc = paging_take(m, d, &mfn);

    if (rc)
        return rc;
    index = cell_new(&m->pool);
    cell_at(&m->pool, index)->key = key;
    cell_at(&m->pool, index)->value = mfn;
    cell_tree_insert(&m->pool, &d->tables, index);
    return 0;
}

int p2m_init(struct model *m, struct domain *d) {
    int rc = 0;

    for (uint64_t i = 0; rc == 0 && i < P2M_ROOTS; i++)
        rc = table_make(m, d, table_key(ROOT_LEVEL, 0) + i);
    return rc;
}

// The table of `level` (1: of 4 KiB entries) that covers the gfn.
static int table_need(struct model *m, struct domain *d, unsigned level, uint64_t gfn) {
    uint64_t key = table_key(level, gfn);

    if (cell_tree_find(&m->pool, d->tables, key) != CELL_NONE)
        return 0;
    return table_make(m, d, key);
}

// Gives back the tables below a leaf of this order: nothing refers to them any more.
static void tables_drop(struct model *m, struct domain *d, uint64_t gfn, unsigned leaf) {
    for (unsigned level = 1; d->hvm && level * 9 <= leaf; level++) {
        uint64_t last = table_key(level, gfn + (1ULL << leaf) - 1);
        uint32_t index;

        while ((index = cell_tree_ceil(&m->pool, d->tables, table_key(level, gfn))) != CELL_NONE &&
               cell_at(&m->pool, index)->key <= last) {
            cell_tree_remove(&m->pool, &d->tables, index);
            paging_return(m, d, cell_at(&m->pool, index)->value);
            cell_free(&m->pool, index);
        }
    }
}

static int tables_need(struct model *m, struct domain *d, uint64_t gfn, unsigned leaf) {
    for (unsigned level = 3; d->hvm && level * 9 > leaf; level--) {
        int rc = table_need(m, d, level, gfn);

        if (rc)
            return rc;
    }
    return 0;
}

// The run that contains the gfn, or CELL_NONE.
static uint32_t run_find(struct model *m, const struct domain *d, uint64_t gfn) {
    uint32_t index = cell_tree_floor(&m->pool, d->p2m, gfn);

    if (index == CELL_NONE)
        return CELL_NONE;
    if (cell_at(&m->pool, index)->key + cell_at(&m->pool, index)->nr <= gfn)
        return CELL_NONE;
    return index;
}

static void run_insert(struct model *m, struct domain *d, uint64_t gfn, uint64_t mfn, uint64_t nr,
                       unsigned leaf) {
    uint32_t index = cell_new(&m->pool);
    struct cell *run = cell_at(&m->pool, index);

    run->key = gfn;
    run->value = mfn;
    run->nr = (uint32_t)nr;
    run->tag = leaf;
    cell_tree_insert(&m->pool, &d->p2m, index);
}

// Makes a run begin at `gfn`, a boundary between leaves of its run.
static void run_cut(struct model *m, struct domain *d, uint32_t index, uint64_t gfn) {
    struct cell *run = cell_at(&m->pool, index);
    uint64_t offset = gfn - run->key;
    uint64_t mfn = run->value == P2M_POD ? P2M_POD : run->value + offset;

    if (offset == 0 || offset == run->nr)
        return;
    run_insert(m, d, gfn, mfn, run->nr - offset, run->tag);
    cell_at(&m->pool, index)->nr = (uint32_t)offset;
}

// Replaces the leaf that contains `gfn` by leaves of `leaf`.
static int leaf_shatter(struct model *m, struct domain *d, uint64_t gfn, unsigned leaf) {
    uint32_t index = run_find(m, d, gfn);
    unsigned old = cell_at(&m->pool, index)->tag;
    uint64_t first = gfn & ~((1ULL << old) - 1);
    uint64_t end = first + (1ULL << old);

    run_cut(m, d, index, first);
    run_cut(m, d, run_find(m, d, first), end);
    for (uint64_t at = first; at < end; at += 1ULL << (leaf + 9)) {
        int rc = tables_need(m, d, at, leaf);

        if (rc)
            return rc;
    }
    cell_at(&m->pool, run_find(m, d, first))->tag = leaf;
    return 0;
}

// Makes `gfn` a boundary between runs; what is smaller than a leaf of `leaf` is not needed.
static int boundary_make(struct model *m, struct domain *d, uint64_t gfn, unsigned leaf) {
    uint32_t index = run_find(m, d, gfn);
    int rc;

    if (index == CELL_NONE)
        return 0;
    if (gfn & ((1ULL << cell_at(&m->pool, index)->tag) - 1)) {
        rc = leaf_shatter(m, d, gfn, leaf);
        if (rc)
            return rc;
        index = run_find(m, d, gfn);
    }
    run_cut(m, d, index, gfn);
    return 0;
}

static unsigned leaf_for(const struct model *m, uint64_t frames, uint64_t left) {
    if (m->config.hap_1gb && !(frames & ((1ULL << GIB_ORDER) - 1)) && left >= 1ULL << GIB_ORDER)
        return GIB_ORDER;
    if (m->config.hap_2mb && !(frames & ((1ULL << MIB2_ORDER) - 1)) && left >= 1ULL << MIB2_ORDER)
        return MIB2_ORDER;
    return 0;
}

static int range_clear(struct model *m, struct domain *d, uint64_t gfn, uint64_t nr) {
    unsigned leaf = leaf_for(m, gfn | nr, nr) ? MIB2_ORDER : 0;
    int rc = boundary_make(m, d, gfn, leaf);
    uint32_t index;

    if (rc == 0)
        rc = boundary_make(m, d, gfn + nr, leaf);
    if (rc)
        return rc;
    while ((index = cell_tree_ceil(&m->pool, d->p2m, gfn)) != CELL_NONE) {
        const struct cell *run = cell_at(&m->pool, index);

        if (run->key >= gfn + nr)
            break;
        if (run->value == P2M_POD)
            d->pod_entries -= run->nr;
        cell_tree_remove(&m->pool, &d->p2m, index);
        cell_free(&m->pool, index);
    }
    return 0;
}

int p2m_set(struct model *m, struct domain *d, uint64_t gfn, uint64_t mfn, unsigned order) {
    uint64_t end = gfn + (1ULL << order);
    bool pod = mfn == P2M_POD;

    while (gfn < end) {
        unsigned leaf = leaf_for(m, pod ? gfn : gfn | mfn, end - gfn);
        uint64_t stop = gfn + (1ULL << leaf);
        int rc = range_clear(m, d, gfn, stop - gfn);

        if (rc == 0)
            rc = tables_need(m, d, gfn, leaf);
        if (rc)
            return rc;
        tables_drop(m, d, gfn, leaf);
        run_insert(m, d, gfn, mfn, stop - gfn, leaf);
        if (pod)
            d->pod_entries += stop - gfn;
        else
            mfn += stop - gfn;
        gfn = stop;
    }
    return 0;
}

int p2m_remove(struct model *m, struct domain *d, uint64_t gfn, uint64_t nr) {
    return range_clear(m, d, gfn, nr);
}

bool p2m_lookup(struct model *m, const struct domain *d, uint64_t gfn, struct p2m_entry *ret) {
    uint32_t index = run_find(m, d, gfn);
    const struct cell *run;

    if (index == CELL_NONE)
        return false;
    run = cell_at(&m->pool, index);
    ret->mfn = run->value == P2M_POD ? P2M_POD : run->value + (gfn - run->key);
    ret->leaf_order = run->tag;
    return true;
}

bool p2m_any(struct model *m, const struct domain *d, uint64_t gfn, uint64_t nr) {
    uint32_t index = run_find(m, d, gfn);

    if (index == CELL_NONE)
        index = cell_tree_ceil(&m->pool, d->p2m, gfn);
    return index != CELL_NONE && cell_at(&m->pool, index)->key < gfn + nr;
}

struct p2m_count p2m_count(struct model *m, const struct domain *d) {
    struct p2m_count count = {0};
    uint32_t index = cell_tree_ceil(&m->pool, d->p2m, 0);

    while (index != CELL_NONE) {
        const struct cell *run = cell_at(&m->pool, index);

        if (run->value == P2M_POD)
            count.pod += run->nr;
        else if (run->tag == GIB_ORDER)
            count.order18 += run->nr;
        else if (run->tag == MIB2_ORDER)
            count.order9 += run->nr;
        else
            count.order0 += run->nr;
        index = cell_tree_ceil(&m->pool, d->p2m, run->key + 1);
    }
    return count;
}

uint64_t p2m_highest(struct model *m, const struct domain *d) {
    uint32_t index = cell_tree_floor(&m->pool, d->p2m, UINT64_MAX);

    if (index == CELL_NONE)
        return 0;
    return cell_at(&m->pool, index)->key + cell_at(&m->pool, index)->nr - 1;
}
