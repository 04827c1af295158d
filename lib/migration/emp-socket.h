// The Unix socket at which an emulator manager finds its server.
#ifndef MIGRATION_EMP_SOCKET_H
#define MIGRATION_EMP_SOCKET_H

#include <sys/types.h>

#include "lib/util/error.h"

struct emp_socket {
    int fd; // non-blocking, listening
    const char *path;
    dev_t device; // of the node at the path
    ino_t inode;
};

// Listens at `path`, which has to stay where it is. A socket that is there, of a server that was
// killed, is replaced; anything else is an error.
int emp_socket_open(const char *path, struct emp_socket *ret, struct error *err);

// Closes it, and removes the node unless another one has taken its place.
void emp_socket_close(struct emp_socket *socket);

#endif
