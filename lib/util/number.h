// Strict conversion of text to numbers.
#ifndef UTIL_NUMBER_H
#define UTIL_NUMBER_H

#include <stdint.h>

// Parses all of `text` as a decimal integer with an optional sign, nothing before or after it.
// Returns 0 and sets *ret; -EINVAL if it is empty or not such a number; -ERANGE if it is below
// `min` or above `max`. *ret is left alone on failure.
int number_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret);

#endif
