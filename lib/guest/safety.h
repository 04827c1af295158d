// Combinations of settings that Xen accepts, but that take guest or host down.
#ifndef GUEST_SAFETY_H
#define GUEST_SAFETY_H

#include <stdbool.h>

#include "lib/util/error.h"

struct safety {
    bool on_demand;   // starts with less memory than its maximum: populate on demand
    bool passthrough; // PCI devices will be assigned
    bool nested;      // nested virtualisation
    bool hap;         // hardware assisted paging, as opposed to shadow page tables
};

// Returns 0, or -EINVAL with a text that names the two that do not go together.
int safety_check(const struct safety *safety, struct error *err);

#endif
