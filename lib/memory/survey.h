// What a domain can plan with: the host as Xen sees it, less what other builders still need.
#ifndef MEMORY_SURVEY_H
#define MEMORY_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/memory/ledger.h"
#include "lib/numa/host.h"
#include "lib/util/error.h"
#include "lib/util/xen.h"

struct survey {
    struct host host; // normalised; claimed pages include what is in the ledger
    struct host_note note;
    struct xen_domain domain; // the domain in question
    bool has_entry;           // the ledger has an entry of this domain
    struct ledger_entry entry;
    // What is set aside for this domain, as part of the host's claimed pages.
    uint64_t own_node_pages[HOST_MAX_NODES];
    uint64_t own_nodeless_pages;
};

// Surveys the host for a domain. `ledger` may be NULL, else its lock should be held; entries whose
// domain is gone, or is another one by now, or whose process has ended, are removed from it.
int survey_make(xc_interface *xch, uint32_t domid, struct ledger *ledger, struct survey *ret,
                struct error *err);

#endif
