// A migration as the emulator manager steers it: which command means what, and when it is allowed.
//
// idle: a stream and arguments are being given. running: a save or a restore is under way.
// completed, failed: it has ended, and the manager may say quit. There is one save or restore in
// the life of a session. Pause, paused, abort and quit are taken at any time; an abort stays.
#ifndef MIGRATION_EMP_SESSION_H
#define MIGRATION_EMP_SESSION_H

#include <stdbool.h>

#include "lib/migration/emp-command.h"
#include "lib/migration/emp-task.h"
#include "lib/migration/emp-worker.h"
#include "lib/util/error.h"

#define EMP_NOBODY (-1)

enum emp_phase { EMP_IDLE, EMP_RUNNING, EMP_COMPLETED, EMP_FAILED };

struct emp_session {
    const struct emp_work *work;
    enum emp_phase phase;
    const char *aborted; // why; NULL: it is not
    bool quit;           // the manager has said so
    int stream_fd;
    struct emp_args args;
    int initiator;       // the client that began the work, or EMP_NOBODY
    int progress_client; // the one that wants to know how far it is, or EMP_NOBODY
    struct emp_task task;
    struct emp_worker worker;
    struct emp_result result; // of a restore that is completed
    struct error err;         // why it has failed
};

// `args` are those of the command line.
int emp_session_init(struct emp_session *session, const struct emp_work *work,
                     const struct emp_args *args, struct error *err);

// Nothing may run any more.
void emp_session_done(struct emp_session *session);

// Does what the command of client number `client` asks for. `fd` is what came with it, or -1; it is
// the session's from here on. Returns 0, or a negative errno and why it is refused.
int emp_session_execute(struct emp_session *session, const struct emp_command *command, int client,
                        int fd, struct error *err);

// Aborts what runs and whatever would. `why` is the error of what runs, unless there was an abort
// before. While it runs, this is to be repeated until the work has ended.
void emp_session_abort(struct emp_session *session, const char *why);

// If the work has ended, takes its outcome over and returns true.
bool emp_session_collect(struct emp_session *session);

// The client is gone.
void emp_session_forget(struct emp_session *session, int client);

#endif
