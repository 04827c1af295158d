// The program in its mode listen, started and spoken to as emulator managers do it.
#ifndef LAB_MANAGER_H
#define LAB_MANAGER_H

#include "lib/util/error.h"
#include "tests/lab/toolstack/spawn.h"

#include <stddef.h>
#include <stdint.h>

struct manager {
    struct spawn spawn; // its `from`: what the program writes on its error output
    int fd;             // the connection
    int64_t limit;      // of now_milliseconds: for all that is waited for
    char heard[2048];
    size_t bytes;
    char line[2048];
};

// Starts argv[0], which will listen for the domain's manager, waits until it is ready, and
// connects. On failure nothing of it is left.
int manager_start(struct manager *manager, uint32_t domid, char *const argv[], int64_t limit,
                  struct error *err);

// Sends text, with a descriptor unless `fd` is negative.
int manager_send(const struct manager *manager, const char *text, int fd, struct error *err);

// Sets *ret to the next line, without its newline and valid until the next call, or to NULL if the
// connection has ended.
int manager_hear(struct manager *manager, const char **ret, struct error *err);

// Waits for the program's end, and kills it if it does not come in time. Prints how it has ended,
// and the decisive line of its error output.
int manager_end(struct manager *manager, struct error *err);

// Kills the program.
void manager_kill(struct manager *manager);

#endif
