// Claim sets as libxenctrl offers them in one of their drafts, for building the program
// against them: CLAIM_API is what tests/build/probe.sh is to find. The installed header has none.
//
// From the second draft on a domain's claims can be read back. `*nr` is how many entries there is
// room for, and becomes how many there are. Too little room is ERANGE in the second draft, and
// `*nr` says how much it takes; later ENOBUFS, and `*nr` says nothing. The second draft has the
// host-wide part first, always; the later ones have no entry without pages.
#ifndef MODEL_CLAIM_API_H
#define MODEL_CLAIM_API_H

#include <stdint.h>

#include <xenctrl.h>

#if CLAIM_API == 1
typedef struct {
    uint64_t pages;
    uint32_t target;
    uint32_t pad;
} memory_claim_t;

int xc_domain_claim_memory(xc_interface *xch, uint32_t domid, uint32_t nr,
                           const memory_claim_t *claims);
#elif CLAIM_API == 2
typedef struct {
    uint64_t pages;
    uint32_t target;
    uint32_t cmd;
} xen_memory_claim_t;

int xc_domain_claim_memory(xc_interface *xch, uint32_t domid, uint32_t mode, uint32_t *nr,
                           xen_memory_claim_t *claims);
#else
typedef struct {
    uint64_t pages;
    uint32_t target;
    uint32_t pad;
} xen_domctl_memory_claim_t;

#if CLAIM_API == 3
int xc_domain_set_memory_claims(xc_interface *xch, uint32_t domid,
                                const xen_domctl_memory_claim_t *claims, uint32_t nr);
int xc_domain_get_memory_claims(xc_interface *xch, uint32_t domid,
                                xen_domctl_memory_claim_t *claims, uint32_t *nr);
#else
int xc_domain_set_memory_claims(xc_interface *xch, uint32_t domid, uint32_t nr,
                                const xen_domctl_memory_claim_t *claims);
int xc_domain_get_memory_claims(xc_interface *xch, uint32_t domid, uint32_t *nr,
                                xen_domctl_memory_claim_t *claims);
#endif
#endif

#endif
