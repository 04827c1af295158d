// A domain's memory as Xen accounts for it. What always holds: the frames on `pages` plus those in
// the populate-on-demand cache are `tot_pages`, and each is on exactly one list.
//
// The order of `pages` matters, as death frees in that order and so decides what the next guest
// gets; a free in the middle therefore splits an extent in place.

#include "tests/model/domain.h"
#include "tests/model/claim.h"
#include "tests/model/cpu.h"
#include "tests/model/memory.h"
#include "tests/model/model.h"
#include "tests/model/p2m.h"
#include "tests/model/paging.h"
#include "tests/model/pod.h"
#include "tests/model/pv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct domain *domain_find(struct model *m, uint32_t domid) {
    for (unsigned i = 0; i < DOMAIN_MAX; i++)
        if (m->domain[i].in_use && m->domain[i].domid == domid)
            return &m->domain[i];
    return NULL;
}

static struct domain *domain_slot(struct model *m) {
    for (unsigned i = 0; i < DOMAIN_MAX; i++)
        if (!m->domain[i].in_use)
            return &m->domain[i];
    return NULL;
}

int domain_create(struct model *m, uint32_t domid, struct domain **ret) {
    struct domain *d = domain_slot(m);
    int rc;

    if (domain_find(m, domid))
        return -EEXIST;
    if (!d)
        return -ENFILE;
    memset(d, 0, sizeof(*d));
    d->in_use = d->paused = d->hvm = d->hap = true;
    d->domid = domid;
    d->node_affinity = UINT64_MAX;
    d->auto_affinity = true;
    d->claim_spent_node = d->claim_poisoned_node = HEAP_NO_NODE;
    d->sched_weight = 256; // the credit scheduler's default
    d->next_port = 1;
    rc = paging_resize(m, d, DOMAIN_FIRST_POOL);
    if (rc == 0)
        rc = p2m_init(m, d);
    if (rc) {
        domain_destroy(m, d);
        return rc;
    }
    *ret = d;
    return 0;
}

// `has_contents`: somebody can have written to these frames.
static void pages_free_list(struct model *m, struct cell_list *list, bool has_contents) {
    uint32_t next;

    for (uint32_t index = list->head; index != CELL_NONE; index = next) {
        struct cell page = *cell_at(&m->pool, index);

        next = page.next;
        if (has_contents)
            memory_discard(m, page.key, page.nr);
        heap_free(m, page.key, page.nr, true);
        cell_free(&m->pool, index);
    }
    *list = (struct cell_list){0};
}

void domain_destroy(struct model *m, struct domain *d) {
    d->dying = true;
    claim_release(m, d);
    paging_free(m, d);
    pages_free_list(m, &d->pod_super, false);
    pages_free_list(m, &d->pod_single, false);
    pv_free(m, d);
    if (d->grant_mfn) {
        memory_discard(m, d->grant_mfn, 1);
        heap_free(m, d->grant_mfn, 1, true);
    }
    pages_free_list(m, &d->pages, true);
    d->pages_by_mfn = CELL_NONE; // the same cells
    cell_tree_clear(&m->pool, &d->p2m);
    d->in_use = false;
}

int domain_set_vcpus(struct model *m, struct domain *d, uint32_t nr) {
    if (nr == 0 || nr > DOMAIN_MAX_VCPUS || (d->nr_vcpus && d->nr_vcpus != nr))
        return -EINVAL;
    d->nr_vcpus = nr;
    for (uint32_t i = 0; i < nr; i++) {
        cpu_mask_fill(&d->vcpu[i].hard);
        cpu_mask_fill(&d->vcpu[i].soft);
        d->vcpu[i].online = false;
    }
    domain_update_affinity(m, d);
    return 0;
}

void domain_update_affinity(struct model *m, struct domain *d) {
    struct cpu_mask hard = {0}, soft = {0};
    uint64_t nodes;

    if (!d->auto_affinity || d->nr_vcpus == 0)
        return;
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        for (unsigned w = 0; w < MODEL_MAX_CPUS / 64; w++) {
            hard.word[w] |= d->vcpu[i].hard.word[w];
            soft.word[w] |= d->vcpu[i].soft.word[w];
        }
    }
    cpu_mask_clip(m, d->cpupool, &hard);
    for (unsigned w = 0; w < MODEL_MAX_CPUS / 64; w++)
        soft.word[w] &= hard.word[w];
    nodes = cpu_mask_nodes(m, &soft);
    d->node_affinity = nodes ? nodes : cpu_mask_nodes(m, &hard);
}

