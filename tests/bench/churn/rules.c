// The table of rules, and what Xen's scheduler is told of each guest.

#include "tests/bench/churn/rules.h"

#include <string.h>

#include "tests/bench/churn/equals.h"

const struct rule rules[] = {
    {"stock", "Xen's turns over all nodes", -1, place_stock},
    {"xcp-ng", "xapi best_effort, XCP-ng 8.3", -1, place_xcp_ng},
    {"xenserver", "xapi best_effort, XenServer 9", -1, place_xenserver},
    {"ours", "as the program does it", EQUALS_PRODUCTION, place_ours},
    {"vcpus-most", "fewest vCPUs, then most free", EQUALS_VCPUS_MOST, place_ours},
    {"vcpus-fit", "fewest vCPUs, then best fit", EQUALS_VCPUS_FIT, place_ours},
    {"vcpus-gib", "fewest vCPUs, then best fit in GiB, then most free", EQUALS_VCPUS_GIB,
     place_ours},
    {"most", "most free, then fewest vCPUs", EQUALS_MOST, place_ours},
    {"fit", "best fit, then fewest vCPUs", EQUALS_FIT, place_ours},
    {"steps-most", "vCPUs per core in halves, then most free", EQUALS_STEPS_MOST, place_ours},
    {"steps-fit", "vCPUs per core in halves, then best fit", EQUALS_STEPS_FIT, place_ours},
    {"steps-gib", "vCPUs per core in halves, then best fit in GiB, then most free",
     EQUALS_STEPS_GIB, place_ours},
    {"near-least", "as vcpus-most; neighbours: least free first", EQUALS_NEAR_LEAST, place_ours},
};
const unsigned rules_nr = sizeof(rules) / sizeof(*rules);

const struct rule *rule_find(const char *name) {
    for (unsigned i = 0; i < rules_nr; i++)
        if (!strcmp(rules[i].name, name))
            return &rules[i];
    return NULL;
}

bool place_stock(struct site *site, struct guest *guest) {
    const struct pool_source from = {guest->affinity, false, &guest->last};
    bool done = true;

    for (unsigned i = 0; i < GUEST_NR_RANGES && done; i++)
        done = guest_populate(&site->machine, guest, guest->ranges[i], &from);
    return done && guest_finish(&site->machine, guest);
}

// What load_read in lib/claim/load.h counts: vCPUs that may run anywhere belong nowhere.
static void load_add(struct site *site, const struct guest *guest, bool leaves) {
    const struct host *host = &site->machine.host;
    unsigned nr = 0;

    if (guest->cpu_nodes == host_online_nodes(host))
        return;
    for (nodeset rest = guest->cpu_nodes; rest; rest &= rest - 1)
        nr += host->node[nodeset_first(rest)].nr_cpus;
    for (nodeset rest = guest->cpu_nodes; rest; rest &= rest - 1) {
        unsigned n = nodeset_first(rest);
        uint64_t load = (uint64_t)guest->vcpus * (HOST_LOAD_VCPU * host->node[n].nr_cpus / nr);

        site->load[n] += leaves ? -load : load;
    }
}

bool site_enter(struct site *site, struct guest *guest) {
    if (site->rule->equals >= 0)
        equals_rule_set((enum equals_rule)site->rule->equals, site->machine.host.node[0].nr_cores);
    if (!site->rule->place(site, guest))
        return false;
    load_add(site, guest, false);
    return true;
}

void site_leave(struct site *site, const struct guest *guest) {
    load_add(site, guest, true);
}
