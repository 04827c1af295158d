// A connection that is over stays until whoever serves it closes it.

#include "lib/migration/emp-clients.h"

#include <sys/socket.h>
#include <time.h>

#include "lib/util/cleanup.h"

#define LINGER_STEP_MS 2

void emp_clients_init(struct emp_clients *clients) {
    for (int i = 0; i < EMP_MAX_CLIENTS; i++)
        clients->client[i] = EMP_CLIENT_NONE;
}

void emp_clients_done(struct emp_clients *clients) {
    for (int i = 0; i < EMP_MAX_CLIENTS; i++)
        emp_client_close(&clients->client[i]);
}

unsigned emp_clients_count(const struct emp_clients *clients) {
    unsigned count = 0;

    for (int i = 0; i < EMP_MAX_CLIENTS; i++)
        count += clients->client[i].fd >= 0;
    return count;
}

static int free_number(const struct emp_clients *clients) {
    for (int i = 0; i < EMP_MAX_CLIENTS; i++) {
        if (clients->client[i].fd < 0)
            return i;
    }
    return -1;
}

int emp_clients_accept(struct emp_clients *clients, int listening) {
    CLEANUP(error_done) struct error err = {0};
    int number = free_number(clients);
    int fd = number < 0 ? -1 : accept4(listening, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0 || emp_client_open(&clients->client[number], fd, &err))
        return -1;
    return number;
}

void emp_clients_say(struct emp_clients *clients, int number, const struct emp_text *text) {
    if (number >= 0)
        emp_client_say(&clients->client[number], text);
}

bool emp_clients_is_free(const struct emp_clients *clients, int number) {
    return number < 0 || !clients->client[number].out_bytes;
}

void emp_clients_send(struct emp_clients *clients) {
    for (int i = 0; i < EMP_MAX_CLIENTS; i++) {
        if (clients->client[i].fd >= 0)
            emp_client_send(&clients->client[i]);
    }
}

static bool all_heard(const struct emp_clients *clients) {
    for (int i = 0; i < EMP_MAX_CLIENTS; i++) {
        const struct emp_client *client = &clients->client[i];

        if (client->fd >= 0 && !emp_client_was_heard(client))
            return false;
    }
    return true;
}

void emp_clients_linger(struct emp_clients *clients, int64_t ms) {
    const struct timespec step = {0, LINGER_STEP_MS * 1000000L};

    emp_clients_send(clients);
    for (; ms > 0 && !all_heard(clients); ms -= LINGER_STEP_MS) {
        nanosleep(&step, NULL);
        emp_clients_send(clients);
    }
}
