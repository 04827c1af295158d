// An entry of the ledger and the claim of its domain are about the same memory. Where the claim is
// part of a total that says nothing about nodes, so much of it as the entry explains is moved from
// there to the nodes. Where Xen tells what is claimed on each node, the entry adds only what it
// needs beyond that.
//
// Everything should be read under the ledger's lock, while nobody of the ledger populates. An entry
// is written from time to time only; what its domain owns more than it did then has been populated
// since.
//
// A reservation that had a claim when it was made and has none now has been released by somebody
// else; a build may have used its claim up and still need what the entry says.

#include "lib/claim/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/claim/claim.h"
#include "lib/claim/snapshot.h"
#include "lib/util/cleanup.h"

// A survey in the making.
struct count {
    xc_interface *xch;
    uint32_t domid;
    struct survey survey;
    // What Xen says is claimed on each node and no entry has explained yet; 0 if it does not say.
    uint64_t unexplained[HOST_MAX_NODES];
};

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t minus(uint64_t a, uint64_t b) {
    return a > b ? a - b : 0;
}

// --- the domain's claim ---

static nodeset nodes_that_fit(const struct count *count, uint64_t claim_pages) {
    nodeset fit = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        fit |= count->unexplained[node] >= claim_pages ? nodeset_of(node) : 0;
    return fit;
}

// Where Xen says of each domain on which nodes its claim is, but not in the nodes' sums.
static void read_claim(struct count *count) {
    struct survey *survey = &count->survey;
    uint64_t pages[HOST_MAX_NODES];
    uint64_t sum = 0;

    if (!claim_read_nodes(count->xch, count->domid, pages))
        return;
    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        survey->host.node[node].claimed_pages += pages[node];
        survey->own_node_pages[node] = pages[node];
        sum += pages[node];
    }
    survey->host.claimed_pages -= smaller(survey->host.claimed_pages, sum);
    survey->own_nodeless_pages -= smaller(survey->own_nodeless_pages, sum);
    survey->foreign_claim = sum ? SURVEY_CLAIM_NODES : SURVEY_CLAIM_NODELESS;
}

// Only who has staked the claim knows on which node it is. Where Xen tells what is claimed on each
// node and on none, there may be but one place where it can be. A node that is named is believed.
static void find_claim(struct count *count, nodeset named) {
    struct survey *survey = &count->survey;
    uint64_t claim_pages = survey->domain.outstanding_pages;
    bool fits_host = survey->host.claimed_pages >= claim_pages;
    nodeset fit;

    if (!claim_pages || survey_has_staked(survey))
        return;
    survey->foreign_claim = SURVEY_CLAIM_UNKNOWN;
    if (!survey->host.claims_by_node) {
        read_claim(count);
        return;
    }
    fit = nodes_that_fit(count, claim_pages);
    if (fit & named) {
        fit &= named;
        fits_host = false;
    }
    if (!fit) {
        survey->foreign_claim = SURVEY_CLAIM_NODELESS;
    } else if (nodeset_count(fit) == 1 && !fits_host) {
        survey->foreign_claim = SURVEY_CLAIM_NODES;
        survey->own_node_pages[nodeset_first(fit)] = claim_pages;
        survey->own_nodeless_pages = 0;
    }
}

// --- the ledger ---

static bool same_handle(const struct xen_domain *domain, const uint8_t handle[16]) {
    return !memcmp(domain->handle, handle, sizeof(domain->handle));
}

static bool entry_counts(const struct ledger_entry *entry, const struct xen_domain *domain) {
    if (!same_handle(domain, entry->handle))
        return false;
    if (!entry->process && entry->claim != CLAIM_NONE && !domain->outstanding_pages)
        return false;
    return ledger_entry_alive(entry);
}

