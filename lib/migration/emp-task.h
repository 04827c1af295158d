// What the emulator manager wants of a save or restore while it runs, and how far that is: all that
// the thread which does the work and the one which talks to the manager share.
//
// The calls in the first part are for the work, those in the second for the server. Each may come
// at any time, from its thread.
#ifndef MIGRATION_EMP_TASK_H
#define MIGRATION_EMP_TASK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/migration/emp-text.h"
#include "lib/util/error.h"

struct emp_task {
    int wake_fd; // an eventfd: readable when there is news or the work has ended
    pthread_mutex_t lock;
    pthread_cond_t changed;
    // The rest under the lock. What is wanted:
    bool abort, pause, paused;
    // How far it is:
    bool finished;
    uint64_t sent_pages; // when the library last asked what to do
    unsigned iteration;
    int64_t told_ms; // when progress was told last, monotonic
    bool iteration_is_news, pages_are_news;
    struct emp_progress iteration_news, pages_news;
};

// As XGS_POLICY_* of libxenguest.
enum emp_decision { EMP_ABORT = -1, EMP_CONTINUE = 0, EMP_STOP_AND_COPY = 1 };

// For libxenguest's precopy policy. `dirty_pages` < 0: unknown, so nothing is told.
enum emp_decision emp_task_policy(struct emp_task *task, unsigned iteration, uint64_t sent_pages,
                                  int64_t dirty_pages);

// For its progress callback: tells the manager, now and then.
void emp_task_progress(struct emp_task *task, uint64_t done, uint64_t total);

// For its suspend callback: waits until the manager says that the guest is suspended. Returns 0, or
// -ECANCELED if it wants the work aborted.
int emp_task_wait_paused(struct emp_task *task, struct error *err);

// -ECANCELED if the manager wants it aborted, else 0: for work that takes long without any of the
// above.
int emp_task_check(struct emp_task *task, struct error *err);

// --- the server's side ---

// How far the work is, what is new of it: when it was last asked what to do, and since then.
struct emp_news {
    bool has_iteration, has_pages;
    struct emp_progress iteration, pages;
};

int emp_task_init(struct emp_task *task, struct error *err);
void emp_task_done(struct emp_task *task);

void emp_task_abort(struct emp_task *task);  // for good
void emp_task_pause(struct emp_task *task);  // stop and copy when asked next
void emp_task_paused(struct emp_task *task); // the guest is suspended

// Takes back that the guest shall be, or is, suspended.
void emp_task_reset_pause(struct emp_task *task);

// Takes the news: each only once, older ones are lost.
struct emp_news emp_task_take_news(struct emp_task *task);

// Makes wake_fd unreadable until there is more.
void emp_task_woken(struct emp_task *task);

void emp_task_finish(struct emp_task *task);
bool emp_task_is_finished(struct emp_task *task);

#endif
