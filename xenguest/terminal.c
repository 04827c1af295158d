// A locale of its own is asked, as all else that the program prints is the same in every locale.

#include "xenguest/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool locale_is_utf8(void) {
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool utf8;

    if (!locale)
        return false;
    utf8 = !strcmp(nl_langinfo_l(CODESET, locale), "UTF-8");
    freelocale(locale);
    return utf8;
}

static bool has_colour(void) {
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return !(no && *no) && term && strcmp(term, "dumb") != 0;
}

struct view_style terminal_style(void) {
    struct view_style style = {.width = VIEW_WIDTH_PLAIN};
    struct winsize size;

    if (!isatty(STDOUT_FILENO))
        return style;
    if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
        style.width = size.ws_col;
    style.terminal = true;
    style.colour = has_colour();
    style.utf8 = locale_is_utf8();
    return style;
}
