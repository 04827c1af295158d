// Which of Hyper-V's interfaces ("viridian") a guest is offered.
#ifndef GUEST_VIRIDIAN_H
#define GUEST_VIRIDIAN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/store/store.h"
#include "lib/util/error.h"

// Reads platform/viridian and platform/viridian_*. *ret becomes the value of HVM_PARAM_VIRIDIAN, 0
// without platform/viridian. `vgpu`: the guest gets an NVIDIA vGPU, whose driver needs synthetic
// timers where there is a reference clock; they are then on unless platform/viridian_stimer says
// no.
int viridian_read(struct store *store, bool vgpu, uint64_t *ret, struct error *err);

#endif
