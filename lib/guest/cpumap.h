// Sets of physical CPUs as the toolstack writes them: one character per CPU, CPU 0 first.
#ifndef GUEST_CPUMAP_H
#define GUEST_CPUMAP_H

#include <stdint.h>

#include "lib/util/error.h"

// Sets in `map`, zeroed and large enough for nr_cpus bits, the bits of those CPUs whose character
// is '1' ('0': not). What the text says beyond the host's nr_cpus CPUs is left out; what it does
// not say is 0.
// Returns 0; -EINVAL: another character, or no CPU of this host is left.
int cpumap_parse(const char *text, unsigned nr_cpus, uint8_t *map, struct error *err);

#endif
