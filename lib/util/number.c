// strtoll takes leading blanks, an empty string and trailing text; an option or key that looks so
// is a mistake of the caller, so everything but sign and digits is refused first.

#include "lib/util/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

int number_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret) {
    const char *digits = text + (*text == '-' || *text == '+');
    char *end;
    long long value;

    if (!isdigit((unsigned char)*digits))
        return -EINVAL;
    errno = 0;
    value = strtoll(text, &end, 10);
    if (*end)
        return -EINVAL;
    if (errno || value < min || value > max)
        return -ERANGE;
    *ret = value;
    return 0;
}
