// What the terminal at hand can show, if there is one.
#ifndef XENGUEST_TERMINAL_H
#define XENGUEST_TERMINAL_H

#include "lib/view/style.h"

// How to print to standard output. Into a file or a pipe it is plain and always the same; on a
// terminal as wide as that is, with colour unless NO_COLOR is set or it has none, and with other
// characters than ASCII where the locale has them.
struct view_style terminal_style(void);

#endif
