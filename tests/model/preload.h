// The preloaded object: what its parts share.
#ifndef MODEL_PRELOAD_H
#define MODEL_PRELOAD_H

#include "tests/model/fault.h"
#include "tests/model/state.h"

// The machine named by XENGUEST_MODEL. Ends the process with a message if it cannot be used.
struct model *preload_model(void);

// Answers one hypercall, faults included: what Xen returns, negative errno included.
long preload_hypercall(unsigned op, const uint64_t arg[5]);

#endif
