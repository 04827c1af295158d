// The host's processors and sets of them.
#ifndef MODEL_CPU_H
#define MODEL_CPU_H

#include "tests/model/domain.h"

#define CPU_NO_POOL UINT32_MAX

struct model_cpu {
    uint32_t core, socket, node;
    uint32_t pool; // its cpupool; CPU_NO_POOL: in none
};

void cpu_mask_fill(struct cpu_mask *mask);
void cpu_mask_set(struct cpu_mask *mask, unsigned cpu);
bool cpu_mask_test(const struct cpu_mask *mask, unsigned cpu);

// Drops the CPUs that are not in the pool. Returns whether any is left.
bool cpu_mask_clip(const struct model *m, uint32_t pool, struct cpu_mask *mask);

// Sets *ret_pool to the lowest pool from `pool` on and *ret_cpus to its CPUs (may be NULL); false
// if there is none. A pool exists if it has a CPU; pool 0 always does.
bool cpu_pool_next(const struct model *m, uint32_t pool, uint32_t *ret_pool,
                   struct cpu_mask *ret_cpus);

// The CPUs of the pool, or those in none (CPU_NO_POOL).
struct cpu_mask cpu_pool_cpus(const struct model *m, uint32_t pool);

// The nodes of the mask's CPUs.
uint64_t cpu_mask_nodes(const struct model *m, const struct cpu_mask *mask);

#endif
