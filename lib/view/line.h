// Lines of text on their way to whoever prints them.
#ifndef VIEW_LINE_H
#define VIEW_LINE_H

#define VIEW_PAGES_PER_MIB 256.0

// Takes one line, without newline.
typedef void view_line_fn(void *context, const char *text);

// Formats a line and hands it over. It has at most 511 characters: enough for two lists of all
// nodes.
void view_line(view_line_fn *line, void *context, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
