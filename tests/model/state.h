// The file that holds a model's state, and the lock that makes processes take turns in it.
//
// PATH is the state, PATH.memory the contents of machine memory. Copying both (cp --sparse=always)
// copies the machine.
#ifndef MODEL_STATE_H
#define MODEL_STATE_H

#include "tests/model/model.h"

// Cells in a new state; the file is sparse, so only those in use cost anything.
#define STATE_CELLS (16U << 20)

// Creates an empty machine, replacing what was there, and opens it. -errno.
int state_create(const char *path, enum model_release release, struct model **ret);

// Opens an existing one; a process has one open at a time. -errno; -EINVAL if the file is something
// else or of another layout.
int state_open(const char *path, struct model **ret);

// Runs `work(m, data)` while no other thread or process is in the state.
void state_run(struct model *m, void (*work)(struct model *m, void *data), void *data);

// The same, finished even if the calling process is killed on the way: as a hypercall is. With
// XENGUEST_MODEL_ALONE in the environment it is not: for a process that nobody else kills.
void state_run_apart(struct model *m, void (*work)(struct model *m, void *data), void *data);

#endif
