// Where and how much a guest's vCPUs may run.
#ifndef GUEST_SCHEDULING_H
#define GUEST_SCHEDULING_H

#include <stdint.h>

#include <xenctrl.h>

#include "lib/guest/platform.h"
#include "lib/util/error.h"
#include "lib/util/warnings.h"

// Sets the hard affinity of the vCPUs that have one in `platform`. The vCPUs must exist.
int scheduling_set_affinity(xc_interface *xch, uint32_t domid, const struct platform *platform,
                            struct warnings *warnings, struct error *err);

// What the key of a vCPU's affinity says, as a map (cpumap.h); the error names the key.
int scheduling_parse_affinity(const char *text, unsigned vcpu, unsigned nr_cpus, uint8_t *map,
                              struct error *err);

// Sets the weight and the cap of `platform` in the scheduler that runs the domain, credit or
// credit2. Another one knows neither: a warning if one was asked for.
int scheduling_set_share(xc_interface *xch, uint32_t domid, const struct platform *platform,
                         struct warnings *warnings, struct error *err);

#endif
