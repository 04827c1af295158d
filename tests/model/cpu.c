// A mask may name CPUs that the host does not have, as Xen's default "all" does; they count
// nowhere.

#include "tests/model/cpu.h"
#include "tests/model/model.h"

#include <string.h>

void cpu_mask_fill(struct cpu_mask *mask) {
    memset(mask, 0xff, sizeof(*mask));
}

void cpu_mask_set(struct cpu_mask *mask, unsigned cpu) {
    mask->word[cpu / 64] |= 1ULL << (cpu % 64);
}

bool cpu_mask_test(const struct cpu_mask *mask, unsigned cpu) {
    return (mask->word[cpu / 64] >> (cpu % 64)) & 1;
}

struct cpu_mask cpu_pool_cpus(const struct model *m, uint32_t pool) {
    struct cpu_mask cpus = {0};

    for (unsigned cpu = 0; cpu < m->nr_cpus; cpu++)
        if (m->cpu[cpu].pool == pool)
            cpu_mask_set(&cpus, cpu);
    return cpus;
}

bool cpu_mask_clip(const struct model *m, uint32_t pool, struct cpu_mask *mask) {
    struct cpu_mask present = cpu_pool_cpus(m, pool);
    uint64_t any = 0;

    for (unsigned w = 0; w < MODEL_MAX_CPUS / 64; w++) {
        mask->word[w] &= present.word[w];
        any |= mask->word[w];
    }
    return any != 0;
}

bool cpu_pool_next(const struct model *m, uint32_t pool, uint32_t *ret_pool,
                   struct cpu_mask *ret_cpus) {
    uint32_t next = pool ? CPU_NO_POOL : 0;

    for (unsigned cpu = 0; cpu < m->nr_cpus; cpu++)
        if (m->cpu[cpu].pool >= pool && m->cpu[cpu].pool < next)
            next = m->cpu[cpu].pool;
    if (next == CPU_NO_POOL)
        return false;
    *ret_pool = next;
    if (ret_cpus)
        *ret_cpus = cpu_pool_cpus(m, next);
    return true;
}

uint64_t cpu_mask_nodes(const struct model *m, const struct cpu_mask *mask) {
    uint64_t nodes = 0;

    for (unsigned cpu = 0; cpu < m->nr_cpus; cpu++)
        if (cpu_mask_test(mask, cpu) && m->cpu[cpu].node < HEAP_MAX_NODES)
            nodes |= 1ULL << m->cpu[cpu].node;
    return nodes;
}
