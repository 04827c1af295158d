// The work of the mode listen has a thread of its own, which alone uses the session's connections;
// the thread that talks to the manager uses the session's log, and what was settled before there
// were two.
//
// Whether the guest may be saved is read from Xenstore before the manager is told to connect: it is
// to be refused in answer to the command, and nothing may be waited for then. The save looks again.

#include "xenguest/listen-work.h"

#include <errno.h>
#include <fcntl.h>

#include "lib/util/cleanup.h"
#include "xenguest/listen.h"
#include "xenguest/restore.h"
#include "xenguest/save.h"

struct listening {
    struct session *session;
    struct error immovable; // why the guest is not to be saved
};

// What one job uses.
struct working {
    struct listening *listening;
    struct emp_task *task;
};

// --- saves ---

static int wait_until_suspended(void *context, struct error *err) {
    const struct working *working = context;

    log_info(working->listening->session->log,
             "waiting for the emulator manager to have the guest suspended");
    return emp_task_wait_paused(working->task, err);
}

static enum save_next decide(void *context, const struct save_progress *progress) {
    const struct working *working = context;

    switch (emp_task_policy(working->task, progress->iteration, progress->written_pages,
                            progress->dirty_pages)) {
    case EMP_CONTINUE:
        return SAVE_COPY_ON;
    case EMP_STOP_AND_COPY:
        return SAVE_SUSPEND;
    case EMP_ABORT:
        break;
    }
    return SAVE_ABANDON;
}

static void tell_progress(void *context, uint64_t done, uint64_t total) {
    const struct working *working = context;

    emp_task_progress(working->task, done, total);
}

// -debug is not for the stream here: managers always pass it, and all of the guest would be sent
// twice.
static int run_save(struct working *working, const struct emp_job *job, struct error *err) {
    const struct save_arguments arguments = {
        .fd = job->stream_fd,
        .live = job->kind == EMP_SAVE_LIVE,
        .suspend = wait_until_suspended,
        .next = decide,
        .progress = tell_progress,
        .context = working,
    };

    return save_guest(working->listening->session, &arguments, err);
}

// --- restores ---

static int check_task(void *context, struct error *err) {
    const struct working *working = context;

    return emp_task_check(working->task, err);
}

static int run_restore(struct working *working, const struct emp_job *job, struct emp_result *ret,
                       struct error *err) {
    struct session *session = working->listening->session;
    struct control_result result;
    const struct restore_arguments arguments = {
        .fd = job->stream_fd,
        .vgpu = job->args.vgpu,
        .mem_pnode = job->args.mem_pnode,
        .store_port = (uint32_t)job->args.store_port,
        .store_domid = (uint32_t)session->request->store_domid,
        .console_port = (uint32_t)job->args.console_port,
        .console_domid = (uint32_t)session->request->console_domid,
        .check = check_task,
        .context = working,
    };
    int rc = restore_guest(session, &arguments, &result, err);

    if (!rc)
        *ret = (struct emp_result){result.store_frame, result.console_frame};
    return rc;
}

// --- the seam ---

static int run(void *context, const struct emp_job *job, struct emp_task *task,
               struct emp_result *ret, struct error *err) {
    struct working working = {.listening = context, .task = task};

    return job->kind == EMP_LOAD ? run_restore(&working, job, ret, err)
                                 : run_save(&working, job, err);
}

static int check(void *context, const struct emp_job *job, struct error *err) {
    const struct listening *listening = context;
    const struct error *immovable = &listening->immovable;

    if (job->kind == EMP_LOAD && job->args.pv)
        return error_set(err, ENOSYS,
                         "argument pv: this version of xenguest restores no PV guests");
    if (job->kind != EMP_LOAD && immovable->code)
        return error_set(err, immovable->code, "%s", immovable->text);
    return control_check_fd(job->stream_fd, "the stream",
                            job->kind == EMP_LOAD ? O_RDONLY : O_WRONLY, err);
}

// A restore does without what it finds.
static int look_at_guest(struct listening *listening, struct error *err) {
    struct session *session = listening->session;
    int rc = session_open_store(session, err);

    if (!rc && save_check_movable(session, &listening->immovable) == -EINTR)
        rc = error_set(err, EINTR, "%s", listening->immovable.text);
    session_close(session);
    return rc;
}

int listen_run(struct session *session, struct control_result *ret, struct error *err) {
    struct listening listening = {.session = session};
    const struct emp_work work = {.context = &listening, .check = check, .run = run};
    int rc = look_at_guest(&listening, err);

    *ret = (struct control_result){.told = true};
    if (!rc)
        rc = listen_serve(session, &work, err);
    error_done(&listening.immovable);
    return rc;
}