// How much of a domain's claim is on node `node`, as far as that is known and counted there.
static uint64_t claimed_there(const struct count *count, const struct ledger_entry *entry,
                              unsigned node, uint64_t claim_pages) {
    uint64_t there = count->unexplained[node];

    switch (entry->claim) {
    case CLAIM_NODE:
        return smaller(there, claim_pages);
    case CLAIM_SET:
        return smaller(there, smaller(claim_pages, entry->node_pages[node]));
    case CLAIM_TOOLSTACK:
        // What find_claim has found out, for the domain in question. Others' are on a single node,
        // unless they can be on the host.
        if (entry->domid == count->domid)
            return smaller(count->survey.own_node_pages[node], claim_pages);
        return there >= claim_pages && count->survey.host.claimed_pages < claim_pages ? claim_pages
                                                                                      : 0;
    default:
        return 0;
    }
}

static void count_entry(struct count *count, const struct ledger_entry *entry,
                        const struct xen_domain *domain) {
    struct survey *survey = &count->survey;
    struct host *host = &survey->host;
    bool own = entry->domid == count->domid;
    uint64_t claim_pages = domain->outstanding_pages;
    uint64_t moved = 0; // from the claims on no node to nodes

    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        uint64_t need = entry->node_pages[node];
        uint64_t there = need ? claimed_there(count, entry, node, claim_pages) : 0;

        claim_pages -= there;
        count->unexplained[node] -= smaller(there, count->unexplained[node]);
        host->node[node].claimed_pages += minus(need, there);
        moved += minus(need, there);
        if (own && need > survey->own_node_pages[node])
            survey->own_node_pages[node] = need;
        if (own && there > survey->own_node_pages[node])
            survey->own_node_pages[node] = there;
    }
    // What is left of the claim is on no node, and so is what the entry needs from anywhere.
    moved = smaller(moved, claim_pages);
    host->claimed_pages -= smaller(host->claimed_pages, moved);
    claim_pages -= moved;
    host->claimed_pages += minus(entry->nodeless_pages, claim_pages);
    if (!own)
        return;
    survey->has_entry = true;
    survey->entry = *entry;
    survey->own_nodeless_pages -= smaller(survey->own_nodeless_pages, moved);
    survey->own_nodeless_pages += minus(entry->nodeless_pages, claim_pages);
}

// Counts one entry, if it is valid.
static int judge_entry(struct count *count, struct ledger_entry *entry, struct error *err) {
    struct xen_domain domain;
    int rc = xen_domain_read(count->xch, entry->domid, &domain, err);

    if (rc == -ESRCH)
        error_done(err);
    if (rc)
        return rc == -ESRCH ? 0 : rc;
    if (!entry_counts(entry, &domain))
        return 0;
    if (domain.tot_pages > entry->owned_pages)
        ledger_entry_reduce(entry, domain.tot_pages - entry->owned_pages);
    count_entry(count, entry, &domain);
    return 0;
}

// Others' entries first: what they do not explain may be the claim of the domain in question.
static int count_ledger(struct count *count, struct ledger *ledger, nodeset named,
                        struct error *err) {
    CLEANUP(cleanup_free) struct ledger_entry *entries = NULL;
    struct survey *survey = &count->survey;
    struct ledger_entry *own = NULL;
    size_t nr = 0;
    int rc;

    rc = ledger_read(ledger, &entries, &nr, err);
    for (size_t i = 0; i < nr && !rc; i++) {
        if (entries[i].domid == count->domid)
            own = &entries[i];
        else
            rc = judge_entry(count, &entries[i], err);
    }
    if (rc)
        return rc;
    if (own && same_handle(&survey->domain, own->handle))
        survey->entry_claim = own->claim;
    // This process' own entry tells what it may claim, not what there was.
    survey->had_node_claim = (survey->entry_claim == CLAIM_NODE && !ledger_entry_is_own(own)) ||
                             ledger_has_claim(ledger, count->domid, survey->domain.handle);
    find_claim(count, named);
    return own ? judge_entry(count, own, err) : 0;
}

bool survey_has_staked(const struct survey *survey) {
    return survey->domain.outstanding_pages && survey->entry_claim != CLAIM_NONE &&
           survey->entry_claim != CLAIM_TOOLSTACK;
}

