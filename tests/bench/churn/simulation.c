// Time goes from the end of one guest to that of the next. As soon as the host is less full than it
// is to be, the next guest comes; one for which it has not the memory goes to another host. So the
// same guests come at the same time whatever the rule is, unless a rule cannot start one.
//
// In the beginning the host has guests as it would have met them in the middle of its life: those
// that live long are there more often, and each has a part of its life behind it.

#include "tests/bench/churn/simulation.h"

#include <stdlib.h>
#include <string.h>

#include "tests/bench/churn/arrivals.h"

#define MAX_GUESTS 4096
#define ROOM_PAGES 4096 // beside a guest's memory and paging pool

struct living {
    struct guest *guest;
    double until; // hours
};

struct run {
    const struct simulation *simulation;
    struct simulation_result *result;
    struct site site;
    struct prng prng;
    struct living living[MAX_GUESTS];
    unsigned nr_living;
    double vcpus[HOST_MAX_NODES];
    double now, measured_from; // hours
    unsigned started;
    struct measure *window; // NULL while nothing is measured
};

static void hash_guest(struct simulation_result *result, const struct guest *guest) {
    const uint64_t values[] = {guest->cpu_nodes, guest->pages_1g, guest->pages_2m};
    uint64_t hash = result->hash;

    for (unsigned i = 0; i < 3; i++)
        hash = (hash ^ values[i]) * 0x100000001b3ULL; // FNV-1a, by words
    for (unsigned n = 0; n < HOST_MAX_NODES; n++)
        hash = (hash ^ guest->node_pages[n]) * 0x100000001b3ULL;
    result->hash = hash;
}

static void stop(struct run *run, unsigned index) {
    struct guest *guest = run->living[index].guest;

    site_leave(&run->site, guest);
    measure_vcpus(&run->site.machine.host, guest, -1, run->vcpus);
    guest_destroy(&run->site.machine, guest);
    run->living[index] = run->living[--run->nr_living];
}

static void stop_next(struct run *run) {
    unsigned first = 0;

    for (unsigned i = 1; i < run->nr_living; i++)
        if (run->living[i].until < run->living[first].until)
            first = i;
    run->now = run->living[first].until;
    stop(run, first);
}

static void note_guest(struct run *run, const struct guest *guest) {
    hash_guest(run->result, guest);
    if (!run->window)
        return;
    measure_guest(run->window, &run->site, guest);
    measure_host(run->window, &run->site, run->vcpus);
}

static void start(struct run *run, const struct arrival *arrival) {
    struct guest *guest = guest_create(&run->site.machine, arrival->vcpus, arrival->mib);

    run->started++;
    if (run->window)
        run->window->starts++;
    if (!guest || !site_enter(&run->site, guest)) {
        if (guest)
            guest_destroy(&run->site.machine, guest);
        if (run->window)
            run->window->refused++;
        return;
    }
    if (run->nr_living == MAX_GUESTS)
        abort();
    run->living[run->nr_living++] = (struct living){guest, run->now + arrival->hours};
    measure_vcpus(&run->site.machine.host, guest, 1, run->vcpus);
    note_guest(run, guest);
}

static bool is_full(const struct run *run) {
    uint64_t all = run->site.machine.guest_pages, free = run->site.machine.m->heap.total_free;

    return (all - free) * 100 >= all * run->simulation->level;
}

static bool has_room(const struct run *run, const struct arrival *arrival) {
    uint64_t need = 258 * arrival->mib + 256ULL * arrival->vcpus + ROOM_PAGES;

    return run->site.machine.m->heap.total_free >= need;
}

static void next(struct run *run, bool first) {
    struct arrival arrival = first ? arrivals_present(&run->prng) : arrivals_next(&run->prng);

    if (has_room(run, &arrival))
        start(run, &arrival);
    else if (run->window)
        run->result->elsewhere++;
}

static void live(struct run *run) {
    const struct simulation *simulation = run->simulation;
    unsigned each = simulation->starts / SIMULATION_WINDOWS;

    while (!is_full(run))
        next(run, true);
    run->started = 0;
    while (run->started < simulation->warmup + simulation->starts) {
        unsigned measured = run->started - simulation->warmup;

        if (run->started >= simulation->warmup && !run->window)
            run->measured_from = run->now;
        if (run->started >= simulation->warmup)
            run->window = &run->result->window[measured / each];
        if (is_full(run))
            stop_next(run);
        else
            next(run, false);
    }
}

int simulation_run(const struct simulation *simulation, struct simulation_result *ret,
                   struct error *err) {
    struct run *run = calloc(1, sizeof(*run));
    int rc;

    if (!run)
        abort();
    memset(ret, 0, sizeof(*ret));
    run->simulation = simulation;
    run->result = ret;
    run->prng.state = simulation->seed;
    run->site.rule = simulation->rule;
    rc = machine_boot(simulation->host, &run->site.machine, err);
    if (!rc) {
        live(run);
        ret->days = (run->now - run->measured_from) / 24;
        for (unsigned i = 0; i < SIMULATION_WINDOWS; i++)
            measure_add(&ret->all, &ret->window[i]);
        while (run->nr_living)
            stop(run, run->nr_living - 1);
        ret->left_pages = run->site.machine.guest_pages - run->site.machine.m->heap.total_free;
        snprintf(ret->wrong, sizeof(ret->wrong), "%s", machine_check(&run->site.machine));
    }
    machine_done(&run->site.machine);
    free(run);
    return rc;
}
