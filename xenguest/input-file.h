// Files that the command line names for reading.
#ifndef XENGUEST_INPUT_FILE_H
#define XENGUEST_INPUT_FILE_H

#include "lib/util/error.h"

#define INPUT_FILE_MAX_BYTES (16 << 20)

// Reads a whole text file, "-": standard input. Returns 0 and sets *ret, NUL-terminated, for the
// caller to free; errors name the file. A NUL in it is -EINVAL, more than INPUT_FILE_MAX_BYTES
// -EFBIG.
int input_file_read(const char *path, char **ret, struct error *err);

#endif
