// Where the program tells people what it does: syslog, a debug log file, stderr.
#ifndef XENGUEST_LOG_H
#define XENGUEST_LOG_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/util/error.h"

// Threads may share it.
struct log {
    pthread_mutex_t lock;    // of what changes once it is open
    FILE *file;              // debug log; NULL: none
    bool use_stderr;         // errors and warnings go to stderr
    bool on_terminal;        // stderr is a terminal: long work shows a progress line there
    bool line_open;          // that line is on the terminal now
    char ident[64];          // of syslog, which keeps a pointer to it
    bool no_syslog;          // it is not to be used
    bool syslog_silent;      // nobody listened to syslog
    int64_t syslog_tried_ms; // when that was tried last, monotonic
    struct {
        bool any;
        int64_t last_ms; // when progress was logged last, monotonic
    } progress;
};

// Opens syslog as "xenguest-<domid><suffix>" (domid < 0: "xenguest"; suffix NULL: not at all) and,
// unless NULL, the debug log, for appending. stderr is left alone if it is `control_fd`, where it
// would disturb the protocol. What others may have put in the place of the debug log is not used
// (see lib/util/open-trusted.h). On failure, which names the file, syslog and stderr work
// nevertheless.
int log_open(struct log *log, int64_t domid, const char *suffix, const char *debug_log,
             int64_t control_fd, struct error *err);

void log_close(struct log *log);

// To the debug log and syslog; warnings and errors to stderr as well. One message is one line of
// printable ASCII (see lib/util/ascii.h).
void log_info(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warning(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_error(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Tells how far long work is: on the terminal each time, in the log at most every 5 s, and at its
// start and end if the last such line is more than half a second old. Without a total (0) only
// `what` is told.
void log_progress(struct log *log, const char *what, uint64_t done, uint64_t total);

#endif
