// A scenario with a slip in it must stop at once, not build something else: no argument is ignored,
// and no number is taken in part.

#include "tests/lab/toolstack/arguments.h"

#include "lib/util/number.h"

#include <errno.h>
#include <inttypes.h>

#define DOMID_LAST 0x7fef // DOMID_FIRST_RESERVED - 1

static int text_number(const char *prefix, const char *name, const char *text, int64_t min,
                       int64_t max, int64_t *ret, struct error *err) {
    if (number_parse_int(text, min, max, ret) < 0)
        return error_set(err, EINVAL, "%s%s: \"%s\" is not a number from %" PRId64 " to %" PRId64,
                         prefix, name, text, min, max);
    return 0;
}

int argument_number(int argc, char **argv, int index, const char *name, int64_t min, int64_t max,
                    int64_t *ret, struct error *err) {
    if (index >= argc)
        return error_set(err, EINVAL, "%s: %s is missing", argv[0], name);
    return text_number("", name, argv[index], min, max, ret, err);
}

int argument_domid(int argc, char **argv, int index, uint32_t *ret, struct error *err) {
    int64_t number = 0;
    int rc = argument_number(argc, argv, index, "DOMID", 1, DOMID_LAST, &number, err);

    if (rc == 0)
        *ret = (uint32_t)number;
    return rc;
}

int argument_end(int argc, char **argv, int index, struct error *err) {
    if (index < argc)
        return error_set(err, EINVAL, "%s: unexpected argument \"%s\"", argv[0], argv[index]);
    return 0;
}

int option_number(const char *name, const char *text, int64_t min, int64_t max, int64_t *ret,
                  struct error *err) {
    return text_number("--", name, text, min, max, ret, err);
}

int option_unknown(char **argv, int index, struct error *err) {
    return error_set(err, EINVAL, "%s: unknown option \"%s\", or its argument is missing", argv[0],
                     argv[index - 1]);
}
