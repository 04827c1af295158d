// Copies of a machine.
#ifndef MODEL_COPY_H
#define MODEL_COPY_H

// Copies the machine whose state is the file `from`, contents of its memory included, to `to`.
// Nobody may use it meanwhile. -errno.
int copy_machine(const char *from, const char *to);

#endif
