// Domain controls of affinities and vCPUs.
#ifndef MODEL_CALL_AFFINITY_H
#define MODEL_CALL_AFFINITY_H

#include "tests/model/call.h"
#include "tests/model/xen.h"

call_handler call_affinity_set, call_affinity_get, call_nodes_set, call_nodes_get;
call_handler call_vcpu_info;

// Writes the first `nr_bits` bits of a set to the caller's bitmap and clears what it has beyond.
void call_bits_export(const struct xenctl_bitmap *map, const uint64_t *words, uint32_t nr_bits);

#endif
