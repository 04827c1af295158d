// What all of ACPI's tables have in common, and the pages that they lie in.
#ifndef GUEST_ACPI_TABLE_H
#define GUEST_ACPI_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define ACPI_PACKED __attribute__((packed))

struct acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision;
    uint8_t checksum;
    char oem_id[6];
    char oem_table_id[8];
    uint32_t oem_revision;
    char creator_id[4];
    uint32_t creator_revision;
} ACPI_PACKED;

// Xen gives a vCPU's local APIC twice its number for an id. Of PLATFORM_MAX_VCPUS vCPUs none has an
// id that needs more than 8 bits.
#define ACPI_APIC_ID(vcpu) ((uint8_t)(2 * (vcpu)))

// Tables lie one behind the other.
#define ACPI_ALIGNMENT 64 // of the FACS; less would do for the others
#define ACPI_ROOM(bytes) ((bytes) + ACPI_ALIGNMENT)

struct acpi_space {
    uint8_t *tables; // what the guest has at LAYOUT_ACPI_TABLES, all zero
    size_t used;     // bytes of it
};

// Takes the next bytes. That there is room for all tables is the caller's to know.
void *acpi_take(struct acpi_space *space, size_t bytes);

// Takes room for a table and fills in its header, but for the checksum.
void *acpi_add_table(struct acpi_space *space, const char signature[5], uint8_t revision,
                     size_t bytes);

// Where the guest finds it.
uint32_t acpi_address_of(const struct acpi_space *space, const void *table);

// Sets the checksum of a table that is complete, and returns where the guest finds it.
uint32_t acpi_seal(const struct acpi_space *space, void *table);

#endif
