// The claims of a domain are kept as one host-wide part and one part per node; every kind of claim
// is a case of that. `heap.claimed` and `heap.claimed_total` are their sums over all domains.
//
// The host's gate is all or nothing: a domain whose claim is smaller than the request gets no
// credit for it. A node's gate lets unclaimed memory top up a claim.

#include "tests/model/claim.h"
#include "tests/model/domain.h"
#include "tests/model/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

bool claim_on_node_known(const struct model *m) {
    return m->config.claims == MODEL_CLAIMS_NODE || m->config.claims == MODEL_CLAIMS_NODE_OLD;
}

uint64_t claim_outstanding(const struct domain *d) {
    uint64_t sum = d->claim_host;

    for (unsigned node = 0; node < HEAP_MAX_NODES; node++)
        sum += d->claim_node[node];
    return sum;
}

static void claim_take(struct model *m, uint64_t *claim, uint64_t *node_sum, uint64_t *nr) {
    uint64_t part = *claim < *nr ? *claim : *nr;

    *claim -= part;
    *nr -= part;
    m->heap.claimed_total -= part;
    if (node_sum)
        *node_sum -= part;
}

void claim_release(struct model *m, struct domain *d) {
    uint64_t all = UINT64_MAX;

    claim_take(m, &d->claim_host, NULL, &all);
    for (unsigned node = 0; node < HEAP_MAX_NODES; node++)
        claim_take(m, &d->claim_node[node], &m->heap.claimed[node], &all);
    if (m->config.claims != MODEL_CLAIMS_NODE_OLD)
        d->claim_spent_node = HEAP_NO_NODE;
    d->claim_poisoned_node = HEAP_NO_NODE;
}

static void claim_add(struct model *m, struct domain *d, uint32_t node, uint64_t nr) {
    m->heap.claimed_total += nr;
    if (node == HEAP_NO_NODE) {
        d->claim_host += nr;
    } else {
        d->claim_node[node] += nr;
        m->heap.claimed[node] += nr;
    }
}

static uint64_t unclaimed_total(const struct model *m) {
    return m->heap.total_free - m->heap.claimed_total;
}

static uint64_t unclaimed_node(const struct model *m, uint32_t node) {
    uint64_t nr_free = heap_node_free(&m->heap, node);

    return nr_free > m->heap.claimed[node] ? nr_free - m->heap.claimed[node] : 0;
}

static bool node_online(const struct model *m, uint32_t node) {
    return node < HEAP_MAX_NODES && (m->heap.online & (1ULL << node));
}

int claim_stake(struct model *m, struct domain *d, uint64_t nr, uint32_t node) {
    uint64_t missing;

    if (node != HEAP_NO_NODE && !node_online(m, node))
        return -ENOENT;
    if (nr == 0) {
        if (node != HEAP_NO_NODE && m->config.claims != MODEL_CLAIMS_NODE_OLD)
            return -EINVAL;
        claim_release(m, d);
        return 0;
    }
    if (d->dying && m->config.claims_at_alloc)
        return -EINVAL;
    if (claim_outstanding(d) || nr <= d->tot_pages || nr > d->max_pages)
        return -EINVAL;
    missing = nr - d->tot_pages;
    if (missing > unclaimed_total(m) || (node != HEAP_NO_NODE && missing > unclaimed_node(m, node)))
        return -ENOMEM;
    // XenServer 9 forgets to forget a node claim that has been used up; with the older text of its
    // patch one that has been released, too.
    if (node == HEAP_NO_NODE)
        d->claim_poisoned_node = d->claim_spent_node;
    else
        d->claim_spent_node = node;
    claim_add(m, d, node, missing);
    return 0;
}

