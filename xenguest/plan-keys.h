// The keys of a guest that is planned for: those of its domain or of a file, and what the command
// line puts in their place.
#ifndef XENGUEST_PLAN_KEYS_H
#define XENGUEST_PLAN_KEYS_H

#include <stdbool.h>

#include "lib/store/store.h"
#include "lib/util/error.h"
#include "xenguest/session.h"

// Opens session->store, detached: with the keys of the domain, or of the file of -xenstore, or
// none; then those of -vcpus and -set.
int plan_keys_open(struct session *session, bool has_domain, struct error *err);

// Fills in the sizes that the request leaves to the keys: the maximum is memory/static-max, and a
// guest starts with that.
int plan_keys_sizes(struct store *store, bool has_domain, struct request *request,
                    struct error *err);

#endif
