// A device reads and writes memory without asking, and so does the inner hypervisor's page table
// walker: neither can wait for a page to be populated. Nested virtualisation is built on hardware
// assisted paging alone.

#include "lib/guest/safety.h"

#include <errno.h>

int safety_check(const struct safety *safety, struct error *err) {
    if (safety->on_demand && safety->nested)
        return error_set(err, EINVAL,
                         "nested virtualisation needs all memory from the start, but initial "
                         "memory is below the maximum (-force overrides)");
    if (safety->on_demand && safety->passthrough)
        return error_set(err, EINVAL,
                         "PCI devices need all memory from the start, but initial memory is below "
                         "the maximum (-force overrides)");
    if (!safety->hap && safety->nested)
        return error_set(err, EINVAL,
                         "nested virtualisation needs hardware assisted paging, which this domain "
                         "does not have (-force overrides)");
    return 0;
}
