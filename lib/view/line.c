// Without an allocation, so that a line is never missing.

#include "lib/view/line.h"

#include <stdarg.h>
#include <stdio.h>

void view_line(view_line_fn *line, void *context, const char *format, ...) {
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    line(context, text);
}
