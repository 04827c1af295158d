// The control channel: what xenguest tells the toolstack.
//
// One message is one line of printable ASCII, whatever its text quotes (see lib/util/ascii.h),
// written completely before the next. The toolstack takes the first line
// that starts with "result:" or "error:" for the outcome and reads no further; lines that start
// with "info:" go to its debug log.
#ifndef XENGUEST_CONTROL_H
#define XENGUEST_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/util/error.h"

#define CONTROL_NONE (-1) // no control channel: messages vanish, successfully

struct control_result {
    uint64_t store_frame;   // of the Xenstore ring
    uint64_t console_frame; // of the console ring
    const char *abi;        // of a PV guest, else NULL
    bool told;              // who wants to know has been told already, and not here
};

// Each returns 0, or the negative errno of the write (-EPIPE: nobody reads any more) or -ENOMEM.
// Interrupted and short writes are continued; a full pipe is waited for, also if it is
// non-blocking. SIGPIPE has to be ignored.
int control_result(int fd, const struct control_result *result);

// "error:<word> <code> <text>".
int control_error(int fd, const char *word, int code, const char *text);

int control_info(int fd, const char *text);

// Checks that a descriptor, which came as `name`, is open, for reading (O_RDONLY) or writing
// (O_WRONLY). 0, -EBADF, or the errno of fcntl.
int control_check_fd(int fd, const char *name, int direction, struct error *err);

// Asks the toolstack to suspend the guest, "suspend:", and reads from in_fd until it has answered
// with a line, whatever is in it. -EPIPE if the toolstack is gone, -EINTR if this process is to
// stop, or the errno of a read; *err says why.
int control_suspend(int fd, int in_fd, struct error *err);

#endif
