// Who made a table is what Xen's own tools say, as guests may have work-arounds for their tables.

#include "lib/guest/acpi-table.h"

#include <string.h>

#include "lib/memory/layout.h"
#include "lib/util/checksum.h"

void *acpi_take(struct acpi_space *space, size_t bytes) {
    void *at = space->tables + space->used;

    space->used = (space->used + bytes + ACPI_ALIGNMENT - 1) / ACPI_ALIGNMENT * ACPI_ALIGNMENT;
    return at;
}

void *acpi_add_table(struct acpi_space *space, const char signature[5], uint8_t revision,
                     size_t bytes) {
    struct acpi_header *header = acpi_take(space, bytes);

    memcpy(header->signature, signature, sizeof(header->signature));
    header->length = (uint32_t)bytes;
    header->revision = revision;
    memcpy(header->oem_id, "Xen\0\0", sizeof(header->oem_id));
    memcpy(header->oem_table_id, "HVM\0\0\0\0", sizeof(header->oem_table_id));
    memcpy(header->creator_id, "HVML", sizeof(header->creator_id));
    return header;
}

uint32_t acpi_address_of(const struct acpi_space *space, const void *table) {
    return (uint32_t)(LAYOUT_ACPI_TABLES + (size_t)((const uint8_t *)table - space->tables));
}

uint32_t acpi_seal(const struct acpi_space *space, void *table) {
    struct acpi_header *header = table;

    header->checksum = checksum_of(header, header->length);
    return acpi_address_of(space, table);
}