struct sweep {
    xc_interface *xch;
    struct ledger *ledger;
};

static bool is_stale(void *context, uint32_t domid, const uint8_t *handle,
                     const struct ledger_entry *entry) {
    CLEANUP(error_done) struct error ignored = {0};
    const struct sweep *sweep = context;
    struct xen_domain domain;
    int rc = xen_domain_read(sweep->xch, domid, &domain, &ignored);

    if (rc)
        return rc == -ESRCH;
    if (handle && !same_handle(&domain, handle))
        return true;
    if (!entry || entry_counts(entry, &domain))
        return false;
    // The domain outlives its builder, and a later build must know.
    return entry->claim != CLAIM_NODE ||
           !ledger_record_claim(sweep->ledger, domid, entry->handle, &ignored);
}

void survey_sweep(xc_interface *xch, struct ledger *ledger) {
    struct sweep sweep = {xch, ledger};

    ledger_sweep(ledger, is_stale, &sweep);
}

// --- the survey ---

int survey_make(xc_interface *xch, uint32_t domid, struct ledger *ledger, nodeset named,
                struct survey *ret, struct error *err) {
    CLEANUP(cleanup_free) struct count *count = calloc(1, sizeof(*count));
    struct survey *survey;
    int rc = 0;

    if (!count)
        return error_set(err, ENOMEM, "no memory for the host's description");
    count->xch = xch;
    count->domid = domid;
    survey = &count->survey;
    if (domid != SURVEY_NO_DOMAIN)
        rc = xen_domain_read(xch, domid, &survey->domain, err);
    if (!rc)
        rc = snapshot_read(xch, &survey->host, err);
    if (rc)
        return rc;
    survey->own_nodeless_pages = survey->domain.outstanding_pages;
    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        count->unexplained[node] = survey->host.node[node].claimed_pages;
    if (ledger)
        rc = count_ledger(count, ledger, named, err);
    else
        find_claim(count, named);
    if (rc)
        return rc;
    survey->note = host_normalise(&survey->host);
    *ret = *survey;
    return 0;
}

// --- nodes that refuse ---

// What a node has for this domain.
static uint64_t node_pages(const struct survey *survey, unsigned node) {
    const struct host_node *n = &survey->host.node[node];

    return minus(n->free_pages, minus(n->claimed_pages, survey->own_node_pages[node]));
}

struct survey survey_without(const struct survey *survey, nodeset refused) {
    struct survey less = *survey;

    for (nodeset rest = refused; rest; rest &= rest - 1) {
        unsigned node = nodeset_first(rest);
        uint64_t hidden = node_pages(survey, node);

        less.host.node[node].free_pages = 0;
        less.host.claimed_pages -= smaller(hidden, less.host.claimed_pages);
    }
    return less;
}

struct survey survey_with_rest(const struct survey *survey, nodeset refused) {
    struct survey less = *survey;
    uint64_t others = minus(survey->host.claimed_pages, survey->own_nodeless_pages);
    uint64_t rest = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        rest += node_pages(survey, node);
    rest = minus(rest, others);
    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        rest = nodeset_has(refused, node) ? rest : minus(rest, node_pages(survey, node));
    // Any of them may have it, and what is hidden is claimed.
    for (nodeset set = refused; set; set &= set - 1) {
        unsigned node = nodeset_first(set);
        uint64_t hidden = minus(node_pages(survey, node), rest);

        less.host.node[node].free_pages -= hidden;
        less.host.claimed_pages -= smaller(hidden, less.host.claimed_pages);
    }
    return less;
}

bool survey_differs(const struct survey *a, const struct survey *b) {
    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        const struct host_node *one = &a->host.node[node], *other = &b->host.node[node];

        if (one->free_pages != other->free_pages || one->claimed_pages != other->claimed_pages)
            return true;
    }
    return a->host.claimed_pages != b->host.claimed_pages;
}
