// What a domain can plan with: the host as Xen sees it, less what other builders still need.
#ifndef CLAIM_SURVEY_H
#define CLAIM_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/claim/ledger.h"
#include "lib/numa/host.h"
#include "lib/numa/nodeset.h"
#include "lib/util/error.h"
#include "lib/util/xen.h"

// What is known of the nodes of a claim that the domain has and this program has not staked.
enum survey_claim {
    SURVEY_CLAIM_NONE,     // there is no such claim
    SURVEY_CLAIM_UNKNOWN,  // it may be on any node, or on none
    SURVEY_CLAIM_NODELESS, // it is on the host as a whole
    SURVEY_CLAIM_NODES,    // it is on the nodes that have own_node_pages
};

struct survey {
    struct host host; // normalised; claimed pages include what is in the ledger
    struct host_note note;
    struct xen_domain domain; // the domain in question
    bool has_entry;           // the ledger has a valid entry of this domain
    struct ledger_entry entry;
    // The claim that an entry of this very domain speaks of, valid or not; CLAIM_NONE: there is
    // none.
    enum claim_kind entry_claim;
    bool had_node_claim; // the domain has or had a claim on a node, as far as the ledger knows
    enum survey_claim foreign_claim;
    // What is set aside for this domain, as part of the host's claimed pages.
    uint64_t own_node_pages[HOST_MAX_NODES];
    uint64_t own_nodeless_pages;
};

#define SURVEY_NO_DOMAIN UINT32_MAX // for none of those that there are

// Surveys the host for a domain. `ledger` may be NULL; entries whose domain is gone, or is another
// one by now, or whose process has ended, do not count. `named`: nodes that somebody has named for
// the domain's memory, which decide where a claim may be that fits several.
int survey_make(xc_interface *xch, uint32_t domid, struct ledger *ledger, nodeset named,
                struct survey *ret, struct error *err);

// True if the domain has a claim that this program has staked.
bool survey_has_staked(const struct survey *survey);

// Removes from the ledger what does not count. Needs the ledger's lock.
void survey_sweep(xc_interface *xch, struct ledger *ledger);

// The survey as it is if nodes that refused memory which looked free have none: others have claimed
// it, so it is part of what is claimed on the host.
struct survey survey_without(const struct survey *survey, nodeset refused);

// The same if these nodes have together what the host's sum leaves for them.
struct survey survey_with_rest(const struct survey *survey, nodeset refused);

// True if memory that is free or claimed differs between two surveys, apart from what is the
// domain's own.
bool survey_differs(const struct survey *a, const struct survey *b);

#endif
