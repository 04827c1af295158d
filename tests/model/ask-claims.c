// ask get DOMID ENTRIES            ENTRIES: how many there is room for
// ask set DOMID TARGET PAGES...

#include "tests/model/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/claim-api/claim-api.h"

#define MAX_ENTRIES 128

#if CLAIM_API == 2
typedef xen_memory_claim_t claim_entry;
#else
typedef xen_domctl_memory_claim_t claim_entry;
#endif

static int call_get(xc_interface *xch, uint32_t domid, claim_entry *entries, uint32_t *nr) {
#if CLAIM_API == 2
    return xc_domain_claim_memory(xch, domid, 1, nr, entries);
#elif CLAIM_API == 3
    return xc_domain_get_memory_claims(xch, domid, entries, nr);
#else
    return xc_domain_get_memory_claims(xch, domid, nr, entries);
#endif
}

static int call_set(xc_interface *xch, uint32_t domid, claim_entry *entries, uint32_t nr) {
#if CLAIM_API == 2
    return xc_domain_claim_memory(xch, domid, 0, &nr, entries);
#elif CLAIM_API == 3
    return xc_domain_set_memory_claims(xch, domid, entries, nr);
#else
    return xc_domain_set_memory_claims(xch, domid, nr, entries);
#endif
}

static int claims_get(xc_interface *xch, char **argv) {
    claim_entry entries[MAX_ENTRIES];
    uint32_t nr = (uint32_t)strtoul(argv[1], NULL, 0);
    int r;

    // What is not written must be seen as such.
    memset(entries, 0xff, sizeof(entries));
    r = call_get(xch, (uint32_t)strtoul(argv[0], NULL, 0), entries, &nr);
    printf("entries %u\n", nr);
    for (uint32_t i = 0; i < nr && entries[i].pages != UINT64_MAX; i++)
        printf("%#x %lu\n", entries[i].target, entries[i].pages);
    return r;
}

static int claims_set(xc_interface *xch, char **argv) {
    claim_entry entries[MAX_ENTRIES] = {0};
    uint32_t domid = (uint32_t)strtoul(argv[0], NULL, 0);
    uint32_t nr = 0;

    for (char **at = argv + 1; at[0] && at[1] && nr < MAX_ENTRIES; at += 2) {
        entries[nr].target = (uint32_t)strtoul(at[0], NULL, 0);
        entries[nr++].pages = strtoul(at[1], NULL, 0);
    }
    return call_set(xch, domid, entries, nr);
}

const struct ask_command ask_commands[] = {
    {"get", 2, claims_get},
    {"set", 1, claims_set},
    {NULL, 0, NULL},
};
