// lib/numa/equals.h with a choice of rules: linked in place of lib/numa/equals.c.
#ifndef CHURN_EQUALS_H
#define CHURN_EQUALS_H

enum equals_rule {
    EQUALS_PRODUCTION, // what lib/numa/equals.c says
    EQUALS_VCPUS_MOST,
    EQUALS_VCPUS_FIT,
    EQUALS_MOST,
    EQUALS_FIT,
    EQUALS_STEPS_MOST,
    EQUALS_STEPS_FIT,
    EQUALS_STEPS_GIB,
    EQUALS_VCPUS_GIB,
    EQUALS_NEAR_LEAST,
};

// What equals_compare does from now on, on a host whose nodes have so many cores each.
void equals_rule_set(enum equals_rule rule, unsigned cores);

#endif
