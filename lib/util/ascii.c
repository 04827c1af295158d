// Keys, options and paths can hold any byte. Toolstacks and logs take other encodings than ASCII
// amiss in different ways, and a newline would start a line of its own. A backslash stands for
// itself: the result is for people, and nobody turns it back.

#include "lib/util/ascii.h"

#include <ctype.h>
#include <string.h>

// What stands for one byte: `ret` without a NUL, and how long it is.
static size_t describe(unsigned char byte, char ret[4]) {
    static const char digits[] = "0123456789abcdef";

    if (isascii(byte)) {
        ret[0] = iscntrl(byte) ? ' ' : (char)byte;
        return 1;
    }
    ret[0] = '\\';
    ret[1] = 'x';
    ret[2] = digits[byte >> 4];
    ret[3] = digits[byte & 15];
    return 4;
}

size_t ascii_line(const char *from, char *to, size_t room) {
    size_t length = 0;
    size_t written = 0;

    for (; *from; from++) {
        char text[4];
        size_t bytes = describe((unsigned char)*from, text);

        // Once something did not fit, nothing that follows may.
        if (written == length && length + bytes < room) {
            memcpy(to + written, text, bytes);
            written += bytes;
        }
        length += bytes;
    }
    if (room)
        to[written] = '\0';
    return length;
}
