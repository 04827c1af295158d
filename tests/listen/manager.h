// An emulator manager for tests: it starts a server as a process of its own and talks to it.
#ifndef TESTS_LISTEN_MANAGER_H
#define TESTS_LISTEN_MANAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MANAGER_MS 60000 // that long it waits for an answer or the end: real ones 30 and 60 s

struct manager {
    pid_t server;
    int output; // of the server
    int fd;     // the connection, or -1
    char heard[2048];
    size_t bytes;
    char directory[32]; // made for it; empty: none
    char path[64];      // of the socket
    int stream[2];      // the server gets [1]; [0] is the other host's
};

extern const char manager_returned[], manager_completed[], manager_result[];

// Runs argv[0] with argv, NULL-terminated, which will listen at `path`, until it has said Ready.
// Not connected yet.
void manager_run(struct manager *manager, const char *path, const char *const argv[]);

// The server runs with these arguments, NULL-terminated, and has said Ready. Not connected yet.
void manager_start(struct manager *manager, const char *const arguments[]);

// manager_start, then connects, with a stream that is a socket.
void manager_open(struct manager *manager, const char *const arguments[]);

int manager_connect(const struct manager *manager);

// The other host writes into the pipe, or reads from it.
void manager_make_pipe(struct manager *manager, bool writes);

// Sends bytes; the second one with a descriptor.
void manager_say(struct manager *manager, const char *text);
void manager_say_with(struct manager *manager, const char *text, int fd);

// The next line of the server, without its newline, valid until the next call; NULL: the
// connection has ended.
const char *manager_hear(struct manager *manager);

// Hears this line next.
void manager_expect(struct manager *manager, const char *line);

// Hears that the connection has ended.
void manager_expect_hangup(struct manager *manager);

// Sends a command, as { "execute" : "<verb>" }, and hears that it was taken.
void manager_do(struct manager *manager, const char *verb);
void manager_init(struct manager *manager); // migrate_init with the stream

// Hears an error that has `part` in it; events may come before.
void manager_expect_error(struct manager *manager, const char *part);

// Hears events until a line has `part` in it, which is returned.
const char *manager_hear_until(struct manager *manager, const char *part);

// The number that an event has under `name`.
long long manager_number(const char *line, const char *name);

// Waits until the server has ended, which must take at most `ms`: with that status, and having said
// that much beside Ready. Nothing of it may be left.
void manager_expect_end(struct manager *manager, int ms, int status, const char *output);

int64_t manager_now_ms(void);

#endif
