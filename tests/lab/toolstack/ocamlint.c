// xenopsd is written in OCaml and hands the numbers in an answer to that language's conversion. It
// takes more than strtoll does (`0x1F`, `1_000`, `0u7`) and less (no blanks), and whether an error
// keeps its class depends on it; so the lab's toolstack converts as OCaml does.

#include "tests/lab/toolstack/ocamlint.h"

#include <errno.h>
#include <stdbool.h>

struct notation {
    bool negative;
    bool based; // written with a base: range is that of the unsigned type
    unsigned int base;
};

static struct notation notation_read(const char **text) {
    static const struct {
        char letters[3];
        unsigned int base;
    } bases[] = {{"xX", 16}, {"oO", 8}, {"bB", 2}, {"uU", 10}};
    struct notation n = {.negative = **text == '-', .base = 10};

    if (**text == '-' || **text == '+')
        (*text)++;
    if (**text != '0')
        return n;
    for (unsigned int i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        char letter = (*text)[1];

        if (letter && (letter == bases[i].letters[0] || letter == bases[i].letters[1])) {
            n.based = true;
            n.base = bases[i].base;
            *text += 2;
            break;
        }
    }
    return n;
}

static unsigned int digit_value(char c) {
    if (c >= '0' && c <= '9')
        return (unsigned int)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned int)(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return (unsigned int)(c - 'A' + 10);
    return UINT32_MAX;
}

static bool in_range(uint64_t value, struct notation n, enum ocaml_int_bits bits) {
    uint64_t half = UINT64_C(1) << (bits - 1);

    if (n.based)
        return bits == OCAML_NATIVEINT || value < half * 2;
    return n.negative ? value <= half : value < half;
}

int ocaml_int_parse(const char *text, enum ocaml_int_bits bits, int64_t *ret) {
    struct notation n = notation_read(&text);
    unsigned int unused = 64 - (unsigned int)bits;
    uint64_t value = 0;

    if (digit_value(*text) >= n.base)
        return -EINVAL;
    for (; *text; text++) {
        unsigned int digit = digit_value(*text);

        if (*text == '_')
            continue;
        if (digit >= n.base)
            return -EINVAL;
        if (__builtin_mul_overflow(value, n.base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return -EINVAL;
    }
    if (!in_range(value, n, bits))
        return -EINVAL;
    if (n.negative)
        value = -value;
    // Sign-extends the top bit of the narrower type.
    *ret = (int64_t)(value << unused) >> unused;
    return 0;
}
