// Following a program to its end.
#ifndef LAB_FOLLOW_H
#define LAB_FOLLOW_H

#include "lib/util/error.h"
#include "tests/lab/toolstack/answer.h"
#include "tests/lab/toolstack/spawn.h"

#include <stdint.h>

// Suspends the guest.
typedef int suspend_guest(void *context, struct error *err);

int64_t now_milliseconds(void);

// Reads until the answer is decided, its remarks printed as they come. Returns -ETIMEDOUT without
// an error text when `limit`, of now_milliseconds, is reached. `suspend` is called when the program
// asks for it, if answer->may_suspend.
int answer_read(const struct spawn *spawn, int64_t limit, struct answer *answer,
                suspend_guest *suspend, void *context, struct error *err);

void answer_print(const struct answer *answer);

void status_print(int status);

// Follows the program to its end, and prints what there is to print. Whatever happens, it has ended
// on return.
int builder_follow(struct spawn *spawn, int64_t limit, struct answer *answer,
                   suspend_guest *suspend, void *context, struct error *err);

// The same, and counts what it asks the kernel and Xen for, if it was started with `traced`. It is
// slow thereby, and answers are read when it has ended. There is no time limit.
int builder_count(struct spawn *spawn, struct answer *answer, struct error *err);

#endif
