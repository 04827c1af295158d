// All connections to emulator managers, by number. There is one, but for a manager that was started
// while another one hangs.
#ifndef MIGRATION_EMP_CLIENTS_H
#define MIGRATION_EMP_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/migration/emp-client.h"

#define EMP_MAX_CLIENTS 4

struct emp_clients {
    struct emp_client client[EMP_MAX_CLIENTS];
};

void emp_clients_init(struct emp_clients *clients);
void emp_clients_done(struct emp_clients *clients);

unsigned emp_clients_count(const struct emp_clients *clients);

// Accepts a connection at a listening socket, if there is one and a number is free. Returns its
// number, or -1.
int emp_clients_accept(struct emp_clients *clients, int listening);

// Tells client number `number`, or nobody if it is negative.
void emp_clients_say(struct emp_clients *clients, int number, const struct emp_text *text);

// True if all that this client was told is written, or there is no such client.
bool emp_clients_is_free(const struct emp_clients *clients, int number);

// Writes what can be written to all.
void emp_clients_send(struct emp_clients *clients);

// Waits until all have read what they were told, at most `ms`.
void emp_clients_linger(struct emp_clients *clients, int64_t ms);

#endif
