// Runs of the program, and what befalls them.
#ifndef SOAK_RUN_H
#define SOAK_RUN_H

#include "tests/soak/soak.h"

// Starts the program on a guest's domain; a second run beside another one if `second`.
struct run *run_start(struct soak *soak, struct guest *guest, enum run_mode mode, unsigned mib,
                      const struct fate *fate, bool second);

// Lets its fate come to pass, and continues it after a stop. When it has ended, `ended` is set and
// what it has said is read.
void run_step(struct soak *soak, struct run *run);

void run_continue(struct soak *soak, struct run *run);

// Ready for another one.
void run_done(struct run *run);

// For how long all runs together have been stopped until now, in ms.
int64_t run_stops(const struct soak *soak);

// Whether it has said so far that it went on without the ledger.
bool run_lacks_ledger(const struct soak *soak, const struct run *run);

unsigned run_count(const struct soak *soak);

const char *run_mode_name(enum run_mode mode);

// The domain's entry in the ledger, "" if there is none; the caller frees it.
char *run_entry(const struct guest *guest);

#endif
