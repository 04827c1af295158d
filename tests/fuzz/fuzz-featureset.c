// Featuresets, against another reading of the same text, for hosts of several numbers of words.

#include <ctype.h>
#include <errno.h>

#include "lib/guest/featureset.h"
#include "tests/fuzz/fuzz.h"

#define MAX_WORDS 32
#define UNTOUCHED 0x5a5a5a5aU

static const unsigned hosts[] = {1, 4, 20, MAX_WORDS};

// Reads a word up to its separator. Returns where it ends, or NULL: it is none.
static const char *read_word(const char *at, uint64_t *ret) {
    unsigned digits = 0;

    while (*at == ' ' || *at == '\t')
        at++;
    at += *at == '+';
    if (at[0] == '0' && tolower((unsigned char)at[1]) == 'x' && isxdigit((unsigned char)at[2]))
        at += 2;
    for (*ret = 0; isxdigit((unsigned char)*at); at++, digits++) {
        const char digit[2] = {*at};

        *ret = *ret > UINT32_MAX ? *ret : *ret << 4 | strtoul(digit, NULL, 16);
    }
    return digits && *ret <= UINT32_MAX && strchr("-:", *at) ? at : NULL;
}

static int read_all(const char *at, unsigned nr_words, uint32_t words[MAX_WORDS]) {
    if (!*at)
        return -EINVAL;
    for (unsigned nr = 0; *at; nr++) {
        uint64_t word = 0;

        at = read_word(at, &word);
        if (!at || (nr >= nr_words && word))
            return -EINVAL;
        if (nr < nr_words)
            words[nr] = (uint32_t)word;
        at += *at != '\0';
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(cleanup_free) char *text = fuzz_text(data, size);

    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        CLEANUP(cleanup_free) uint32_t *words = calloc(hosts[i], sizeof(*words));
        uint32_t expected[MAX_WORDS] = {0};
        int expected_rc = read_all(text, hosts[i], expected);
        struct error err = {0};
        int rc;

        REQUIRE(words);
        for (unsigned k = 0; k < hosts[i]; k++)
            words[k] = UNTOUCHED;
        rc = featureset_parse(text, words, hosts[i], &err);
        REQUIRE(rc == expected_rc);
        for (unsigned k = 0; k < hosts[i]; k++)
            REQUIRE(words[k] == (rc ? UNTOUCHED : expected[k]));
        fuzz_check_error(rc, &err, text);
    }
    return 0;
}
