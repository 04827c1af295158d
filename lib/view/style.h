// How text may look where it goes: to a terminal, or into a file that is the same every time.
#ifndef VIEW_STYLE_H
#define VIEW_STYLE_H

#include <stdbool.h>

#define VIEW_WIDTH_PLAIN 100 // columns where there is no terminal

struct view_style {
    unsigned width; // columns
    bool terminal;  // somebody looks: bars beside the figures
    bool colour;
    bool utf8;
};

#endif
