// Hypercalls that only builders of PV guests make: domctls, for the table in call-domctl.c.
#ifndef MODEL_CALL_PV_H
#define MODEL_CALL_PV_H

#include "tests/model/call.h"

long call_width_set(struct call *call);
long call_width_get(struct call *call);
long call_registers_set(struct call *call);

#endif
