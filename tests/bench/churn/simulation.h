// A host over a long time: guests come and go, and it stays as full as it is to be.
#ifndef CHURN_SIMULATION_H
#define CHURN_SIMULATION_H

#include "tests/bench/churn/measure.h"

#define SIMULATION_WINDOWS 50

struct simulation {
    const struct rule *rule;
    enum churn_host host;
    unsigned level;  // percent of the guests' memory that is to be in use
    unsigned warmup; // starts that are not measured
    unsigned starts; // then; a multiple of SIMULATION_WINDOWS
    uint64_t seed;
};

struct simulation_result {
    struct measure window[SIMULATION_WINDOWS], all;
    double days;         // that the measured starts took
    unsigned elsewhere;  // guests for which the host had not the memory
    uint64_t hash;       // of all placements
    uint64_t left_pages; // that are still not free when all guests have ended
    char wrong[128];     // what heap_check says in the end; empty: nothing
};

// Runs it. -errno with an explanation if the host cannot be made.
int simulation_run(const struct simulation *simulation, struct simulation_result *ret,
                   struct error *err);

#endif
