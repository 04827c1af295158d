// Others are charged in full on the host and on every node, as nobody knows where they will take
// it, but for a reservation that nobody has begun to use: its nodes are known. A build brings its
// paging pool to its nodes, which takes nothing from the host.

#include "tests/soak/bounds.h"

#include "tests/soak/machine.h"

// What every node keeps back: less than 2 MiB where the next one begins, and rounding. 16 MiB.
#define NODE_SLACK 4096

static unsigned index_of(const struct soak *soak, const struct guest *guest) {
    return (unsigned)(guest - soak->guest);
}

static int64_t may_take(struct soak *soak, const struct guest *guest) {
    int64_t rest = (int64_t)(guest->pages + SOAK_SURPLUS);

    rest -= (int64_t)machine_holding(soak, guest).pages;
    return rest > 0 ? rest : 0;
}

static void charge(struct run *run, int64_t pages) {
    run->host_low -= pages;
    for (unsigned node = 0; node < SOAK_NODES; node++)
        run->node_low[node] -= pages;
}

static void charge_full(struct soak *soak, struct run *run, const struct guest *guest) {
    uint64_t *charged = &run->charged[index_of(soak, guest)];

    if (*charged == guest->handle || run->guest == guest)
        return;
    *charged = guest->handle;
    charge(run, may_take(soak, guest));
    for (unsigned node = 0; node < SOAK_NODES; node++)
        run->node_low[node] -= (int64_t)guest->pool;
}

// Its nodes may be charged again when it is used: a bound may be too low.
static void charge_plan(struct run *run, const struct guest *guest) {
    run->host_low -= (int64_t)guest->pages + SOAK_SURPLUS;
    for (unsigned node = 0; node < SOAK_NODES; node++)
        run->node_low[node] -= (int64_t)guest->plan[node] + SOAK_SURPLUS;
}

static void charge_others(struct soak *soak, struct run *run) {
    for (unsigned i = 0; i < SOAK_GUESTS; i++) {
        const struct guest *other = &soak->guest[i];
        bool active = other->run || other->second;

        if (other == run->guest || other->state == GUEST_NONE)
            continue;
        if (!active && other->state == GUEST_RESERVED)
            charge_plan(run, other);
        else if (active || machine_holding(soak, other).claimed)
            charge_full(soak, run, other);
    }
}

void bounds_begin(struct soak *soak, struct run *run) {
    struct account now = machine_account(soak);

    run->host_low = (int64_t)now.free;
    for (unsigned node = 0; node < SOAK_NODES; node++)
        run->node_low[node] = (int64_t)now.node_free[node];
    charge_others(soak, run);
    bounds_claim(soak, run->guest);
}

void bounds_take(struct soak *soak, uint64_t pages) {
    soak->pools += pages;
    for (unsigned i = 0; i < SOAK_RUNS; i++) {
        if (soak->run[i].live)
            charge(&soak->run[i], (int64_t)pages);
    }
}

void bounds_claim(struct soak *soak, const struct guest *guest) {
    for (unsigned i = 0; i < SOAK_RUNS; i++) {
        if (soak->run[i].live)
            charge_full(soak, &soak->run[i], guest);
    }
}

static uint64_t whole(const struct guest *guest) {
    return guest->state == GUEST_NONE ? 0 : guest->pages + guest->pool + SOAK_SURPLUS;
}

// Whether `others` pages cannot leave every node short of `pages`.
static bool fits(const struct soak *soak, uint64_t pages, uint64_t others) {
    uint64_t short_of = 0;

    for (unsigned node = 0; node < SOAK_NODES; node++) {
        if (soak->initial.node_free[node] < pages + NODE_SLACK)
            return false;
        short_of += soak->initial.node_free[node] - pages - NODE_SLACK;
    }
    return others <= short_of;
}

static uint64_t whole_of_all(const struct soak *soak) {
    uint64_t all = 0;

    for (unsigned i = 0; i < SOAK_GUESTS; i++)
        all += whole(&soak->guest[i]);
    return all;
}

bool bounds_all_fit(const struct soak *soak, uint64_t pages) {
    return whole_of_all(soak) + pages + (uint64_t)SOAK_NODES * NODE_SLACK <= soak->initial.free;
}

bool bounds_everyone_fits(const struct soak *soak, uint64_t pages) {
    uint64_t all = whole_of_all(soak) + pages;

    for (unsigned i = 0; i < SOAK_GUESTS; i++) {
        const struct guest *guest = &soak->guest[i];

        if (guest->state != GUEST_NONE && !fits(soak, guest->pages, all - guest->pages))
            return false;
    }
    return fits(soak, pages, all - pages);
}
