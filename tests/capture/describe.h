// From a host that was read to its description.
#ifndef CAPTURE_DESCRIBE_H
#define CAPTURE_DESCRIBE_H

#include "lib/numa/hostfile.h"

// What the format can say of `host`: threads per core only where all cores have the same number,
// else each CPU counts as a core; free memory as a sum. The description is left to the caller.
struct hostfile host_describe(const struct host *host);

#endif
