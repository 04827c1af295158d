// The hosts: the same memory and as many CPUs in two, four or eight nodes.
#ifndef CHURN_HOSTS_H
#define CHURN_HOSTS_H

#include "lib/numa/host.h"
#include "lib/util/error.h"
#include "tests/model/model.h"

enum churn_host { HOST_2_NODES, HOST_4_NODES, HOST_8_NODES, HOST_NR };

#define HOSTS_NODES(host) (2U << (host))

// A modelled machine and what a planner sees of it that never changes.
struct machine {
    struct model *m;
    struct host host;
    uint64_t guest_pages; // free when no guest runs
    unsigned created;     // guests so far
};

// Boots Xen (as XCP-ng 8.3 has it, scrubbed memory) and gives dom0 its 4 GiB. Distances are read
// from fixtures/hosts. -errno, explained; to be ended with machine_done in either case.
int machine_boot(enum churn_host which, struct machine *ret, struct error *err);
void machine_done(struct machine *machine);

// The host with what is free now; the nodes' load is left at 0.
struct host machine_snapshot(const struct machine *machine);

// "" or what is wrong with the allocator's books.
const char *machine_check(const struct machine *machine);

#endif
