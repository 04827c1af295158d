// Domain controls of affinities.
#ifndef MODEL_CALL_AFFINITY_H
#define MODEL_CALL_AFFINITY_H

#include "tests/model/call.h"

call_handler call_affinity_set, call_affinity_get, call_nodes_set, call_nodes_get;

#endif
