// One process does everything by turns: what is due on each guest, then what has become of each
// run.

#include "tests/soak/round.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/soak/act.h"
#include "tests/soak/judge.h"
#include "tests/soak/machine.h"
#include "tests/soak/note.h"
#include "tests/soak/run.h"

#define MOST_RUNS 12
#define NODE_MIB 2044 // what a node has free after boot
#define LAST_MIB 64

// Small guests fill the nodes further before the last one does not fit any.
static void choose_sizes(struct soak *soak) {
    static const unsigned percents[LOADS][3] = {{15, 25, 40}, {25, 60, 90}, {40, 60, 60}};

    soak->most_mib = NODE_MIB * percents[soak->load][prng_below(&soak->prng, 3)] / 100;
    soak->least_mib = prng_below(&soak->prng, 2) ? LAST_MIB : soak->most_mib / 2;
}

static void begin(struct soak *soak) {
    choose_sizes(soak);
    for (unsigned i = 0; i < SOAK_GUESTS; i++) {
        struct guest *guest = &soak->guest[i];

        guest->domid = i + 1;
        guest->prng.state = prng_next(&soak->prng);
        guest->due = soak_now() + prng_below(&guest->prng, 200);
    }
}

static void act(struct soak *soak) {
    for (unsigned i = 0; i < SOAK_GUESTS; i++) {
        struct guest *guest = &soak->guest[i];

        if (!guest->run && soak_now() >= guest->due && run_count(soak) < MOST_RUNS)
            act_next(soak, guest);
    }
}

static void end_run(struct soak *soak, struct run *run) {
    struct guest *guest = run->guest;
    struct run *first = run == guest->second ? guest->run : NULL;

    judge_run(soak, run);
    act_after(soak, run);
    run_done(run);
    if (first)
        run_continue(soak, first);
}

// A first run stays stopped until the second has ended.
static void step(struct soak *soak, struct run *run) {
    bool waits = run->fate.kind == FATE_DOUBLE && run->stopped;

    if (waits && !run->guest->second)
        act_second(soak, run->guest);
    run_step(soak, run);
    if (run->ended)
        end_run(soak, run);
}

static void look(struct soak *soak) {
    const struct timespec pause = {0, 1000000};

    for (unsigned i = 0; i < SOAK_RUNS; i++) {
        if (soak->run[i].live)
            step(soak, &soak->run[i]);
    }
    nanosleep(&pause, NULL);
}

// A last build sweeps what dead ones have left in the ledger.
static void build_last(struct soak *soak) {
    const struct fate none = {0};
    struct guest *guest = &soak->guest[0];

    guest->handle = ++soak->next_handle;
    guest->mib = LAST_MIB;
    guest->vcpus = 1;
    guest->policy = GUEST_AUTO;
    guest->pages = LAST_MIB * 256 - 16;
    guest->claimed = 0;
    if (!machine_create(soak, guest)) {
        note_failed(soak, guest, "at the end of the round there is no memory for a domain");
        return;
    }
    guest->state = GUEST_CREATED;
    run_start(soak, guest, RUN_BUILD, LAST_MIB, &none, false);
    while (run_count(soak))
        look(soak);
    if (guest->state != GUEST_BUILT)
        note_failed(soak, guest, "the last build of the round has failed");
    act_destroy(soak, guest);
}

static void end(struct soak *soak) {
    while (run_count(soak))
        look(soak);
    for (unsigned i = 0; i < SOAK_GUESTS; i++) {
        if (soak->guest[i].state != GUEST_NONE)
            act_destroy(soak, &soak->guest[i]);
    }
    build_last(soak);
    judge_end(soak);
}

void round_run(struct soak *soak, int64_t until) {
    int64_t start = soak_now();

    begin(soak);
    while (soak_now() < until) {
        act(soak);
        look(soak);
    }
    end(soak);
    note(soak, "the round took %lld ms", (long long)(soak_now() - start));
}
