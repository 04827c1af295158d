// The work begins before the manager is told that its command was taken. That is safe, as the
// work's news go through the same thread as the answer, and so come after it; and what prevents the
// start can still be the answer.

#include "lib/migration/emp-session.h"

#include <errno.h>
#include <unistd.h>

int emp_session_init(struct emp_session *session, const struct emp_work *work,
                     const struct emp_args *args, struct error *err) {
    *session = (struct emp_session){
        .work = work,
        .stream_fd = -1,
        .args = *args,
        .initiator = EMP_NOBODY,
        .progress_client = EMP_NOBODY,
    };
    return emp_task_init(&session->task, err);
}

static void close_stream(struct emp_session *session) {
    if (session->stream_fd >= 0)
        close(session->stream_fd);
    session->stream_fd = -1;
}

void emp_session_done(struct emp_session *session) {
    close_stream(session);
    error_done(&session->err);
    emp_task_done(&session->task);
}

static int require_idle(const struct emp_session *session, struct error *err) {
    switch (session->phase) {
    case EMP_RUNNING:
        return error_set(err, EBUSY, "a save or a restore is under way");
    case EMP_COMPLETED:
        return error_set(err, EALREADY, "a save or a restore is complete already");
    case EMP_FAILED:
        return error_set(err, EALREADY, "a save or a restore has failed");
    case EMP_IDLE:
        break;
    }
    return session->aborted ? error_set(err, ECANCELED, "the migration was aborted") : 0;
}

static int take_stream(struct emp_session *session, int *fd, struct error *err) {
    int rc = require_idle(session, err);

    if (rc)
        return rc;
    if (*fd < 0)
        return error_set(err, EBADF, "no file descriptor came with it");
    close_stream(session);
    session->stream_fd = *fd;
    *fd = -1;
    emp_task_reset_pause(&session->task);
    return 0;
}

static int require_ports(const struct emp_args *args, struct error *err) {
    if (args->store_port == EMP_UNSET)
        return error_set(err, EINVAL, "argument store_port is missing");
    if (args->console_port == EMP_UNSET)
        return error_set(err, EINVAL, "argument console_port is missing");
    return 0;
}

static int start(struct emp_session *session, enum emp_kind kind, int client, struct error *err) {
    const struct emp_job job = {kind, session->stream_fd, session->args};
    int rc;

    rc = require_idle(session, err);
    if (!rc && job.stream_fd < 0)
        rc = error_set(err, EBADF, "there is no stream: no migrate_init came before");
    if (!rc && kind == EMP_LOAD)
        rc = require_ports(&session->args, err);
    if (!rc && session->work->check)
        rc = session->work->check(session->work->context, &job, err);
    if (!rc)
        rc = emp_worker_start(&session->worker, session->work, &job, &session->task, err);
    if (rc)
        return rc;
    session->phase = EMP_RUNNING;
    session->initiator = client;
    return 0;
}

static int set_args(struct emp_session *session, const struct emp_args *args, struct error *err) {
    int rc = require_idle(session, err);

    if (!rc)
        session->args = *args;
    return rc;
}

static int execute(struct emp_session *session, const struct emp_command *command, int client,
                   int *fd, struct error *err) {
    if (*fd >= 0 && command->verb != EMP_MIGRATE_INIT)
        return error_set(err, EBADF, "a file descriptor came with it, for which it has no use");
    switch (command->verb) {
    case EMP_MIGRATE_INIT:
        return take_stream(session, fd, err);
    case EMP_SET_ARGS:
        return set_args(session, &command->args, err);
    case EMP_MIGRATE_LIVE:
        return start(session, EMP_SAVE_LIVE, client, err);
    case EMP_MIGRATE_NONLIVE:
        return start(session, EMP_SAVE_NONLIVE, client, err);
    case EMP_RESTORE:
        return start(session, EMP_LOAD, client, err);
    case EMP_MIGRATE_PROGRESS:
        session->progress_client = client;
        return 0;
    case EMP_MIGRATE_PAUSE:
        emp_task_pause(&session->task);
        return 0;
    case EMP_MIGRATE_PAUSED:
        emp_task_paused(&session->task);
        return 0;
    case EMP_MIGRATE_ABORT:
        emp_session_abort(session, "aborted by the emulator manager");
        return 0;
    case EMP_QUIT:
        session->quit = true;
        return 0;
    case EMP_TRACK_DIRTY: // the save does that by itself
        return 0;
    }
    return -EINVAL;
}

int emp_session_execute(struct emp_session *session, const struct emp_command *command, int client,
                        int fd, struct error *err) {
    int rc = execute(session, command, client, &fd, err);

    if (fd >= 0)
        close(fd);
    return rc ? error_prefix(err, "%s", emp_verb_name(command->verb)) : 0;
}

void emp_session_abort(struct emp_session *session, const char *why) {
    if (!session->aborted)
        session->aborted = why;
    emp_task_abort(&session->task);
    if (session->worker.started)
        emp_worker_interrupt(&session->worker);
}

bool emp_session_collect(struct emp_session *session) {
    int rc;

    if (session->phase != EMP_RUNNING || !emp_task_is_finished(&session->task))
        return false;
    rc = emp_worker_join(&session->worker, &session->result, &session->err);
    // What the work says then is about a stream that has ended.
    if (rc && session->aborted)
        rc = error_set(&session->err, ECANCELED, "%s", session->aborted);
    session->phase = rc ? EMP_FAILED : EMP_COMPLETED;
    close_stream(session);
    return true;
}

void emp_session_forget(struct emp_session *session, int client) {
    if (session->initiator == client)
        session->initiator = EMP_NOBODY;
    if (session->progress_client == client)
        session->progress_client = EMP_NOBODY;
}
