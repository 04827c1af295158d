// ACPI's tables of a guest's vnodes.
#ifndef GUEST_ACPI_NUMA_H
#define GUEST_ACPI_NUMA_H

#include <stdint.h>

#include "lib/guest/acpi-table.h"
#include "lib/numa/host.h"
#include "lib/numa/vnodes.h"

// The most that both tables take of the space.
#define ACPI_NUMA_BYTES                                                                            \
    (2 * ACPI_ROOM(64) + VNODES_MAX_VCPUS * 16 + 2 * VNODES_MAX * 40 + VNODES_MAX * VNODES_MAX)

// Adds the SRAT: which vCPUs and which memory are on which vnode. Returns where the guest finds it.
uint32_t acpi_numa_add_srat(struct acpi_space *space, const struct vnodes *vnodes);

// Adds the SLIT: how far vnodes are from each other, as vnodes_distance has it.
uint32_t acpi_numa_add_slit(struct acpi_space *space, const struct vnodes *vnodes,
                            const struct host *host);

#endif
