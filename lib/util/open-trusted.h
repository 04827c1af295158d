// Opening a file by a name that somebody else may have laid out.
#ifndef UTIL_OPEN_TRUSTED_H
#define UTIL_OPEN_TRUSTED_H

#include <sys/types.h>

// Opens `path` for appending and creates it with `mode` if there is no such file. In a directory in
// which others than root and the caller can make files, a link is followed only if it is root's or
// the caller's, and a file is taken only if it is a regular one of root or the caller under a
// single name. Returns a file descriptor that exec closes, or a negative errno; -EPERM: a link or
// file that somebody may have put there. Needs /proc to open files that exist.
int open_trusted(const char *path, mode_t mode);

#endif