static int set_validate(const struct model *m, const struct claim_entry *entries, unsigned nr) {
    uint64_t nodes = 0;
    bool host = false;

    for (unsigned i = 0; i < nr; i++) {
        const struct claim_entry *entry = &entries[i];
        bool is_host = entry->node == HEAP_NO_NODE;

        if (m->config.claims == MODEL_CLAIMS_SET_V8 && entry->pages == 0)
            return -EINVAL;
        if (!is_host && !node_online(m, entry->node))
            return -ENOENT;
        if (is_host ? host : (nodes >> entry->node) & 1)
            return -EINVAL;
        if (is_host)
            host = true;
        else
            nodes |= 1ULL << entry->node;
    }
    return 0;
}

// Is there memory for the set once the domain's present claims are gone?
static int set_fits(const struct model *m, const struct domain *d,
                    const struct claim_entry *entries, unsigned nr) {
    uint64_t total = 0;

    for (unsigned i = 0; i < nr; i++) {
        uint32_t node = entries[i].node;

        total += entries[i].pages;
        if (node != HEAP_NO_NODE &&
            entries[i].pages > unclaimed_node(m, node) + d->claim_node[node])
            return -ENOMEM;
    }
    if (total + d->tot_pages > d->max_pages)
        return -EINVAL;
    if (total > unclaimed_total(m) + claim_outstanding(d))
        return -ENOMEM;
    return 0;
}

int claim_stake_set(struct model *m, struct domain *d, const struct claim_entry *entries,
                    unsigned nr) {
    bool v8 = m->config.claims == MODEL_CLAIMS_SET_V8;
    int rc;

    if (nr > CLAIM_MAX_ENTRIES)
        return -E2BIG;
    if (nr == 0 && !v8)
        return -EINVAL;
    if (nr == 0) {
        claim_release(m, d);
        return 0;
    }
    if (d->dying)
        return -ESRCH;
    if (v8 && !d->paused)
        return -EBUSY;
    if (v8 && claim_outstanding(d))
        return -EINVAL;
    rc = set_validate(m, entries, nr);
    if (rc == 0)
        rc = set_fits(m, d, entries, nr);
    if (rc)
        return rc;
    claim_release(m, d);
    for (unsigned i = 0; i < nr; i++)
        claim_add(m, d, entries[i].node, entries[i].pages);
    return 0;
}

bool claim_host_admits(const struct model *m, const struct domain *d, uint64_t nr, bool uncounted) {
    if (m->heap.claimed_total + nr <= m->heap.total_free)
        return true;
    return d && !uncounted && claim_outstanding(d) >= nr;
}

bool claim_node_admits(const struct model *m, const struct domain *d, uint32_t node, uint64_t nr,
                       bool uncounted) {
    uint64_t nr_free, own;

    if (!m->heap.claimed[node])
        return true;
    nr_free = heap_node_free(&m->heap, node);
    own = d && !uncounted ? d->claim_node[node] : 0;
    return nr_free + own >= m->heap.claimed[node] + nr;
}

void claim_redeem(struct model *m, struct domain *d, uint32_t node, uint64_t nr) {
    if (d->claim_poisoned_node == node) {
        fprintf(stderr,
                "model: BUG: XenServer 9 would crash here: domain %u had a node claim on "
                "node %u, then staked a host-wide claim%s\n",
                d->domid, node,
                m->config.claims == MODEL_CLAIMS_NODE_OLD ? "" : " without releasing first");
        abort();
    }
    claim_take(m, &d->claim_node[node], &m->heap.claimed[node], &nr);
    claim_take(m, &d->claim_host, NULL, &nr);
    if (m->config.claims != MODEL_CLAIMS_SET && m->config.claims != MODEL_CLAIMS_SET_V8)
        return;
    for (unsigned other = 0; other < HEAP_MAX_NODES; other++)
        claim_take(m, &d->claim_node[other], &m->heap.claimed[other], &nr);
}

void claim_regrow(struct model *m, struct domain *d, uint64_t nr) {
    if (!m->config.claims_at_alloc && claim_outstanding(d))
        claim_add(m, d, HEAP_NO_NODE, nr);
}
