// Writing host descriptions; lib/numa/hostfile.h describes the format and reads it.
#ifndef CAPTURE_FORMAT_H
#define CAPTURE_FORMAT_H

#include "lib/numa/hostfile.h"

// Puts into *ret, to be freed, what hostfile_parse reads as `file`. The format knows no less than
// a MiB, so memory given otherwise than by extents is rounded down. Returns 0 or -ENOMEM.
int hostfile_format(const struct hostfile *file, char **ret, struct error *err);

#endif
