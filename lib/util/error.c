// The text is built on the heap so that it is never cut: it may quote a path or a list of nodes.
// Only when the heap is exhausted a constant stands in, which error_done must not free.

#include "lib/util/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static char no_memory_text[] = "out of memory while describing an error";

static void error_replace_text(struct error *err, char *text) {
    if (err->text != no_memory_text)
        free(err->text);
    err->text = text ? text : no_memory_text;
}

static char *format_text(const char *format, va_list args) {
    char *text;

    if (vasprintf(&text, format, args) < 0)
        return NULL;
    return text;
}

int error_set(struct error *err, int code, const char *format, ...) {
    va_list args;

    va_start(args, format);
    error_replace_text(err, format_text(format, args));
    va_end(args);
    err->code = code;
    return -code;
}

int error_prefix(struct error *err, const char *format, ...) {
    va_list args;
    char *prefix;
    char *text = NULL;

    va_start(args, format);
    prefix = format_text(format, args);
    va_end(args);
    if (prefix && asprintf(&text, "%s: %s", prefix, err->text) < 0)
        text = NULL;
    free(prefix);
    error_replace_text(err, text);
    return -err->code;
}

void error_done(struct error *err) {
    error_replace_text(err, NULL);
    *err = (struct error){0};
}
