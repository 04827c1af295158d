// A builder started as xenopsd has it started.
#ifndef LAB_SPAWN_H
#define LAB_SPAWN_H

#include "lib/util/error.h"

#include <stdbool.h>
#include <sys/types.h>

// The control pipes have these numbers in the builder.
#define SPAWN_CONTROL_OUT 3
#define SPAWN_CONTROL_IN 4
// And so has the stream that it reads or writes, if there is one.
#define SPAWN_STREAM 5
#define SPAWN_NO_STREAM (-1)

// Owned by the caller: spawn_hang_up and spawn_wait release it.
struct spawn {
    pid_t pid;
    int pid_fd;
    long peak_kib; // most memory that it had at a time; out of spawn_wait
    int from;      // what it writes on its control-out descriptor
    int to;        // what it reads from its control-in descriptor
};

// Starts argv[0] with what forkexecd gives a program. A program that cannot be executed
// shows as exit status 127. `traced`: it stops at its first instruction, for its parent to follow
// with ptrace. `stream` stays the caller's.
int spawn_start(char *const argv[], bool traced, int stream, struct spawn *ret, struct error *err);

// Closes both pipes, as xenopsd does after the decisive line. May be called more than once.
void spawn_hang_up(struct spawn *spawn);

// Kills it and what it has started, as when xenopsd cancels.
void spawn_kill(const struct spawn *spawn);

// Waits for its end, up to `milliseconds` (negative: without limit). Returns 0 and sets *ret_status
// as waitpid does, -ETIMEDOUT without an error text, or an error.
int spawn_wait(struct spawn *spawn, int milliseconds, int *ret_status, struct error *err);

#endif
