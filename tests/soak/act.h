// What is done next on a domain, and what to its runs: at random, from the guest's own sequence of
// numbers.
#ifndef SOAK_ACT_H
#define SOAK_ACT_H

#include "tests/soak/soak.h"

// The guest has no run: does the next thing.
void act_next(struct soak *soak, struct guest *guest);

// Takes note of how a run of the guest has ended that has been judged.
void act_after(struct soak *soak, const struct run *run);

// Destroys the guest's domain.
void act_destroy(struct soak *soak, struct guest *guest);

// A run of the guest is stopped in the middle of its build for a second action: starts that.
void act_second(struct soak *soak, struct guest *guest);

#endif
