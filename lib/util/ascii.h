// Text that quotes what comes from outside, made fit for logs and toolstacks.
#ifndef UTIL_ASCII_H
#define UTIL_ASCII_H

#include <stddef.h>

// Writes `from` as one line of printable ASCII to `to`, which has room for `room` bytes: control
// characters become blanks, bytes beyond ASCII \xe2 and so on. A result that does not fit is cut,
// never within an escape, and ends with a NUL if `room` is not 0. Returns the length of the whole
// result without the NUL.
size_t ascii_line(const char *from, char *to, size_t room);

#endif
