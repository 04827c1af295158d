// Numbers, against another reading of the same text: digit by digit, in more bits than are needed.

#include <ctype.h>
#include <errno.h>
#include <limits.h>

#include "lib/util/number.h"
#include "tests/fuzz/fuzz.h"

static const struct {
    int64_t min, max;
} limits[] = {
    {INT64_MIN, INT64_MAX}, {0, INT64_MAX}, {INT64_MIN, -1}, {INT32_MIN, INT32_MAX},
    {0, 1LL << 32},         {1, 0x7fef},    {-1, 63},        {0, 0},
};

// Returns 0 or -EINVAL. A value beyond 64 bits stops growing there, but stays beyond.
static int read_number(const char *text, __int128 *ret) {
    const __int128 beyond = (__int128)1 << 70;
    bool negative = *text == '-';
    __int128 value = 0;

    if (*text == '-' || *text == '+')
        text++;
    if (!*text)
        return -EINVAL;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -EINVAL;
        value = value < beyond ? value * 10 + (*text - '0') : value;
    }
    *ret = negative ? -value : value;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    __int128 value = 0;
    int expected = read_number(text, &value);

    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        const int64_t before = 0x5a5a5a5a5a5a5a5a;
        int64_t got = before;
        int rc = number_parse_int(text, limits[i].min, limits[i].max, &got);

        if (expected)
            REQUIRE(rc == -EINVAL && got == before);
        else if (value < limits[i].min || value > limits[i].max)
            REQUIRE(rc == -ERANGE && got == before);
        else
            REQUIRE(rc == 0 && got == value);
    }
    return 0;
}
