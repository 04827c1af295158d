// The tolerances are those that existing pools rely on. An empty featureset is refused: it would
// give a guest without any CPU feature, which cannot run.

#include "lib/guest/featureset.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool featureset_has(const uint32_t *words, unsigned nr_words, unsigned feature) {
    return feature / 32 < nr_words && words[feature / 32] >> feature % 32 & 1;
}

void featureset_set(uint32_t *words, unsigned nr_words, unsigned feature, bool on) {
    uint32_t bit = 1U << feature % 32;

    if (feature / 32 >= nr_words)
        return;
    if (on)
        words[feature / 32] |= bit;
    else
        words[feature / 32] &= ~bit;
}

// Parses one word at *text and moves *text behind it.
static int parse_word(const char **text, uint32_t *ret) {
    const char *start = *text;
    unsigned long long value;
    char *end;

    start += strspn(start, " \t");
    if (*start == '+')
        start++;
    if (!isxdigit((unsigned char)*start))
        return -EINVAL;
    errno = 0;
    value = strtoull(start, &end, 16);
    if (errno || value > UINT32_MAX || (*end && *end != '-' && *end != ':'))
        return -EINVAL;
    *ret = (uint32_t)value;
    *text = end;
    return 0;
}

// Checks a text that is not empty.
static int check(const char *text, unsigned nr_words, struct error *err) {
    const char *rest = text;

    for (unsigned nr = 0; *rest; nr++) {
        uint32_t word;

        if (parse_word(&rest, &word))
            return error_set(err, EINVAL,
                             "featureset \"%s\": word %u is not a hexadecimal 32-bit number", text,
                             nr);
        if (nr >= nr_words && word)
            return error_set(err, EINVAL,
                             "featureset \"%s\": word %u is set, but this host has only %u words",
                             text, nr, nr_words);
        if (*rest)
            rest++;
    }
    return 0;
}

int featureset_parse(const char *text, uint32_t *words, unsigned nr_words, struct error *err) {
    int rc;

    if (!*text)
        return error_set(err, EINVAL, "the featureset is empty");
    rc = check(text, nr_words, err);
    if (rc)
        return rc;
    memset(words, 0, nr_words * sizeof(*words));
    for (unsigned nr = 0; *text && nr < nr_words; nr++) {
        parse_word(&text, &words[nr]);
        if (*text)
            text++;
    }
    return 0;
}
