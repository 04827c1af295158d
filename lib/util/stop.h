// Being told to stop: SIGTERM, SIGINT and SIGHUP.
//
// Whoever has something to undo, or waits, asks whether a signal has come, so that a build ends
// like any other failure: with one error line and nothing left behind. A library that waits by
// itself is made to fail instead.
//
// One thread works, and another one may take the signals.
#ifndef UTIL_STOP_H
#define UTIL_STOP_H

#include "lib/util/error.h"

// Takes the signals from now on, also if they were blocked when the program was started. One that
// was ignored then (as by nohup) stays so.
void stop_init(void);

// -EINTR, with an error that names the signal, if one of them has come; else 0.
int stop_check(struct error *err);

// A library is about to open the file that it will wait for, a socket or a device, as the lowest
// free descriptor and before it opens any other. From here on a signal makes it fail: whatever it
// waits for on that descriptor ends, and it finds the end of the file. One file at a time.
int stop_watch_opening(struct error *err);

// The library has opened it, or has failed to.
void stop_watch_opened(void);

// To be called before the library closes the file. Does nothing if nothing is watched.
void stop_watch_end(void);

// A library is going to read or write this descriptor of the caller's for a long time. From here on
// a signal takes the file from it: reading finds the end, writing fails. The descriptor stays open,
// and is the caller's to close. One at a time.
int stop_watch_stream(int fd, struct error *err);

void stop_watch_stream_end(void);

#endif
