// The lock of the ledger: whoever plans has it alone, those who populate share it.
//
// Nobody waits for ever, and nobody waits twice for somebody who hangs.
#ifndef CLAIM_LEDGER_LOCK_H
#define CLAIM_LEDGER_LOCK_H

#include <stdbool.h>

#include "lib/util/error.h"

// To be set to LEDGER_LOCK_CLOSED before use.
struct ledger_lock {
    int lock;         // file that is locked
    int gate;         // file that planners hold while they wait
    bool gave_up;     // waited in vain once: from then on a lock is taken only where it is free
    bool passes_gate; // waited in vain for planners that wait: no longer lets them go first
    bool held;
    bool alone; // held by this process alone
};
#define LEDGER_LOCK_CLOSED ((struct ledger_lock){.lock = -1, .gate = -1})

// Opens the lock's files in a directory, creating them if need be. Returns 0 or a negative errno;
// ledger_lock_close is to be called in either case.
int ledger_lock_open(struct ledger_lock *lock, int directory);

void ledger_lock_close(struct ledger_lock *lock);

// Takes the lock alone. It ends with ledger_lock_end, ledger_lock_close or the process.
// -ETIMEDOUT if nobody has released it for 10 s; the error names a process that holds it, if /proc
// tells. -EINTR, within a second, if this process is to stop.
int ledger_lock_alone(struct ledger_lock *lock, struct error *err);

// Takes the lock together with others that do, as soon as nobody has it alone, or waits for that.
// Fails like ledger_lock_alone.
int ledger_lock_together(struct ledger_lock *lock, struct error *err);

void ledger_lock_end(struct ledger_lock *lock);

#endif
