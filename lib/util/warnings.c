// A warning is never worth failing for, so adding one cannot fail.

#include "lib/util/warnings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void warnings_add(struct warnings *warnings, const char *format, ...) {
    va_list args;
    char *text;

    if (warnings->nr == WARNINGS_MAX)
        return;
    va_start(args, format);
    if (vasprintf(&text, format, args) >= 0)
        warnings->text[warnings->nr++] = text;
    va_end(args);
}

void warnings_done(struct warnings *warnings) {
    for (unsigned i = 0; i < warnings->nr; i++)
        free(warnings->text[i]);
    *warnings = (struct warnings){0};
}
