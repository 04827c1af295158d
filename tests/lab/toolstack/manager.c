// A manager starts the program with a pipe as its standard output and reads "Ready" from it, then
// closes it; the program's error output, which is also its control channel, nobody reads in the
// field. Here it is kept: what is told there has to be the same as what the manager is told.

#include "tests/lab/toolstack/manager.h"

#include "tests/lab/toolstack/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define EXIT_NOT_EXECUTED 127

static int milliseconds_left(const struct manager *manager) {
    int64_t left = manager->limit - now_milliseconds();

    return left > 0 ? (int)left : 0;
}

__attribute__((noreturn)) static void run_program(char *const argv[], int output, int errors) {
    char *const environment[] = {NULL};
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    signal(SIGPIPE, SIG_IGN);
    if (dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(errors, STDERR_FILENO) >= 0 && close_range(STDERR_FILENO + 1, ~0U, 0) == 0)
        execve(argv[0], argv, environment);
    _exit(EXIT_NOT_EXECUTED);
}

static int start(struct manager *manager, char *const argv[], int output, int errors,
                 struct error *err) {
    struct spawn *spawn = &manager->spawn;

    spawn->pid = fork();
    if (spawn->pid == 0)
        run_program(argv, output, errors);
    if (spawn->pid < 0)
        return error_set(err, errno, "fork: %s", strerror(errno));
    spawn->pid_fd = pidfd_open(spawn->pid, 0);
    if (spawn->pid_fd >= 0)
        return 0;
    kill(spawn->pid, SIGKILL);
    spawn->pid = -1;
    return error_set(err, errno, "pidfd_open: %s", strerror(errno));
}

// Reads what there is within the time, or to the end.
static int read_some(const struct manager *manager, int fd, char *to, size_t room, size_t *ret,
                     struct error *err) {
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    ssize_t bytes;

    if (poll(&readable, 1, milliseconds_left(manager)) == 0)
        return error_set(err, ETIMEDOUT, "the program said nothing within the time limit");
    bytes = read(fd, to, room);
    if (bytes < 0 && errno != ECONNRESET)
        return error_set(err, errno, "reading what the program says: %s", strerror(errno));
    *ret = bytes > 0 ? (size_t)bytes : 0;
    return 0;
}

static int wait_until_ready(const struct manager *manager, int output, struct error *err) {
    static const char ready[] = "Ready\n";
    char said[sizeof(ready)] = "";
    size_t bytes = 0, more = 1;
    int rc = 0;

    while (rc == 0 && more && bytes < strlen(ready)) {
        rc = read_some(manager, output, said + bytes, strlen(ready) - bytes, &more, err);
        bytes += more;
    }
    if (rc == 0 && strcmp(said, ready) != 0)
        rc = error_set(err, EPROTO, "the program said \"%s\" instead of Ready", said);
    return rc;
}

static int connect_to(struct manager *manager, uint32_t domid, struct error *err) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "/run/xen/xenguest-control-%u", domid);
    manager->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (manager->fd < 0 || connect(manager->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return error_set(err, errno, "connecting to %s: %s", address.sun_path, strerror(errno));
    return 0;
}

int manager_start(struct manager *manager, uint32_t domid, char *const argv[], int64_t limit,
                  struct error *err) {
    int output[2], errors[2];
    int rc;

    *manager = (struct manager){.fd = -1, .limit = limit, .spawn = {.pid = -1, .pid_fd = -1}};
    manager->spawn.from = manager->spawn.to = -1;
    if (pipe2(output, O_CLOEXEC) < 0)
        return error_set(err, errno, "pipe: %s", strerror(errno));
    if (pipe2(errors, O_CLOEXEC) < 0) {
        rc = error_set(err, errno, "pipe: %s", strerror(errno));
        close(output[0]);
        close(output[1]);
        return rc;
    }
    manager->spawn.from = errors[0];
    rc = start(manager, argv, output[1], errors[1], err);
    close(output[1]);
    close(errors[1]);
    if (rc == 0)
        rc = wait_until_ready(manager, output[0], err);
    close(output[0]);
    if (rc == 0)
        rc = connect_to(manager, domid, err);
    if (rc < 0)
        manager_kill(manager);
    return rc;
}

int manager_send(const struct manager *manager, const char *text, int fd, struct error *err) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec bytes = {(char *)text, strlen(text)};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    struct cmsghdr *header;

    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof(int));
    }
    if (sendmsg(manager->fd, &message, MSG_NOSIGNAL) != (ssize_t)strlen(text))
        return error_set(err, errno, "sending %s: %s", text, strerror(errno));
    return 0;
}

int manager_hear(struct manager *manager, const char **ret, struct error *err) {
    size_t length, more = 0;
    const char *end;

    *ret = NULL;
    while (!(end = memchr(manager->heard, '\n', manager->bytes))) {
        int rc = read_some(manager, manager->fd, manager->heard + manager->bytes,
                           sizeof(manager->heard) - manager->bytes, &more, err);

        if (rc < 0)
            return rc;
        if (!more && manager->bytes)
            return error_set(err, EPROTO,
                             "the connection has ended within a line, or a line is "
                             "too long");
        if (!more)
            return 0;
        manager->bytes += more;
    }
    length = (size_t)(end - manager->heard);
    memcpy(manager->line, manager->heard, length);
    manager->line[length] = '\0';
    manager->bytes -= length + 1;
    memmove(manager->heard, end + 1, manager->bytes);
    *ret = manager->line;
    return 0;
}

static void close_all(struct manager *manager) {
    spawn_hang_up(&manager->spawn);
    if (manager->fd >= 0)
        close(manager->fd);
    manager->fd = -1;
}

// It has ended: what it has told is there. The last line that is no remark decides.
static void print_errors(const struct manager *manager) {
    char said[4096], *rest = NULL;
    ssize_t bytes = read(manager->spawn.from, said, sizeof(said) - 1);
    const char *decisive = "";

    said[bytes > 0 ? bytes : 0] = '\0';
    for (char *line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "info:", 5) != 0)
            decisive = line;
    }
    printf("line=%s\n", decisive);
}

int manager_end(struct manager *manager, struct error *err) {
    int status = 0;
    int rc = spawn_wait(&manager->spawn, milliseconds_left(manager), &status, err);

    if (rc == -ETIMEDOUT) {
        manager_kill(manager);
        return error_set(err, ETIMEDOUT, "the program did not end within the time limit");
    }
    if (rc == 0) {
        print_errors(manager);
        status_print(status);
    }
    close_all(manager);
    return rc;
}

void manager_kill(struct manager *manager) {
    struct error err = {0};
    int status;

    if (manager->spawn.pid > 0) {
        kill(manager->spawn.pid, SIGKILL);
        spawn_wait(&manager->spawn, -1, &status, &err);
    }
    error_done(&err);
    close_all(manager);
}
