// A server of emulator managers while it serves: one turn takes what they say, and tells them what
// is new of the work. Nothing here waits.
#ifndef MIGRATION_EMP_SERVICE_H
#define MIGRATION_EMP_SERVICE_H

#include <stdint.h>

#include "lib/migration/emp-clients.h"
#include "lib/migration/emp-server.h"
#include "lib/migration/emp-session.h"
#include "lib/migration/emp-socket.h"

struct emp_service {
    const struct emp_settings *settings;
    struct emp_session session;
    struct emp_socket socket;
    struct emp_clients clients;
    int64_t active_ms; // when somebody was there last, by emp_service_now_ms
};

int64_t emp_service_now_ms(void); // monotonic

void emp_service_turn(struct emp_service *service);

// Tells those who hear of the work an error.
void emp_service_tell(struct emp_service *service, const char *error);

void emp_service_note(const struct emp_service *service, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
