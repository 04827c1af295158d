// sysctl: what belongs to what on the host.
#ifndef MODEL_CALL_TOPOLOGY_H
#define MODEL_CALL_TOPOLOGY_H

#include "tests/model/call.h"

call_handler call_cpu_pools, call_device_nodes;

#endif
