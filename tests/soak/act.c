// A table per state of the domain has what may be done next, with weights. About every ninth run is
// killed: some that are to be end before.

#include "tests/soak/act.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/soak/bounds.h"
#include "tests/soak/machine.h"
#include "tests/soak/note.h"
#include "tests/soak/run.h"

#define BEAT_MS 300

static unsigned below(struct guest *guest, unsigned n) {
    return prng_below(&guest->prng, n);
}

static bool by_chance(struct guest *guest, unsigned per_mille) {
    return below(guest, 1000) < per_mille;
}

// Half of all things are done on the beat, so that many begin at once.
static void pause_for(struct guest *guest, unsigned most_ms) {
    guest->due = soak_now() + below(guest, most_ms + 1);
    if (most_ms && below(guest, 2))
        guest->due += BEAT_MS - guest->due % BEAT_MS;
}

// --- domains ---

static enum guest_policy choose_policy(struct guest *guest) {
    static const enum guest_policy others[] = {GUEST_STRICT, GUEST_PNODE, GUEST_INTERLEAVE,
                                               GUEST_SUPERPAGE};

    return by_chance(guest, 700) ? GUEST_AUTO : others[below(guest, 4)];
}

static void choose_guest(struct soak *soak, struct guest *guest) {
    static const unsigned vcpus[] = {1, 2, 2, 2, 2, 2, 4, 8};

    guest->handle = ++soak->next_handle;
    guest->mib = soak->least_mib + below(guest, soak->most_mib - soak->least_mib + 1);
    guest->vcpus = vcpus[below(guest, 8)];
    guest->policy = choose_policy(guest);
    guest->nodes = 1U << below(guest, SOAK_NODES);
    if (guest->policy == GUEST_STRICT)
        guest->nodes |= 1U << below(guest, SOAK_NODES);
    guest->pages = guest->mib * 256ULL - 32 + 16; // no VGA hole, special pages
    guest->pool = 256ULL * (guest->vcpus + (guest->mib + 127) / 128);
    guest->claimed = guest->reserved_mib = 0;
}

static void remove_files(const struct soak *soak, const struct guest *guest) {
    static const char *const kinds[] = {"log",        "control",        "out",
                                        "second-log", "second-control", "second-out"};
    char path[256];

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        snprintf(path, sizeof(path), "%s/%u.%s", soak->directory, guest->domid, kinds[i]);
        unlink(path);
    }
}

static bool is_admitted(const struct soak *soak, const struct guest *guest) {
    uint64_t pages = guest->pages + guest->pool + SOAK_SURPLUS;

    if (soak->load == LOAD_MODERATE)
        return bounds_everyone_fits(soak, pages);
    return soak->load == LOAD_HIGH || bounds_all_fit(soak, pages);
}

static void create(struct soak *soak, struct guest *guest) {
    choose_guest(soak, guest);
    pause_for(guest, 300);
    if (!is_admitted(soak, guest))
        return;
    bounds_take(soak, guest->pool);
    remove_files(soak, guest);
    if (!machine_create(soak, guest))
        return;
    guest->state = GUEST_CREATED;
    note(soak, "domain %u: created, handle %llu, %u MiB, %u vCPUs, policy %d, nodes %#x",
         guest->domid, (unsigned long long)guest->handle, guest->mib, guest->vcpus, guest->policy,
         guest->nodes);
}

void act_destroy(struct soak *soak, struct guest *guest) {
    machine_destroy(soak, guest);
    guest->state = GUEST_NONE;
    soak->sums->destroys++;
    // At times the id is used again before anybody can have missed the domain.
    pause_for(guest, by_chance(guest, 300) ? 0 : 300);
    note(soak, "domain %u: destroyed", guest->domid);
}

