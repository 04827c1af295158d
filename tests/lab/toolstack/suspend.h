// Suspending a guest that is to be saved.
#ifndef LAB_SUSPEND_H
#define LAB_SUSPEND_H

#include "tests/lab/toolstack/toolstack.h"

#include <stdbool.h>
#include <stdint.h>

// Asks the guest to suspend itself, or just suspends it (`forced`), and waits until it is.
int lab_suspend(struct toolstack *ts, uint32_t domid, bool forced, struct error *err);

#endif
