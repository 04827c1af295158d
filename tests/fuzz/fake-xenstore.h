// libxenstore's functions on a tree in memory, for a fuzz target that links them instead.
#ifndef FUZZ_FAKE_XENSTORE_H
#define FUZZ_FAKE_XENSTORE_H

#include "lib/store/xsls.h"

#define FAKE_XENSTORE_DOMAIN "/local/domain/7"

// From now on this is what xenstored has: keys as in a tree of settings, relative to the domain.
// What is written is added to it.
void fake_xenstore_serve(struct xsls *tree);

#endif