int domain_set_affinity(struct model *m, struct domain *d, uint64_t nodes) {
    if (!(nodes & m->heap.online))
        return -EINVAL;
    d->auto_affinity = nodes == UINT64_MAX;
    if (d->auto_affinity)
        domain_update_affinity(m, d);
    else
        d->node_affinity = nodes;
    return 0;
}

int domain_charge(struct model *m, struct domain *d, const struct heap_piece *piece,
                  unsigned order) {
    uint64_t nr = 1ULL << order;

    if (d->dying)
        return -EINVAL;
    if (d->tot_pages > d->max_pages || nr > d->max_pages - d->tot_pages)
        return -E2BIG;
    d->tot_pages += nr;
    if (!m->config.claims_at_alloc)
        claim_redeem(m, d, piece->node, nr);
    return 0;
}

void domain_list_pages(struct model *m, struct domain *d, uint64_t mfn, uint64_t nr) {
    uint32_t index = cell_new(&m->pool);
    struct cell *page = cell_at(&m->pool, index);

    page->key = mfn;
    page->nr = (uint32_t)nr;
    cell_list_add_tail(&m->pool, &d->pages, index);
    cell_tree_insert(&m->pool, &d->pages_by_mfn, index);
}

int domain_alloc(struct model *m, struct domain *d, const struct heap_request *req,
                 struct heap_piece *ret) {
    int rc;

    if (!heap_alloc(m, d, req, ret))
        return -ENOMEM;
    rc = domain_charge(m, d, ret, req->order);
    if (rc) {
        // What was not scrubbed on the way goes back as dirty.
        heap_free(m, ret->mfn, 1ULL << req->order, req->no_scrub);
        return rc;
    }
    domain_list_pages(m, d, ret->mfn, 1ULL << req->order);
    return 0;
}

// Cuts the extent so that one begins at `mfn`, which belongs to the domain.
static uint32_t pages_cut(struct model *m, struct domain *d, uint64_t mfn) {
    uint32_t index = cell_tree_floor(&m->pool, d->pages_by_mfn, mfn);
    struct cell *page = cell_at(&m->pool, index);
    uint32_t upper;

    if (index == CELL_NONE || page->key + page->nr <= mfn) {
        fprintf(stderr, "model: domain %u does not own frame %#llx\n", d->domid,
                (unsigned long long)mfn);
        abort();
    }
    if (page->key == mfn)
        return index;
    upper = cell_new(&m->pool);
    cell_at(&m->pool, upper)->key = mfn;
    cell_at(&m->pool, upper)->nr = (uint32_t)(page->key + page->nr - mfn);
    page->nr = (uint32_t)(mfn - page->key);
    cell_list_add_after(&m->pool, &d->pages, index, upper);
    cell_tree_insert(&m->pool, &d->pages_by_mfn, upper);
    return upper;
}

void domain_free_pages(struct model *m, struct domain *d, uint64_t mfn, uint64_t nr) {
    uint64_t end = mfn + nr;

    while (mfn < end) {
        uint32_t index = pages_cut(m, d, mfn);
        uint64_t page_end = mfn + cell_at(&m->pool, index)->nr;

        if (page_end > end) {
            pages_cut(m, d, end);
            page_end = end;
        }
        cell_list_remove(&m->pool, &d->pages, index);
        cell_tree_remove(&m->pool, &d->pages_by_mfn, index);
        cell_free(&m->pool, index);
        d->tot_pages -= page_end - mfn;
        claim_regrow(m, d, page_end - mfn);
        memory_discard(m, mfn, page_end - mfn);
        heap_free(m, mfn, page_end - mfn, m->config.scrub_freed);
        mfn = page_end;
    }
}

static void node_pages_add(struct model *m, const struct cell_list *list,
                           uint64_t ret[HEAP_MAX_NODES]) {
    for (uint32_t index = list->head; index != CELL_NONE; index = cell_at(&m->pool, index)->next) {
        const struct cell *page = cell_at(&m->pool, index);

        ret[heap_node_of(&m->heap, page->key)] += page->nr;
    }
}

void domain_node_pages(struct model *m, const struct domain *d, bool with_cache,
                       uint64_t ret[HEAP_MAX_NODES]) {
    memset(ret, 0, HEAP_MAX_NODES * sizeof(*ret));
    node_pages_add(m, &d->pages, ret);
    if (with_cache) {
        node_pages_add(m, &d->pod_super, ret);
        node_pages_add(m, &d->pod_single, ret);
    }
}
