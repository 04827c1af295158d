// Files that the command line names for writing.
#ifndef XENGUEST_OUTPUT_FILE_H
#define XENGUEST_OUTPUT_FILE_H

#include <stdio.h>

#include "lib/util/error.h"

// Writes a file whole or not at all: to a temporary one beside it, which then takes its name or,
// after a failure, goes. `write` prints the content. Errors name the file.
int output_file_write(const char *path, void (*write)(const void *context, FILE *out),
                      const void *context, struct error *err);

#endif
