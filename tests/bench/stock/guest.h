// The same guest as the program builds, without any care for NUMA.
#ifndef BENCH_STOCK_GUEST_H
#define BENCH_STOCK_GUEST_H

#include "lib/util/error.h"
#include "tests/bench/stock/memory.h"
#include "xenguest/control.h"
#include "xenguest/request.h"

// Builds it. Takes a guest without devices passed through, and no populate on demand.
int guest_build(const struct request *request, enum memory_way way, struct control_result *ret,
                struct error *err);

#endif