static void claim(struct soak *soak, struct guest *guest) {
    uint64_t pages = guest->pages + SOAK_SURPLUS;

    pause_for(guest, 100);
    if (!strcmp(soak->claims, "none"))
        return;
    bounds_claim(soak, guest);
    if (!machine_claim(soak, guest, pages))
        return;
    guest->state = GUEST_CLAIMED;
    guest->claimed = pages;
    note(soak, "domain %u: the toolstack claims %llu pages", guest->domid,
         (unsigned long long)pages);
}

// --- fates ---

// A call to the model of a build or reservation: they make up to about 85 and 25 hypercalls, and 37
// and 35 requests to Xenstore.
static void choose_call(struct guest *guest, enum run_mode mode, const char *how,
                        struct fate *fate) {
    bool builds = mode == RUN_BUILD || mode == RUN_USEMEM;
    const char *kind = "hypercall";
    unsigned most = builds ? 85 : mode == RUN_RESERVE ? 25 : 2;

    if (builds && by_chance(guest, 250)) {
        kind = "hypercall.memory_op.populate_physmap";
        most = 5;
    } else if (mode != RUN_RELEASE && by_chance(guest, 150)) {
        kind = "store";
        most = 35;
    }
    snprintf(fate->fault, sizeof(fate->fault), "%s:%u:%s", kind, 1 + below(guest, most), how);
}

// After the memory is there, outside of any lock; or in the middle of populating.
static const char *const double_calls[] = {
    "hypercall.domctl.setvcpuaffinity:1:stop", "hypercall.hvm_op.set_param:1:stop",
    "hypercall.hvm_op.set_param:9:stop", "hypercall.memory_op.populate_physmap:1:stop"};

static void choose_stop(const struct soak *soak, struct guest *guest, enum run_mode mode,
                        struct fate *fate) {
    bool is_long = soak->options.longs && by_chance(guest, 50);

    fate->stop_ms = 20 + below(guest, 1900);
    if (by_chance(guest, 700))
        fate->stop_ms /= 10;
    if (is_long)
        fate->stop_ms = 10500 + below(guest, 4000);
    if (by_chance(guest, 600))
        choose_call(guest, mode, "stop", fate);
    // Most harm is done by who is stopped while others wait for it.
    if (is_long && (mode == RUN_BUILD || mode == RUN_USEMEM) && by_chance(guest, 500))
        snprintf(fate->fault, sizeof(fate->fault), "hypercall.memory_op.populate_physmap:%u:stop",
                 1 + below(guest, 2));
}

static struct fate choose_fate(const struct soak *soak, struct guest *guest, enum run_mode mode) {
    unsigned chance = below(guest, 1000);
    struct fate fate = {.after_ms = below(guest, mode == RUN_RELEASE ? 30 : 200)};

    if (chance < 130)
        fate.kind = FATE_KILL;
    else if (chance < 180)
        fate.kind = FATE_TERM;
    else if (chance < 280)
        fate.kind = FATE_STOP;
    else if (chance < 295)
        fate.kind = FATE_DESTROY;
    else if (chance < 345 && soak->options.doubles && mode == RUN_BUILD)
        fate.kind = FATE_DOUBLE;
    if (fate.kind == FATE_STOP)
        choose_stop(soak, guest, mode, &fate);
    if (fate.kind == FATE_DOUBLE)
        snprintf(fate.fault, sizeof(fate.fault), "%s", double_calls[below(guest, 4)]);
    if (fate.kind == FATE_KILL && by_chance(guest, 600))
        choose_call(guest, mode, "kill", &fate);
    return fate;
}

// --- actions ---

static void start(struct soak *soak, struct guest *guest, enum run_mode mode) {
    struct fate fate = choose_fate(soak, guest, mode);
    unsigned mib = guest->mib;

    // Some reservations are too small for the build.
    if (mode == RUN_RESERVE && by_chance(guest, 100))
        mib = (guest->mib + 1) / 2;
    run_start(soak, guest, mode, mib, &fate, false);
}

static void start_build(struct soak *soak, struct guest *guest) {
    start(soak, guest, RUN_BUILD);
}

