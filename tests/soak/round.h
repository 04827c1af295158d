// A round: one machine, until a given time, and the account at its end.
#ifndef SOAK_ROUND_H
#define SOAK_ROUND_H

#include "tests/soak/soak.h"

void round_run(struct soak *soak, int64_t until);

#endif
