// An HVM guest gets these tables from hvmloader, which asks Xen; a PVH guest, which has no
// firmware, gets the same from here. A vnode's number is its proximity domain. The forms are those
// of the ACPI specification, 5.0: 5.2.16 and 5.2.17.

#include "lib/guest/acpi-numa.h"

#include <string.h>

#define PAGE_SHIFT 12

#define ENABLED 1U

struct cpu_affinity {
    uint8_t type, length;
    uint8_t vnode; // bits 0 to 7
    uint8_t apic_id;
    uint32_t flags;
    uint8_t sapic_id;
    uint8_t vnode_high[3];
    uint32_t clock_domain;
} ACPI_PACKED;

#define TYPE_MEMORY 1

struct memory_affinity {
    uint8_t type, length;
    uint32_t vnode;
    uint8_t reserved[2];
    uint64_t base, bytes;
    uint8_t reserved2[4];
    uint32_t flags;
    uint8_t reserved3[8];
} ACPI_PACKED;

struct srat {
    struct acpi_header header;
    uint32_t one; // "must be 1", for what was there once
    uint8_t reserved[8];
} ACPI_PACKED;

struct slit {
    struct acpi_header header;
    uint64_t nr;
    uint8_t distance[]; // row by row
} ACPI_PACKED;

_Static_assert(sizeof(struct srat) == 48, "ACPI 5.0, 5.2.16");
_Static_assert(sizeof(struct cpu_affinity) == 16, "ACPI 5.0, 5.2.16.1");
_Static_assert(sizeof(struct memory_affinity) == 40, "ACPI 5.0, 5.2.16.2");
_Static_assert(sizeof(struct slit) == 44, "ACPI 5.0, 5.2.17");

static unsigned nr_ranges(const struct vnodes *vnodes) {
    struct range ranges[2];
    unsigned nr = 0;

    for (unsigned i = 0; i < vnodes->nr; i++)
        nr += vnodes_ranges(vnodes, i, ranges);
    return nr;
}

static struct cpu_affinity *add_cpus(struct cpu_affinity *at, const struct vnodes *vnodes,
                                     unsigned index) {
    unsigned first = vnodes_first_vcpu(vnodes, index);

    for (unsigned i = 0; i < vnodes->vnode[index].nr_vcpus; i++)
        *at++ = (struct cpu_affinity){
            .length = sizeof(*at),
            .vnode = (uint8_t)index,
            .apic_id = ACPI_APIC_ID(first + i),
            .flags = ENABLED,
        };
    return at;
}

static struct memory_affinity *add_memory(struct memory_affinity *at, const struct vnodes *vnodes,
                                          unsigned index) {
    struct range ranges[2];
    unsigned nr = vnodes_ranges(vnodes, index, ranges);

    for (unsigned i = 0; i < nr; i++)
        *at++ = (struct memory_affinity){
            .type = TYPE_MEMORY,
            .length = sizeof(*at),
            .vnode = index,
            .base = ranges[i].gfn << PAGE_SHIFT,
            .bytes = ranges[i].nr_pages << PAGE_SHIFT,
            .flags = ENABLED,
        };
    return at;
}

uint32_t acpi_numa_add_srat(struct acpi_space *space, const struct vnodes *vnodes) {
    unsigned nr_vcpus = vnodes_first_vcpu(vnodes, vnodes->nr);
    size_t cpu_bytes = nr_vcpus * sizeof(struct cpu_affinity);
    size_t memory_bytes = nr_ranges(vnodes) * sizeof(struct memory_affinity);
    struct srat *srat = acpi_add_table(space, "SRAT", 3, sizeof(*srat) + cpu_bytes + memory_bytes);
    struct cpu_affinity *cpu = (struct cpu_affinity *)(srat + 1);
    struct memory_affinity *memory;

    srat->one = 1;
    for (unsigned i = 0; i < vnodes->nr; i++)
        cpu = add_cpus(cpu, vnodes, i);
    memory = (struct memory_affinity *)cpu;
    for (unsigned i = 0; i < vnodes->nr; i++)
        memory = add_memory(memory, vnodes, i);
    return acpi_seal(space, srat);
}

uint32_t acpi_numa_add_slit(struct acpi_space *space, const struct vnodes *vnodes,
                            const struct host *host) {
    unsigned nr = vnodes->nr;
    struct slit *slit = acpi_add_table(space, "SLIT", 1, sizeof(*slit) + (size_t)nr * nr);

    slit->nr = nr;
    for (unsigned from = 0; from < nr; from++)
        for (unsigned to = 0; to < nr; to++)
            slit->distance[from * nr + to] = (uint8_t)vnodes_distance(vnodes, host, from, to);
    return acpi_seal(space, slit);
}
