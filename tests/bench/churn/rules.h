// Who decides where a guest goes: the stock way, xapi's two planners, and ours with each rule for
// choosing among equals.
#ifndef CHURN_RULES_H
#define CHURN_RULES_H

#include "tests/bench/churn/guest.h"

#define RULES_MAX_SETS 255

// A host with its guests.
struct site {
    struct machine machine;
    uint64_t load[HOST_MAX_NODES];  // vCPUs that belong there, in HOST_LOAD_VCPU
    unsigned usage[HOST_MAX_NODES]; // guests that xapi has put there, ever
    const struct rule *rule;
};

struct rule {
    const char *name;
    const char *text; // what it is, in a few words
    int equals;       // of enum equals_rule; -1: not ours
    // Gives the guest its memory and says where its vCPUs belong. False: it cannot be started, and
    // what it got is still its own.
    bool (*place)(struct site *site, struct guest *guest);
};

extern const struct rule rules[];
extern const unsigned rules_nr;

// NULL if there is none.
const struct rule *rule_find(const char *name);

// Places by the site's rule and takes note of the vCPUs; guest_destroy only after site_leave.
bool site_enter(struct site *site, struct guest *guest);
void site_leave(struct site *site, const struct guest *guest);

// --- the ways of placing ---

bool place_stock(struct site *site, struct guest *guest);
bool place_xcp_ng(struct site *site, struct guest *guest);
bool place_xenserver(struct site *site, struct guest *guest);
bool place_ours(struct site *site, struct guest *guest);

#endif
