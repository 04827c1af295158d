// What a test wants to go wrong, and how often everything happened.
//
// XENGUEST_MODEL_FAIL   faults, separated by commas: WHAT:N:HOW. The N-th event of kind WHAT (from
//                       1; `N+`: and all later ones) goes wrong as HOW says: an errno, by name for
//                       the common ones or by number; `kill` or `stop`: SIGKILL or SIGSTOP before
//                       the event; `short` or `short=K`: populate does half, or K, of its extents;
//                       `slow=MS`: it takes MS milliseconds longer; `slow-gib=MS`: populate takes
//                       MS milliseconds longer for each GiB it is asked for, and its share for
//                       less.
// XENGUEST_MODEL_HITS   file that gets a line `WHAT WHERE...` for each event that goes wrong (being
//                       slow is not wrong): its most special kind, and the stack,
//                       innermost first: addresses for addr2line in the program, names of functions
//                       in libraries.
// XENGUEST_MODEL_COUNTS file that gets a line `WHAT COUNT` per kind of event when the process ends.
//
// Kinds: `hypercall`, `store`, `map`, `buffer`, `open`, `malloc`, and with a name behind a full
// stop the same for one call: `hypercall.memory_op.populate_physmap`, `store.read`.
#ifndef MODEL_FAULT_H
#define MODEL_FAULT_H

#include <stdbool.h>
#include <stdint.h>

struct fault {
    int code;                 // positive errno; 0: nothing goes wrong this way
    bool cut;                 // populate shall stop early
    uint64_t extents;         // after so many extents; UINT64_MAX: half of them
    uint64_t slow_ms_per_gib; // populate shall take so much longer
};

// Counts an event of `kind`, called `name` (may be NULL), and says what shall happen to it. Does
// not return if that is its process's death; returns later if the event shall be slow, so the
// caller must hold no lock that others wait for.
struct fault fault_event(const char *kind, const char *name);

// Spends the time that populating `frames` frames shall take longer.
void fault_populate_wait(const struct fault *fault, uint64_t frames);

// Writes the counts, if somebody wants them.
void fault_report(void);

#endif
