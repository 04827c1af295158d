// An entry of the ledger and the claim of its domain are about the same memory. The claim is part
// of a total that says nothing about nodes; so much of it as the entry explains is moved from there
// to the nodes.
//
// Everything is read under the ledger's lock, while nobody of the ledger populates. An entry is
// written from time to time only; what its domain owns more than it did then has been populated
// since.
//
// A reservation that had a claim when it was made and has none now has been released by somebody
// else; a build may have used its claim up and still need what the entry says.

#include "lib/memory/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/memory/snapshot.h"
#include "lib/util/cleanup.h"

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

// Whether the entry still says something, and then its domain's record.
static int entry_is_valid(xc_interface *xch, const struct ledger_entry *entry, bool *ret,
                          struct xen_domain *domain, struct error *err) {
    int rc = xen_domain_read(xch, entry->domid, domain, err);

    *ret = false;
    if (rc == -ESRCH)
        return 0;
    if (rc)
        return rc;
    if (memcmp(domain->handle, entry->handle, sizeof(entry->handle)) != 0)
        return 0;
    if (!entry->process && entry->claim != CLAIM_NONE && !domain->outstanding_pages)
        return 0;
    *ret = ledger_entry_alive(entry);
    return 0;
}

static void apply_entry(struct survey *survey, uint32_t domid, const struct ledger_entry *entry,
                        const struct xen_domain *domain) {
    struct host *host = &survey->host;
    uint64_t nodes = ledger_entry_pages(entry) - entry->nodeless_pages;

    host->claimed_pages -= smaller(host->claimed_pages, smaller(domain->outstanding_pages, nodes));
    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        host->node[node].claimed_pages += entry->node_pages[node];
    if (entry->domid != domid)
        return;
    survey->has_entry = true;
    survey->entry = *entry;
    memcpy(survey->own_node_pages, entry->node_pages, sizeof(survey->own_node_pages));
    survey->own_nodeless_pages -= smaller(survey->own_nodeless_pages, nodes);
}

static int apply_ledger(xc_interface *xch, uint32_t domid, struct ledger *ledger,
                        struct survey *survey, struct error *err) {
    CLEANUP(cleanup_free) struct ledger_entry *entries = NULL;
    size_t nr = 0;
    int rc;

    rc = ledger_read(ledger, &entries, &nr, err);
    for (size_t i = 0; i < nr && !rc; i++) {
        CLEANUP(error_done) struct error gone = {0};
        struct xen_domain domain;
        bool valid;

        rc = entry_is_valid(xch, &entries[i], &valid, &domain, &gone);
        if (rc)
            return error_set(err, gone.code, "%s", gone.text);
        if (valid && domain.tot_pages > entries[i].owned_pages)
            ledger_entry_reduce(&entries[i], domain.tot_pages - entries[i].owned_pages);
        if (valid)
            apply_entry(survey, domid, &entries[i], &domain);
        else
            ledger_remove(ledger, entries[i].domid);
    }
    return rc;
}

int survey_make(xc_interface *xch, uint32_t domid, struct ledger *ledger, struct survey *ret,
                struct error *err) {
    CLEANUP(cleanup_free) struct survey *survey = calloc(1, sizeof(*survey));
    int rc;

    if (!survey)
        return error_set(err, ENOMEM, "no memory for the host's description");
    rc = xen_domain_read(xch, domid, &survey->domain, err);
    if (!rc)
        rc = snapshot_read(xch, &survey->host, err);
    if (rc)
        return rc;
    survey->own_nodeless_pages = survey->domain.outstanding_pages;
    if (ledger)
        rc = apply_ledger(xch, domid, ledger, survey, err);
    if (rc)
        return rc;
    survey->note = host_normalise(&survey->host);
    *ret = *survey;
    return 0;
}
