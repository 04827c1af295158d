// Serves an emulator manager: the protocol with which one lets a domain be saved or restored.
#ifndef MIGRATION_EMP_SERVER_H
#define MIGRATION_EMP_SERVER_H

#include <stdint.h>

#include "lib/migration/emp-args.h"
#include "lib/migration/emp-worker.h"
#include "lib/util/error.h"

#define EMP_IDLE_MS 120000 // that long a server waits for somebody to connect

struct emp_settings {
    const char *path;     // of the socket
    struct emp_args args; // those of the command line
    int64_t idle_ms;      // EMP_IDLE_MS
    void *context;
    int (*ready)(void *context, struct error *err);   // managers can connect
    void (*note)(void *context, const char *message); // what happens, for a log
};

// Serves until the manager says quit, and has what is still running aborted then. Returns 0 if
// what it has asked for is done, also if that was nothing, or nobody has been connected for
// idle_ms; else a negative errno and why the save or restore failed, which the manager was told.
// Signals that stop.h takes abort too.
int emp_serve(const struct emp_settings *settings, const struct emp_work *work, struct error *err);

#endif
