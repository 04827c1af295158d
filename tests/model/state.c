// A program may be killed at any moment, but a real one cannot be killed in the middle of Xen. So
// that the state is never left half changed, what stands for the hypervisor is done by a process of
// its own that shares the caller's memory, which the caller waits for and which survives it. A
// process for each hypercall takes a fifth of a build's time, so programs that nobody kills do
// without (XENGUEST_MODEL_ALONE); what goes wrong by plan (fault.h) kills before a hypercall, never
// in it.
//
// The lock is flock's: it belongs to the open file, which caller and helper share, so it is held
// until both are through. Threads of one process share it too and are kept apart by a mutex. Should
// the state be left in use all the same, the next one checks it before it goes on.

#include "tests/model/state.h"
#include "tests/model/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATE_BYTES (sizeof(struct model) + STATE_CELLS * sizeof(struct cell))
#define STACK_BYTES (256UL << 10)

static struct {
    pthread_mutex_t lock;
    char path[PATH_MAX];
    int fd;
    pid_t owner; // of fd: a forked process needs an open file, and so a lock, of its own
    char *stack;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

static _Noreturn void state_panic(const char *what) {
    fprintf(stderr, "model: %s: %s: %s\n", state.path, what, strerror(errno));
    abort();
}

// Makes it this process's state. -errno.
static int state_adopt(const char *path, int flags) {
    if (strlen(path) >= sizeof(state.path))
        return -ENAMETOOLONG;
    state.fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
    if (state.fd < 0)
        return -errno;
    memmove(state.path, path, strlen(path) + 1);
    state.owner = getpid();
    return 0;
}

static int memory_file_open(const char *path, bool anew) {
    char name[PATH_MAX];

    if (snprintf(name, sizeof(name), "%s.memory", path) >= (int)sizeof(name))
        return -ENAMETOOLONG;
    if (anew)
        unlink(name);
    return memory_open(name);
}

static int state_map(struct model **ret) {
    void *at =
        mmap(NULL, STATE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, state.fd, 0);

    if (at == MAP_FAILED)
        return -errno;
    *ret = at;
    return 0;
}

int state_create(const char *path, enum model_release release, struct model **ret) {
    int rc;

    unlink(path);
    rc = state_adopt(path, O_CREAT | O_EXCL);
    if (rc == 0 && ftruncate(state.fd, STATE_BYTES) < 0)
        rc = -errno;
    if (rc == 0)
        rc = state_map(ret);
    if (rc)
        return rc;
    model_init(*ret, STATE_CELLS, release);
    return memory_file_open(path, true);
}

int state_open(const char *path, struct model **ret) {
    struct model *m = NULL;
    struct stat info;
    int rc = state_adopt(path, 0);

    if (rc)
        return rc;
    if (fstat(state.fd, &info) < 0)
        return -errno;
    if ((size_t)info.st_size != STATE_BYTES)
        return -EINVAL;
    rc = state_map(&m);
    if (rc || !m)
        return rc;
    if (m->magic != MODEL_MAGIC || m->layout != MODEL_LAYOUT) {
        munmap(m, STATE_BYTES);
        return -EINVAL;
    }
    rc = memory_file_open(path, false);
    if (rc == 0)
        *ret = m;
    return rc;
}

static void state_lock(struct model *m) {
    pthread_mutex_lock(&state.lock);
    if (state.owner != getpid() && state_adopt(state.path, 0))
        state_panic("opening it again");
    while (flock(state.fd, LOCK_EX) < 0)
        if (errno != EINTR)
            state_panic("locking");
    if (m->busy) {
        const char *wrong = heap_check(m);

        if (wrong) {
            fprintf(stderr, "model: a process died inside the model: %s\n", wrong);
            abort();
        }
    }
    m->busy = true;
}

static void state_unlock(struct model *m) {
    m->busy = false;
    flock(state.fd, LOCK_UN);
    pthread_mutex_unlock(&state.lock);
}

void state_run(struct model *m, void (*work)(struct model *m, void *data), void *data) {
    state_lock(m);
    work(m, data);
    state_unlock(m);
}

struct job {
    struct model *m;
    void (*work)(struct model *m, void *data);
    void *data;
};

// Runs in the helper. A signal for the caller's process group is not for it.
static int job_run(void *data) {
    struct job *job = data;

    setpgid(0, 0);
    job->work(job->m, job->data);
    job->m->busy = false;
    return 0;
}

// Does the job in the helper, which leaves the state ready for the next one.
static void job_run_apart(struct job *job) {
    int status = 0;
    pid_t pid;

    if (!state.stack) {
        state.stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        if (state.stack == MAP_FAILED)
            state_panic("stack");
    }
    // No signal at its end: the program's own children must not get a strange sibling.
    pid = clone(job_run, state.stack + STACK_BYTES, CLONE_VM | CLONE_VFORK, job);
    if (pid < 0)
        state_panic("clone");
    if (waitpid(pid, &status, __WCLONE) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
        abort(); // it has said why
}

void state_run_apart(struct model *m, void (*work)(struct model *m, void *data), void *data) {
    struct job job = {m, work, data};
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    state_lock(m);
    if (getenv("XENGUEST_MODEL_ALONE"))
        work(m, data);
    else
        job_run_apart(&job);
    state_unlock(m);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
