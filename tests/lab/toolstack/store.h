// A domain's keys in Xenstore, as xenopsd writes them.
#ifndef LAB_STORE_H
#define LAB_STORE_H

#include "lib/store/xsls.h"
#include "tests/lab/toolstack/domain.h"
#include "tests/lab/toolstack/toolstack.h"

#include <stdint.h>

// Makes the directories with their permissions and the keys that are there before the builder
// runs.
int lab_store_create(struct toolstack *ts, const struct lab_domain *domain, const char *name,
                     uint32_t vcpus, uint64_t mem_mib, struct error *err);

// Writes a tree's entries below the domain, absolute ones where they say.
int lab_store_load(struct toolstack *ts, uint32_t domid, const struct xsls *tree,
                   struct error *err);

// Sets the numbers of vCPUs that the builder reads, over what a tree says.
int lab_store_vcpus(struct toolstack *ts, uint32_t domid, uint32_t vcpus, struct error *err);

// Reads a key relative to the domain, or an absolute one. Returns 0 and sets *ret to its value,
// owned by the caller, or to NULL if there is no such key.
int lab_store_read(struct toolstack *ts, uint32_t domid, const char *key, char **ret,
                   struct error *err);

// Reads back the event channels of a domain that lab_store_create has set up.
int lab_store_ports(struct toolstack *ts, uint32_t domid, uint32_t *ret_store,
                    uint32_t *ret_console, struct error *err);

struct lab_built {
    uint64_t store_gfn;
    uint64_t console_gfn;
    uint64_t max_mib;
    uint64_t start_mib;
};

// Writes what xenopsd writes after a build and introduces the domain to xenstored.
int lab_store_built(struct toolstack *ts, uint32_t domid, const struct lab_built *built,
                    struct error *err);

// Removes all keys of the domain. Keys that are not there are no error.
void lab_store_remove(struct toolstack *ts, uint32_t domid);

#endif
