// The machine of a round and what is done to it other than by the program.
#ifndef SOAK_MACHINE_H
#define SOAK_MACHINE_H

#include "tests/soak/soak.h"

// Boots a machine with claims of kind number `kind`, modulo the number of kinds.
void machine_boot(struct soak *soak, unsigned kind);

// Makes the guest's domain, with its settings. Returns false if the host has no memory for it.
bool machine_create(struct soak *soak, struct guest *guest);

void machine_destroy(struct soak *soak, struct guest *guest);

// Claims for the guest as a toolstack does. Returns whether Xen grants it.
bool machine_claim(struct soak *soak, struct guest *guest, uint64_t pages);

struct account machine_account(struct soak *soak);

// What is true of one domain; all 0 if there is none.
struct holding {
    uint64_t pages, claimed, pool, node_pages[SOAK_NODES];
};
struct holding machine_holding(struct soak *soak, const struct guest *guest);

// Stops a process while it is not in the hypervisor, which real ones cannot be stopped in.
// Returns false with its status if it has ended.
bool machine_stop(struct soak *soak, pid_t pid, int *status);

// NULL, or what is wrong with a machine on which nothing should be left.
const char *machine_wrong(struct soak *soak);

// Whether it is consistent: NULL, or what is not.
const char *machine_inconsistent(struct soak *soak);

#endif
