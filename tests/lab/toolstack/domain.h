// Domains as Xen knows them.
#ifndef LAB_DOMAIN_H
#define LAB_DOMAIN_H

#include "tests/lab/toolstack/toolstack.h"

#include <stdbool.h>
#include <stdint.h>

struct lab_domain {
    uint32_t domid;
    unsigned char handle[16]; // the VM's UUID
    uint32_t store_port;
    uint32_t console_port;
};

struct lab_domain_settings {
    uint32_t vcpus;
    uint64_t mem_mib;
    uint32_t pool_mib; // of the paging pool; 0: as xapi has it
    bool nested;       // it may have guests of its own
    bool pvh;          // nobody emulates devices for it
    bool pv;           // it makes its page tables itself: no paging pool
};

// Creates an empty domain, HVM and PVH ones with nested paging, with all that xenopsd gives one
// before it starts the builder: vCPUs, memory limit, paging pool, two event channels to dom0. On
// failure nothing is left of it.
int lab_domain_create(struct toolstack *ts, const struct lab_domain_settings *settings,
                      struct lab_domain *ret, struct error *err);

// Creates a PV domain that only ever holds up to `mem_mib` of memory.
int lab_domain_create_holder(struct toolstack *ts, uint64_t mem_mib, uint32_t *ret_domid,
                             struct error *err);

// Returns 0 and sets *ret; -ESRCH without an error text if there is no such domain; else as usual.
int lab_domain_info(struct toolstack *ts, uint32_t domid, xc_domaininfo_t *ret, struct error *err);

// Destroys the domain and waits until Xen has taken back all its memory. It being gone is success.
int lab_domain_destroy(struct toolstack *ts, uint32_t domid, struct error *err);

// The same where something has failed before and is going to be reported.
void lab_domain_discard(struct toolstack *ts, uint32_t domid);

#endif
