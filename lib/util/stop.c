// A signal that stays blocked stays pending, so the kernel keeps the state and no handler is
// needed.

#include "lib/util/stop.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

static const int signals[] = {SIGTERM, SIGINT};

void stop_init(void) {
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaddset(&set, signals[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

int stop_check(struct error *err) {
    sigset_t pending;

    sigpending(&pending);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        if (sigismember(&pending, signals[i]))
            return error_set(err, EINTR, "stopped by a signal: %s", strsignal(signals[i]));
    }
    return 0;
}
