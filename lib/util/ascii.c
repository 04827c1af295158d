// Keys, options and paths can hold any byte. Toolstacks and logs take other encodings than ASCII
// amiss in different ways, and a newline would start a line of its own. A backslash stands for
// itself: the result is for people, and nobody turns it back.

#include "lib/util/ascii.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

// What stands for one byte, at most 4 characters and a NUL.
static size_t describe(unsigned char byte, char ret[5]) {
    if (isascii(byte))
        return (size_t)snprintf(ret, 5, "%c", iscntrl(byte) ? ' ' : byte);
    return (size_t)snprintf(ret, 5, "\\x%02x", byte);
}

size_t ascii_line(const char *from, char *to, size_t room) {
    size_t length = 0;
    size_t written = 0;

    for (; *from; from++) {
        char text[5];
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
