// What is free for a run at every moment of its life, whatever the others do meanwhile.
//
// Only a lower bound can be known of a host on which others are at work: what was free when the run
// began, less all that every other domain may take, or have set aside, until the run ends. What is
// given back meanwhile does not count. A run that is refused what even this bound had is a failure;
// what lies between the bound and the truth goes unjudged.
#ifndef SOAK_BOUNDS_H
#define SOAK_BOUNDS_H

#include "tests/soak/soak.h"

// A run begins: its own bounds, and those of all that are under way.
void bounds_begin(struct soak *soak, struct run *run);

// A domain is about to be created, or to get a claim.
void bounds_take(struct soak *soak, uint64_t pages);
void bounds_claim(struct soak *soak, const struct guest *guest);

// Whether any guest that there is, and one of `pages` more, fits one node wherever all the others
// are: as every node would have to be short of its size, the others together would have to be
// larger than they are.
bool bounds_everyone_fits(const struct soak *soak, uint64_t pages);

// Whether the host has memory for all guests that there are and one of `pages` more.
bool bounds_all_fit(const struct soak *soak, uint64_t pages);

#endif
