// Telling people about a guest's memory: what each step of lib/placement/guest-memory.h has found,
// to the log, the toolstack and Xenstore. Warnings that have come up since the last call come
// along.
#ifndef XENGUEST_MEMORY_LOG_H
#define XENGUEST_MEMORY_LOG_H

#include <stdbool.h>

#include "lib/placement/guest-memory.h"
#include "xenguest/session.h"

// Just the warnings.
void memory_log_warnings(struct session *session, struct guest_memory *memory);

// After guest_memory_settle, whether it has failed or not.
void memory_log_settings(struct session *session, struct guest_memory *memory);

// After guest_memory_reserve, whether it has failed or not.
void memory_log_plan(struct session *session, struct guest_memory *memory);

// To be called before guest_memory_populate, which then tells how far it is.
void memory_log_watch(struct session *session, struct guest_memory *memory);

// Where the memory is. Failures are warnings.
void memory_log_placement(struct session *session, struct guest_memory *memory);

// Ends the reservation (guest_memory_end) and releases `memory`; a failure to is logged. To be
// called before the session is closed.
void memory_log_end(struct session *session, struct guest_memory *memory, bool success);

#endif