static void start_reserve(struct soak *soak, struct guest *guest) {
    start(soak, guest, RUN_RESERVE);
}

static void start_usemem(struct soak *soak, struct guest *guest) {
    start(soak, guest, RUN_USEMEM);
}

static void start_release(struct soak *soak, struct guest *guest) {
    start(soak, guest, RUN_RELEASE);
}

struct action {
    unsigned weight;
    void (*act)(struct soak *soak, struct guest *guest);
};

static const struct action actions[][6] = {
    [GUEST_NONE] = {{1, create}},
    [GUEST_CREATED] = {{58, start_build},
                       {26, start_reserve},
                       {5, start_usemem},
                       {4, start_release},
                       {6, claim},
                       {1, act_destroy}},
    [GUEST_CLAIMED] = {{6, start_build}, {3, start_usemem}, {1, start_release}},
    [GUEST_RESERVED] = {{55, start_usemem},
                        {15, start_build},
                        {15, start_release},
                        {7, start_reserve},
                        {12, act_destroy}},
    [GUEST_BUILT] = {{95, act_destroy}, {5, start_release}},
    [GUEST_SPOILT] = {{75, act_destroy}, {25, start_release}},
};

void act_next(struct soak *soak, struct guest *guest) {
    const struct action *list = actions[guest->state];
    unsigned sum = 0, at;

    for (unsigned i = 0; i < 6; i++)
        sum += list[i].weight;
    at = below(guest, sum);
    while (at >= list->weight)
        at -= (list++)->weight;
    list->act(soak, guest);
}

void act_second(struct soak *soak, struct guest *guest) {
    static const enum run_mode modes[] = {RUN_BUILD, RUN_USEMEM, RUN_RESERVE, RUN_RELEASE,
                                          RUN_FORCED_RELEASE};
    const struct fate none = {0};
    char *entry = run_entry(guest);
    uint64_t claimed = machine_holding(soak, guest).claimed;
    struct run *run = run_start(soak, guest, modes[below(guest, 5)], guest->mib, &none, true);

    run->entry_before = entry;
    run->claim_before = claimed;
}

// --- afterwards ---

static enum guest_state state_after_failure(struct soak *soak, const struct run *run) {
    const struct guest *guest = run->guest;
    struct holding held = machine_holding(soak, guest);

    if (WIFSIGNALED(run->status) || held.pages || run->excused)
        return GUEST_SPOILT;
    if (run->mode == RUN_RESERVE && run->before == GUEST_RESERVED)
        return GUEST_RESERVED;
    if (run->mode == RUN_RELEASE)
        return GUEST_SPOILT;
    return held.claimed ? GUEST_CLAIMED : GUEST_CREATED;
}

static enum guest_state state_after(struct soak *soak, const struct run *run) {
    if (run->fate.kind == FATE_DESTROY && run->struck)
        return GUEST_NONE;
    if (!WIFEXITED(run->status) || WEXITSTATUS(run->status))
        return state_after_failure(soak, run);
    switch (run->mode) {
    case RUN_RESERVE:
        return GUEST_RESERVED;
    case RUN_RELEASE:
    case RUN_FORCED_RELEASE:
        return machine_holding(soak, run->guest).pages ? run->before : GUEST_CREATED;
    default:
        return GUEST_BUILT;
    }
}

void act_after(struct soak *soak, const struct run *run) {
    struct guest *guest = run->guest;
    struct sums *sums = soak->sums;

    sums->builds += run->mode == RUN_BUILD;
    sums->usemems += run->mode == RUN_USEMEM;
    sums->reserves += run->mode == RUN_RESERVE;
    sums->releases += run->mode == RUN_RELEASE || run->mode == RUN_FORCED_RELEASE;
    if (run == guest->second)
        return;
    guest->state = state_after(soak, run);
    if (guest->state == GUEST_CREATED)
        guest->claimed = guest->reserved_mib = 0;
    pause_for(guest, guest->state == GUEST_BUILT ? 3000 : 150);
}
