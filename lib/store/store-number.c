// Keys that hold numbers. Toolstacks write them as they please: decimal, hexadecimal, or in words.

#include "lib/store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/util/cleanup.h"
#include "lib/util/number.h"

static int parse_unsigned(const char *text, uint64_t max, uint64_t *ret) {
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = text + (hexadecimal ? 2 : 0);
    unsigned long long value;
    char *end;

    // strtoull would take blanks, a sign and another 0x.
    if (digits[strspn(digits, "0123456789abcdefABCDEF")])
        return -EINVAL;
    errno = 0;
    value = strtoull(digits, &end, hexadecimal ? 16 : 10);
    if (end == digits || *end)
        return -EINVAL;
    if (errno || value > max)
        return -ERANGE;
    *ret = value;
    return 0;
}

static int fail(const char *key, const char *text, uint64_t max, int rc, struct error *err) {
    if (rc == -ERANGE)
        return error_set(err, ERANGE, "Xenstore key %s: %s is above %" PRIu64, key, text, max);
    return error_set(err, EINVAL, "Xenstore key %s: \"%s\" is not a number", key, text);
}

// Text that is not empty.
static int parse_number(const char *key, const char *text, uint64_t max, uint64_t *ret,
                        struct error *err) {
    int rc = 0;

    if (!strcasecmp(text, "true"))
        *ret = 1;
    else if (!strcasecmp(text, "false"))
        *ret = 0;
    else
        rc = parse_unsigned(text, max, ret);
    return rc ? fail(key, text, max, rc, err) : 0;
}

int store_read_number(struct store *store, const char *key, uint64_t max, uint64_t *ret,
                      struct error *err) {
    CLEANUP(cleanup_free) char *text = NULL;
    int rc;

    rc = store_read(store, key, &text, err);
    if (rc)
        return rc;
    *ret = 0;
    return text && *text ? parse_number(key, text, max, ret, err) : 0;
}

int store_read_bytes(struct store *store, const char *key, uint64_t *ret, struct error *err) {
    CLEANUP(cleanup_free) char *text = NULL;
    int rc;

    rc = store_read(store, key, &text, err);
    if (rc)
        return rc;
    *ret = 0;
    rc = text && *text ? parse_unsigned(text, UINT64_MAX, ret) : 0;
    return rc ? fail(key, text, UINT64_MAX, rc, err) : 0;
}

int store_read_bool(struct store *store, const char *key, bool if_missing, bool if_empty, bool *ret,
                    struct error *err) {
    CLEANUP(cleanup_free) char *text = NULL;
    uint64_t value = 0;
    int rc;

    rc = store_read(store, key, &text, err);
    if (rc)
        return rc;
    if (!text || !*text) {
        *ret = text ? if_empty : if_missing;
        return 0;
    }
    rc = parse_number(key, text, UINT64_MAX, &value, err);
    if (!rc)
        *ret = value != 0;
    return rc;
}
