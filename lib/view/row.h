// A line that is put together from cells.
#ifndef VIEW_ROW_H
#define VIEW_ROW_H

#include <stddef.h>
#include <stdint.h>

struct row {
    char s[1024];
    size_t used;
};

// Adds a cell of so many columns, its text at the right (width < 0: at the left). What no longer
// fits into the line is cut.
void row_add(struct row *row, int width, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Pages as whole MiB, or "-" for none.
void row_add_mib(struct row *row, int width, uint64_t pages);

#endif
