// Without an allocation, as view_line.

#include "lib/view/row.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/view/line.h"

void row_add(struct row *row, int width, const char *format, ...) {
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (row->used < sizeof(row->s))
        row->used +=
            (size_t)snprintf(row->s + row->used, sizeof(row->s) - row->used, "%*s", width, text);
}

void row_add_mib(struct row *row, int width, uint64_t pages) {
    if (pages)
        row_add(row, width, "%.0f", (double)pages / VIEW_PAGES_PER_MIB);
    else
        row_add(row, width, "-");
}
