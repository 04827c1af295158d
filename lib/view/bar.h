// A bar that shows how full a node is.
#ifndef VIEW_BAR_H
#define VIEW_BAR_H

#include <stdint.h>

#include "lib/view/style.h"

struct view_bar {
    char s[192];
};

// Of `all`, what others use, what the guest gets, and the rest, in this order. It is told apart by
// its characters, and by colour only on top of that.
struct view_bar view_bar(const struct view_style *style, uint64_t all, uint64_t used,
                         uint64_t guest);

#endif
