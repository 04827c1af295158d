// What the soak's parts share: the machine, its domains as their toolstack knows them, the runs of
// the program on them, and what is counted.
#ifndef SOAK_SOAK_H
#define SOAK_SOAK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "tests/model/model.h"
#include "tests/unit/prng.h"

#define SOAK_NODES 4
#define SOAK_NODE_CORES 2 // of the machine, fixtures/hosts/ring-small.json
#define SOAK_GUESTS 24
#define SOAK_RUNS (2 * SOAK_GUESTS) // two on each guest at most
#define SOAK_LEDGER "/run/xenguest"
#define SOAK_ERRNOS 134

// What a guest may own or claim beyond its RAM: special pages, and the surplus of claims.
#define SOAK_SURPLUS 80

struct options {
    uint64_t seed;
    unsigned seconds;
    bool doubles;      // second actions on a domain during a build
    bool longs;        // stops of more than the ledger's time-out
    const char *build; // directory
};

// Over all rounds; shared by the processes of the rounds.
struct sums {
    uint64_t passed, failed, kept;
    uint64_t builds, reserves, usemems, releases, destroys,
        seconds;                                                 // ended; seconds: second actions
    uint64_t builds_done, kills, terms, stops, long_stops, torn; // torn: destroyed while built
    uint64_t judged_local, single, built_auto, without_ledger;
    uint64_t refused[SOAK_ERRNOS];
};

// How much the guests of a round want together.
enum load {
    LOAD_MODERATE, // so little that every guest fits one node, wherever the others are
    LOAD_FULL,     // no more than the host has
    LOAD_HIGH,     // more than it has
    LOADS,
};

enum guest_state {
    GUEST_NONE,
    GUEST_CREATED,
    GUEST_CLAIMED, // its toolstack has made a claim
    GUEST_RESERVED,
    GUEST_BUILT,
    GUEST_SPOILT, // by a run that was killed or failed: to be destroyed
};

enum guest_policy { GUEST_AUTO, GUEST_STRICT, GUEST_PNODE, GUEST_INTERLEAVE, GUEST_SUPERPAGE };

struct run;

struct guest {
    uint32_t domid;
    uint64_t handle; // tells apart those that have had this domid
    struct prng prng;
    enum guest_state state;
    enum guest_policy policy;
    unsigned mib, vcpus;
    unsigned nodes; // mask, of GUEST_STRICT and GUEST_PNODE
    uint64_t pages; // when it is built
    uint64_t pool;  // pages taken on its creation
    unsigned reserved_mib;
    uint64_t plan[SOAK_NODES]; // of the reservation
    uint64_t pools_then;       // soak.pools when it was planned
    bool plan_holds;           // all builders since have kept the ledger
    uint64_t claimed;          // by the toolstack
    int64_t due;               // for its next action
    struct run *run, *second;
};

enum run_mode { RUN_BUILD, RUN_RESERVE, RUN_USEMEM, RUN_RELEASE, RUN_FORCED_RELEASE };

enum fate_kind { FATE_NONE, FATE_KILL, FATE_TERM, FATE_STOP, FATE_DESTROY, FATE_DOUBLE };

// What will happen to a run: at a call to the model if `fault` is set, else after a time.
struct fate {
    enum fate_kind kind;
    char fault[64];
    int64_t after_ms, stop_ms;
};

struct run {
    bool live, stopped, ended;
    pid_t pid;
    enum run_mode mode;
    struct guest *guest;
    unsigned mib;
    struct fate fate;
    enum guest_state before; // of the guest
    int64_t start, stopped_at, stop_until;
    long log_offset;      // where its part of the domain's log begins
    int64_t stops_before; // run_stops at the start
    int status;
    bool struck; // what its fate is has been done to it
    bool excused;
    bool hung;
    // The least that can be free for it on the host and on each node while it runs, see bounds.h.
    int64_t host_low, node_low[SOAK_NODES];
    uint64_t charged[SOAK_GUESTS]; // handles of those that are taken into account in full
    // Of a second action: what was there before it.
    char *entry_before;
    uint64_t claim_before;
    // Afterwards:
    char *control, *output;
    int error; // errno of its answer; 0: none
    unsigned nr_errors;
    bool no_ledger; // it went on without the ledger
};

struct account {
    uint64_t free, node_free[SOAK_NODES];
};

struct soak {
    struct options options;
    struct sums *sums;
    unsigned round;
    enum load load;
    unsigned least_mib, most_mib; // of guests
    struct prng prng;
    char directory[64], state[80];
    const char *claims; // name of their kind
    const char *program;
    struct model *m;
    struct account initial;
    struct guest guest[SOAK_GUESTS];
    struct run run[SOAK_RUNS];
    uint64_t next_handle;
    uint64_t pools; // pages of all domains created so far: from any node, and claims do not stop it
    int64_t stops_ms;      // that are over: of all runs together
    int64_t no_ledger_end; // the last time that a run ended which went on without the ledger
    FILE *journal;
};

int64_t soak_now(void); // ms

// The contents of a file, "" if it cannot be read; the caller frees it.
char *soak_text(const char *path);

// <directory>/<domid>.<kind>; of a second action <domid>.second-<kind>
struct soak_path {
    char s[256];
};
struct soak_path soak_path_of(const struct soak *soak, const struct run *run, const char *kind);

// Ends the soak: it cannot do its work.
_Noreturn void soak_broken(const char *what, const char *why);

#endif
