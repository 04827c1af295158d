// Daemons start programs in a poorer world than a shell does: no working stdin, nothing but PATH in
// the environment, SIGPIPE ignored, root as working directory. A builder that needs more than that
// works by hand and fails in production, so every build of the lab is started this way.

#include "tests/lab/toolstack/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_NOT_EXECUTED 127
#define OPEN_FILES 1024
#define OUT_OF_THE_WAY 16 // above the descriptors that are about to get fixed numbers

static void child_signals(void) {
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        signal(number, number == SIGPIPE ? SIG_IGN : SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool child_limits(void) {
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return false;
    if (limit.rlim_cur > OPEN_FILES)
        limit.rlim_cur = OPEN_FILES;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static bool child_descriptors(int out, int in, int stream) {
    int null;

    out = fcntl(out, F_DUPFD, OUT_OF_THE_WAY);
    in = fcntl(in, F_DUPFD, OUT_OF_THE_WAY);
    null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (stream >= 0)
        stream = fcntl(stream, F_DUPFD, OUT_OF_THE_WAY);
    if (out < 0 || in < 0 || null < 0)
        return false;
    // Also for stdin: reading it fails in the builder, as it does under forkexecd.
    for (int number = 0; number <= 2; number++) {
        if (dup2(null, number) < 0)
            return false;
    }
    return dup2(out, SPAWN_CONTROL_OUT) >= 0 && dup2(in, SPAWN_CONTROL_IN) >= 0 &&
           (stream < 0 || dup2(stream, SPAWN_STREAM) >= 0) &&
           close_range(stream < 0 ? SPAWN_STREAM : SPAWN_STREAM + 1, ~0U, 0) == 0;
}

__attribute__((noreturn)) static void child_run(char *const argv[], bool traced, int out, int in,
                                                int stream) {
    char path[] = "PATH=/sbin:/usr/sbin:/bin:/usr/bin";
    char *const environment[] = {path, NULL};

    child_signals();
    if (setsid() >= 0 && chdir("/") == 0 && child_limits() && child_descriptors(out, in, stream) &&
        (!traced || ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0))
        execve(argv[0], argv, environment);
    _exit(EXIT_NOT_EXECUTED);
}

static void close_fd(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int spawn_start(char *const argv[], bool traced, int stream, struct spawn *ret, struct error *err) {
    int up[2] = {-1, -1};   // builder to toolstack
    int down[2] = {-1, -1}; // toolstack to builder
    struct spawn spawn = {.pid_fd = -1};
    int rc = 0;

    if (pipe2(up, O_CLOEXEC) < 0 || pipe2(down, O_CLOEXEC) < 0) {
        rc = error_set(err, errno, "pipe: %s", strerror(errno));
        goto out;
    }
    spawn.pid = fork();
    if (spawn.pid == 0)
        child_run(argv, traced, up[1], down[0], stream);
    if (spawn.pid > 0)
        spawn.pid_fd = pidfd_open(spawn.pid, 0);
    if (spawn.pid < 0 || spawn.pid_fd < 0) {
        rc = error_set(err, errno, "starting %s: %s", argv[0], strerror(errno));
        if (spawn.pid > 0)
            spawn_kill(&spawn);
        goto out;
    }
    spawn.from = up[0];
    spawn.to = down[1];
    *ret = spawn;
    up[0] = down[1] = -1;
out:
    close_fd(&up[0]);
    close_fd(&up[1]);
    close_fd(&down[0]);
    close_fd(&down[1]);
    return rc;
}

void spawn_hang_up(struct spawn *spawn) {
    close_fd(&spawn->from);
    close_fd(&spawn->to);
}

void spawn_kill(const struct spawn *spawn) {
    // It leads a session, so a group, of its own; until it does, it has started nothing.
    if (kill(-spawn->pid, SIGKILL) < 0)
        kill(spawn->pid, SIGKILL);
}

int spawn_wait(struct spawn *spawn, int milliseconds, int *ret_status, struct error *err) {
    struct pollfd ended = {.fd = spawn->pid_fd, .events = POLLIN};
    struct rusage usage;
    int nr;

    do {
        nr = poll(&ended, 1, milliseconds);
    } while (nr < 0 && errno == EINTR);
    if (nr == 0)
        return -ETIMEDOUT;
    if (nr < 0 || wait4(spawn->pid, ret_status, 0, &usage) < 0)
        return error_set(err, errno, "waiting for the builder: %s", strerror(errno));
    spawn->peak_kib = usage.ru_maxrss;
    close_fd(&spawn->pid_fd);
    return 0;
}
