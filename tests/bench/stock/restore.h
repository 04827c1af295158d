// A guest restored without any care for NUMA.
#ifndef BENCH_STOCK_RESTORE_H
#define BENCH_STOCK_RESTORE_H

#include "lib/util/error.h"
#include "xenguest/control.h"
#include "xenguest/request.h"

// Reads the guest from request->stream_fd. Its stream must have its CPU policy.
int stock_restore(const struct request *request, struct control_result *ret, struct error *err);

#endif
