// Checksums of firmware tables.
#ifndef UTIL_CHECKSUM_H
#define UTIL_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

// The byte that, put in place of a zero byte among `bytes` bytes of data, makes them sum up to 0.
uint8_t checksum_of(const void *data, size_t bytes);

#endif
