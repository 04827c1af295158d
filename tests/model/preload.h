// The preloaded object: what its parts share.
#ifndef MODEL_PRELOAD_H
#define MODEL_PRELOAD_H

#include "tests/model/fault.h"
#include "tests/model/state.h"

// The machine named by XENGUEST_MODEL. Ends the process with a message if it cannot be used.
struct model *preload_model(void);

// Answers one hypercall, faults included: what Xen returns, negative errno included.
long preload_hypercall(unsigned op, const uint64_t arg[5]);

// What the program holds: opened, allocated or mapped, and not yet given back. With
// XENGUEST_MODEL_STRICT set, a process that holds something at its end gets status 99 and a
// message.
enum preload_held { HELD_HANDLES, HELD_STORES, HELD_MAPPINGS, HELD_KINDS };
void preload_hold(enum preload_held kind, int change);

#endif
