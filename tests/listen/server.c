// The server of emulator managers as a process, with work that is made up: what it does is in its
// arguments, and so known to the tests. usage: server PATH [NAME=VALUE]...
//
//   idle_ms=N     how long it waits for a manager
//   mem_pnode=N   as from the command line
//   dirty=N,...   pages that are dirty at the beginning of each iteration; the last one stays
//   chunk=N       bytes that an iteration writes
//   ms=N          time that an iteration takes
//   refuse=TEXT   the work is refused with that
//   fail=TEXT     it fails with that: a live save in its second iteration, others at their end
//
// It prints Ready, then a line for each job, and at the end "error: ..." if there was one.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/migration/emp-server.h"
#include "lib/util/stop.h"

#define MAX_ITERATIONS 16

struct plan {
    uint64_t dirty[MAX_ITERATIONS];
    unsigned nr_dirty;
    size_t chunk;
    unsigned ms;
    const char *refuse;
    const char *fail;
};

static const char *const kinds[] = {
    [EMP_SAVE_LIVE] = "live", [EMP_SAVE_NONLIVE] = "nonlive", [EMP_LOAD] = "restore"};

static int check(void *context, const struct emp_job *job, struct error *err) {
    const struct plan *plan = context;

    (void)job;
    return plan->refuse ? error_set(err, EPERM, "%s", plan->refuse) : 0;
}

// As libxenguest does: on through interruptions, and any failure is the end.
static int write_stream(int fd, size_t bytes, char mark, struct error *err) {
    char block[4096];

    memset(block, mark, sizeof(block));
    while (bytes) {
        ssize_t done = write(fd, block, bytes < sizeof(block) ? bytes : sizeof(block));

        if (done < 0 && errno != EINTR)
            return error_set(err, errno, "writing the stream: %s", strerror(errno));
        bytes -= done > 0 ? (size_t)done : 0;
    }
    return 0;
}

static int finish_save(const struct plan *plan, const struct emp_job *job, struct emp_task *task,
                       struct error *err) {
    int rc = emp_task_wait_paused(task, err);

    if (!rc && plan->fail)
        rc = error_set(err, EIO, "%s", plan->fail);
    return rc ? rc : write_stream(job->stream_fd, 1, 'E', err);
}

static int iterate(const struct plan *plan, const struct emp_job *job, struct emp_task *task,
                   uint64_t dirty, struct error *err) {
    int rc;

    emp_task_progress(task, 0, dirty);
    rc = write_stream(job->stream_fd, plan->chunk, 'L', err);
    usleep(plan->ms * 1000);
    emp_task_progress(task, dirty / 2, dirty);
    emp_task_progress(task, dirty, dirty);
    return rc;
}

// The calls of libxenguest's precopy loop, in their order.
static int save_live(const struct plan *plan, const struct emp_job *job, struct emp_task *task,
                     struct error *err) {
    enum emp_decision decision = EMP_CONTINUE;
    uint64_t sent = 0;

    for (unsigned i = 0; decision == EMP_CONTINUE; i++) {
        uint64_t dirty = plan->dirty[i < plan->nr_dirty ? i : plan->nr_dirty - 1];
        int rc;

        decision = emp_task_policy(task, i, sent, (int64_t)dirty);
        if (decision == EMP_ABORT)
            break;
        rc = iterate(plan, job, task, dirty, err);
        if (rc)
            return rc;
        sent += dirty;
        if (decision == EMP_CONTINUE)
            decision = emp_task_policy(task, i + 1, sent, -1);
        if (plan->fail && i == 1)
            return error_set(err, EIO, "%s", plan->fail);
    }
    if (decision == EMP_ABORT)
        return error_set(err, EINTR, "the library was told to abort");
    return finish_save(plan, job, task, err);
}

static int load(const struct plan *plan, const struct emp_job *job, struct emp_result *ret,
                struct error *err) {
    char last = '\0', block[4096];
    ssize_t bytes;

    while (last != 'E' && (bytes = read(job->stream_fd, block, sizeof(block))) != 0) {
        if (bytes > 0)
            last = block[bytes - 1];
        else if (errno != EINTR)
            return error_set(err, errno, "reading the stream: %s", strerror(errno));
    }
    if (plan->fail)
        return error_set(err, EIO, "%s", plan->fail);
    if (last != 'E')
        return error_set(err, EPIPE, "the stream ended early");
    *ret = (struct emp_result){1044476, 1044479};
    return 0;
}

static int run(void *context, const struct emp_job *job, struct emp_task *task,
               struct emp_result *ret, struct error *err) {
    const struct plan *plan = context;
    const struct emp_args *args = &job->args;

    printf("%s store_port=%d console_port=%d mem_pnode=%d pv=%d vgpu=%d\n", kinds[job->kind],
           (int)args->store_port, (int)args->console_port, (int)args->mem_pnode, args->pv,
           args->vgpu);
    switch (job->kind) {
    case EMP_SAVE_LIVE:
        return save_live(plan, job, task, err);
    case EMP_SAVE_NONLIVE:
        return finish_save(plan, job, task, err);
    case EMP_LOAD:
        return load(plan, job, ret, err);
    }
    return -EINVAL;
}

static int ready(void *context, struct error *err) {
    (void)context;
    (void)err;
    puts("Ready");
    return 0;
}

static void note(void *context, const char *message) {
    (void)context;
    if (getenv("LISTEN_NOTES"))
        fprintf(stderr, "%s\n", message);
}

static void take_dirty(struct plan *plan, const char *text) {
    char *end;

    for (plan->nr_dirty = 0; *text && plan->nr_dirty < MAX_ITERATIONS; text = end + (*end == ','))
        plan->dirty[plan->nr_dirty++] = strtoull(text, &end, 10);
}

// The value if `word` is name=value, else NULL.
static const char *value_of(const char *word, const char *name) {
    size_t length = strlen(name);

    return !strncmp(word, name, length) && word[length] == '=' ? word + length + 1 : NULL;
}

static void take_argument(struct plan *plan, struct emp_settings *settings, const char *word) {
    const char *value;

    if ((value = value_of(word, "idle_ms")))
        settings->idle_ms = strtol(value, NULL, 10);
    else if ((value = value_of(word, "mem_pnode")))
        settings->args.mem_pnode = strtol(value, NULL, 10);
    else if ((value = value_of(word, "dirty")))
        take_dirty(plan, value);
    else if ((value = value_of(word, "chunk")))
        plan->chunk = strtoul(value, NULL, 10);
    else if ((value = value_of(word, "ms")))
        plan->ms = (unsigned)strtoul(value, NULL, 10);
    else if ((value = value_of(word, "refuse")))
        plan->refuse = value;
    else if ((value = value_of(word, "fail")))
        plan->fail = value;
    else
        abort();
}

int main(int argc, char **argv) {
    struct plan plan = {.dirty = {65536, 3000, 40}, .nr_dirty = 3, .chunk = 4096, .ms = 5};
    const struct emp_work work = {.context = &plan, .check = check, .run = run};
    struct emp_settings settings = {.path = argv[1],
                                    .args = EMP_ARGS_NONE,
                                    .idle_ms = EMP_IDLE_MS,
                                    .ready = ready,
                                    .note = note};
    struct error err = {0};
    int rc;

    if (argc < 2)
        return 2;
    for (int i = 2; i < argc; i++)
        take_argument(&plan, &settings, argv[i]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    stop_init();
    rc = emp_serve(&settings, &work, &err);
    if (rc)
        printf("error: %s\n", err.text);
    error_done(&err);
    return rc ? 1 : 0;
}
