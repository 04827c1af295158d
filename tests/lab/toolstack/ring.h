// Xen's console ring.
#ifndef LAB_RING_H
#define LAB_RING_H

#include "tests/lab/toolstack/toolstack.h"

// Has Xen run the handlers of debug keys and returns, in *ret, owned by the caller, what came on
// the console since. The ring itself is left as it is.
int ring_debug_keys(struct toolstack *ts, const char *keys, char **ret, struct error *err);

#endif
