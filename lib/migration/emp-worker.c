// A library that reads or writes the stream may wait for a peer that is gone or stuck, and asks
// nobody. It is made to fail: the stream's descriptor gets the read end of a pipe that nobody
// writes to, where reading finds the end and writing fails, and a signal makes the kernel start
// the system call again on what is there now.

#include "lib/migration/emp-worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define KICK SIGUSR1

static void on_kick(int number) {
    (void)number;
}

static int handle_kick(struct error *err) {
    struct sigaction action = {.sa_handler = on_kick, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    if (sigaction(KICK, &action, NULL))
        return error_set(err, errno, "cannot handle a signal: %s", strerror(errno));
    return 0;
}

static void *run(void *argument) {
    struct emp_worker *worker = argument;

    worker->rc = worker->work->run(worker->work->context, &worker->job, worker->task,
                                   &worker->result, &worker->err);
    emp_task_finish(worker->task);
    return NULL;
}

// Signals that end the program are for the thread that waits for the manager.
static int create(struct emp_worker *worker) {
    sigset_t set, before;
    int code;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    sigemptyset(&set);
    sigaddset(&set, KICK);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    code = pthread_create(&worker->thread, NULL, run, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

int emp_worker_start(struct emp_worker *worker, const struct emp_work *work,
                     const struct emp_job *job, struct emp_task *task, struct error *err) {
    int code;
    int rc;

    rc = handle_kick(err);
    if (rc)
        return rc;
    *worker = (struct emp_worker){.work = work, .task = task, .job = *job};
    code = create(worker);
    if (code)
        return error_set(err, code, "cannot start a thread: %s", strerror(code));
    worker->started = true;
    return 0;
}

static void end_stream(int fd) {
    int ends[2];

    // Without a descriptor left, what is aborted has to find out by itself.
    if (pipe2(ends, O_CLOEXEC))
        return;
    dup3(ends[0], fd, O_CLOEXEC);
    close(ends[0]);
    close(ends[1]);
}

void emp_worker_interrupt(struct emp_worker *worker) {
    end_stream(worker->job.stream_fd);
    pthread_kill(worker->thread, KICK);
}

int emp_worker_join(struct emp_worker *worker, struct emp_result *ret, struct error *err) {
    pthread_join(worker->thread, NULL);
    worker->started = false;
    *ret = worker->result;
    error_done(err);
    *err = worker->err;
    worker->err = (struct error){0};
    return worker->rc;
}
