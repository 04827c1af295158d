// The thread that saves or restores, and the seam to what it does.
#ifndef MIGRATION_EMP_WORKER_H
#define MIGRATION_EMP_WORKER_H

#include <pthread.h>
#include <stdbool.h>

#include "lib/migration/emp-args.h"
#include "lib/migration/emp-task.h"
#include "lib/migration/emp-text.h"
#include "lib/util/error.h"

enum emp_kind { EMP_SAVE_LIVE, EMP_SAVE_NONLIVE, EMP_LOAD };

struct emp_job {
    enum emp_kind kind;
    int stream_fd; // stays the server's; at its end, or closed for writing, once it is aborted
    struct emp_args args;
};

// What saves and restores. Functions return 0 or a negative errno with its error.
struct emp_work {
    void *context;

    // Refuses what cannot be done, in time for the manager to be told why. Called by the server, so
    // it must not wait. NULL: nothing to check.
    int (*check)(void *context, const struct emp_job *job, struct error *err);

    // Does it, in a thread of its own, in which SIGTERM, SIGINT and SIGHUP are blocked. Fills *ret
    // for EMP_LOAD. When it is to be aborted its stream ends, system calls are interrupted by
    // SIGUSR1 (and started again), and the functions of emp-task.h say so.
    int (*run)(void *context, const struct emp_job *job, struct emp_task *task,
               struct emp_result *ret, struct error *err);
};

// Zero-initialise before use.
struct emp_worker {
    bool started; // and not joined
    pthread_t thread;
    const struct emp_work *work;
    struct emp_task *task;
    struct emp_job job;
    // The outcome, once task is finished.
    int rc;
    struct emp_result result;
    struct error err;
};

// Starts the job. The task is finished when it has ended.
int emp_worker_start(struct emp_worker *worker, const struct emp_work *work,
                     const struct emp_job *job, struct emp_task *task, struct error *err);

// Puts the end of a file in the place of the job's stream and interrupts what the thread waits
// for. To be repeated until it ends: it may be waiting for something else by then. The task has
// to be aborted before.
void emp_worker_interrupt(struct emp_worker *worker);

// Waits for the thread. Returns what the work returned, with *ret and *err as it left them.
int emp_worker_join(struct emp_worker *worker, struct emp_result *ret, struct error *err);

#endif
