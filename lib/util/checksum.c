// hvm_info and all tables of ACPI have one byte by which a reader tells a table from garbage.

#include "lib/util/checksum.h"

uint8_t checksum_of(const void *data, size_t bytes) {
    const uint8_t *byte = data;
    uint8_t sum = 0;

    for (size_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + byte[i]);
    return (uint8_t)-sum;
}
