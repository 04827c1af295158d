// The host's processors and sets of them.
#ifndef MODEL_CPU_H
#define MODEL_CPU_H

#include "tests/model/domain.h"

struct model_cpu {
    uint32_t core, socket, node;
};

void cpu_mask_fill(struct cpu_mask *mask);
void cpu_mask_set(struct cpu_mask *mask, unsigned cpu);
bool cpu_mask_test(const struct cpu_mask *mask, unsigned cpu);

// Drops the CPUs that the host does not have. Returns whether any is left.
bool cpu_mask_clip(const struct model *m, struct cpu_mask *mask);

// The nodes of the mask's CPUs.
uint64_t cpu_mask_nodes(const struct model *m, const struct cpu_mask *mask);

#endif
