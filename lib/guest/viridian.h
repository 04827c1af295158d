// Which of Hyper-V's interfaces ("viridian") a guest is offered.
#ifndef GUEST_VIRIDIAN_H
#define GUEST_VIRIDIAN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/store/store.h"
#include "lib/util/error.h"

// What decides about features whose keys are missing.
struct viridian_guest {
    unsigned nr_vcpus; // those that may be plugged in later too
    bool vgpu;         // an NVIDIA vGPU will be attached
};

// Reads platform/viridian and platform/viridian_*. *ret becomes the value of HVM_PARAM_VIRIDIAN, 0
// without platform/viridian. A missing key means that the feature is off, with these exceptions:
// - viridian_stimer is on for a vGPU, whose driver needs synthetic timers, if there is a reference
//   clock;
// - viridian_no_vp_limit is on with more than 64 vCPUs;
// - viridian_ex_processor_masks is on with more than 64 vCPUs if one of the hypercalls that take
//   sets of vCPUs is: viridian_hcall_remote_tlb_flush or viridian_hcall_ipi.
int viridian_read(struct store *store, const struct viridian_guest *guest, uint64_t *ret,
                  struct error *err);

#endif
