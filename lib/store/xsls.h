// Trees of Xenstore keys in the format of `xenstore-ls -f`.
#ifndef STORE_XSLS_H
#define STORE_XSLS_H

#include "lib/util/error.h"

#include <stddef.h>

struct xsls_entry {
    char *path;  // absolute if it starts with `/`, else relative to the domain
    char *value; // `length` bytes and a NUL
    size_t length;
};

// Zero-initialise before use; xsls_done releases it.
struct xsls {
    struct xsls_entry *entries;
    size_t nr;
};

// Parses `text`: a line `path = "value"` for each key, blank lines and lines that start with `#`
// between them. Within a value, a backslash starts \t, \n, \r, \\, \", one to three octal digits
// or `x` and one or two hexadecimal digits. Returns 0 with the entries added to *tree in order, or
// a negative errno with the line's number in *err.
int xsls_parse(const char *text, struct xsls *tree, struct error *err);

// The same for a file.
int xsls_read(const char *file, struct xsls *tree, struct error *err);

// The value of the last entry for `path`, or NULL.
const char *xsls_value(const struct xsls *tree, const char *path);

void xsls_done(struct xsls *tree);

#endif
