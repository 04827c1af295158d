// A connection to an emulator manager: commands and descriptors in, answers out. Nothing here
// waits.
#ifndef MIGRATION_EMP_CLIENT_H
#define MIGRATION_EMP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/migration/emp-framing.h"
#include "lib/migration/emp-text.h"
#include "lib/util/error.h"

#define EMP_CLIENT_IN 1024
#define EMP_CLIENT_OUT (8 * EMP_TEXT_SIZE)

struct emp_client {
    int fd; // -1: there is none
    struct emp_framing framing;
    bool deaf;     // reads no more: the manager has closed its end, or has sent what is no message
    int passed_fd; // came with what was read last; -1: none
    char in[EMP_CLIENT_IN];
    size_t in_from, in_to;
    char out[EMP_CLIENT_OUT];
    size_t out_bytes;
};

#define EMP_CLIENT_NONE ((struct emp_client){.fd = -1, .passed_fd = -1})

// Takes a connection over; `fd` is closed on failure.
int emp_client_open(struct emp_client *client, int fd, struct error *err);

// May be called in any case.
void emp_client_close(struct emp_client *client);

// True if something of what was read is left, and there is room for an answer.
bool emp_client_has_input(const struct emp_client *client);

// True if something may be read: there is room for the answer, and the manager can still send.
bool emp_client_wants_input(const struct emp_client *client);

// Reads what is there. Returns 0, or a negative errno if the connection is broken.
int emp_client_receive(struct emp_client *client, struct error *err);

// The next message of what was read. Returns 1, and an object for the caller to put; 0 if there is
// none, or no room for an answer; a negative errno if it is no message: the client is deaf then.
int emp_client_next(struct emp_client *client, json_object **ret, struct error *err);

// The descriptor that came with the message returned last, for the caller to close, or -1. It stays
// for the next message if this one has no use for it (`wanted`) and there is more of what was read.
int emp_client_take_fd(struct emp_client *client, bool wanted);

// True if the connection is of no more use: it is deaf and was heard.
bool emp_client_is_over(const struct emp_client *client);

// Puts a text into the queue of what is to be written.
void emp_client_say(struct emp_client *client, const struct emp_text *text);

// Writes as much as the socket takes. If the connection is broken, the client turns deaf and
// forgets what it was to be told, so that it is over.
void emp_client_send(struct emp_client *client);

// True if the manager has read all that it was told, as far as one can know.
bool emp_client_was_heard(const struct emp_client *client);

#endif
