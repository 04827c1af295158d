// The server's standard output is a pipe and its standard error is the test's. Sanitizers end it
// with a status of their own, so that what they find is no failure that a test expects.

#include "tests/listen/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#define MAX_ARGUMENTS 8

const char manager_returned[] = "{ \"return\" : {} }";
const char manager_completed[] =
    "{ \"event\" : \"MIGRATION\", \"data\": {\"status\":\"completed\"}}";
const char manager_result[] = "{ \"event\" : \"MIGRATION\", \"data\": {\"status\":\"completed\","
                              "\"result\":\"1044476 1044479\"}}";

int64_t manager_now_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void run_server(const char *const argv[], int output) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("ASAN_OPTIONS", "exitcode=99", 1);
    setenv("UBSAN_OPTIONS", "exitcode=99", 1);
    setenv("TSAN_OPTIONS", "exitcode=99", 1);
    // As xenopsd starts it, and the other signals as if from a terminal.
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    dup2(output, STDOUT_FILENO);
    execv(argv[0], (char **)argv);
    _exit(127);
}

// Reads as much as there is within the time, or to the end.
static size_t read_some(int fd, char *to, size_t room) {
    struct pollfd set = {.fd = fd, .events = POLLIN};
    ssize_t bytes;

    ck_assert_msg(poll(&set, 1, MANAGER_MS) == 1, "nothing came within %d ms", MANAGER_MS);
    bytes = read(fd, to, room);
    ck_assert_msg(bytes >= 0 || errno == ECONNRESET, "reading: %s", strerror(errno));
    return bytes > 0 ? (size_t)bytes : 0;
}

static void wait_for_ready(const struct manager *manager) {
    char ready[8] = "";
    size_t bytes = 0, more;

    while (bytes < strlen("Ready\n")) {
        more = read_some(manager->output, ready + bytes, strlen("Ready\n") - bytes);
        ck_assert_msg(more > 0, "the server has ended before it was ready");
        bytes += more;
    }
    ck_assert_str_eq(ready, "Ready\n");
}

void manager_run(struct manager *manager, const char *path, const char *const argv[]) {
    int ends[2];

    *manager = (struct manager){.fd = -1, .stream = {-1, -1}};
    ck_assert_int_lt(snprintf(manager->path, sizeof(manager->path), "%s", path),
                     (int)sizeof(manager->path));
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    signal(SIGPIPE, SIG_IGN);
    manager->server = fork();
    if (!manager->server)
        run_server(argv, ends[1]);
    close(ends[1]);
    manager->output = ends[0];
    wait_for_ready(manager);
}

void manager_start(struct manager *manager, const char *const arguments[]) {
    const char *base = getenv("B");
    char program[256], directory[] = "/tmp/test-listen-XXXXXX", path[64];
    const char *argv[MAX_ARGUMENTS + 3] = {program, path};

    for (int i = 0; i < MAX_ARGUMENTS && arguments[i]; i++)
        argv[i + 2] = arguments[i];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/control", directory);
    snprintf(program, sizeof(program), "%s/tests/listen/server", base ? base : "build");
    manager_run(manager, path, argv);
    memcpy(manager->directory, directory, sizeof(directory));
}

int manager_connect(const struct manager *manager) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, manager->path, sizeof(manager->path));
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void close_stream(struct manager *manager) {
    for (int i = 0; i < 2; i++) {
        if (manager->stream[i] >= 0)
            close(manager->stream[i]);
    }
}

void manager_make_pipe(struct manager *manager, bool writes) {
    int ends[2];

    close_stream(manager);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    manager->stream[0] = ends[writes];
    manager->stream[1] = ends[!writes];
}

void manager_open(struct manager *manager, const char *const arguments[]) {
    manager_start(manager, arguments);
    manager->fd = manager_connect(manager);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, manager->stream), 0);
}

void manager_say(struct manager *manager, const char *text) {
    size_t bytes = strlen(text);

    ck_assert_int_eq(send(manager->fd, text, bytes, MSG_NOSIGNAL), (ssize_t)bytes);
}

void manager_say_with(struct manager *manager, const char *text, int fd) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec bytes = {(char *)text, strlen(text)};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof(int));
    ck_assert_int_eq(sendmsg(manager->fd, &message, MSG_NOSIGNAL), (ssize_t)strlen(text));
}

const char *manager_hear(struct manager *manager) {
    static char line[sizeof(manager->heard)];
    char *end;
    size_t length, more;

    while (!(end = memchr(manager->heard, '\n', manager->bytes))) {
        more = read_some(manager->fd, manager->heard + manager->bytes,
                         sizeof(manager->heard) - manager->bytes);
        ck_assert_msg(more || !manager->bytes, "the end came within a line");
        if (!more)
            return NULL;
        manager->bytes += more;
    }
    length = (size_t)(end - manager->heard);
    memcpy(line, manager->heard, length);
    line[length] = '\0';
    manager->bytes -= length + 1;
    memmove(manager->heard, end + 1, manager->bytes);
    return line;
}

void manager_expect(struct manager *manager, const char *line) {
    const char *heard = manager_hear(manager);

    ck_assert_str_eq(heard ? heard : "(the end)", line);
}

void manager_expect_hangup(struct manager *manager) {
    const char *heard = manager_hear(manager);

    ck_assert_msg(!heard, "%s", heard);
}

void manager_do(struct manager *manager, const char *verb) {
    char text[128];

    snprintf(text, sizeof(text), "{ \"execute\" : \"%s\" }", verb);
    manager_say(manager, text);
    ck_assert_str_eq(manager_hear_until(manager, "return"), manager_returned);
}

void manager_init(struct manager *manager) {
    manager_say_with(manager, "{ \"execute\" : \"migrate_init\" }", manager->stream[1]);
    close(manager->stream[1]);
    manager->stream[1] = -1;
    manager_expect(manager, manager_returned);
}

void manager_expect_error(struct manager *manager, const char *part) {
    const char *heard = manager_hear_until(manager, "\"error\"");

    ck_assert_msg(strstr(heard, part) != NULL, "\"%s\" is not in %s", part, heard);
}

const char *manager_hear_until(struct manager *manager, const char *part) {
    const char *heard;

    do {
        heard = manager_hear(manager);
        ck_assert_msg(heard != NULL, "the end came before \"%s\"", part);
        ck_assert_msg(strstr(heard, part) || strstr(heard, "\"event\""), "%s before \"%s\"", heard,
                      part);
    } while (!strstr(heard, part));
    return heard;
}

long long manager_number(const char *line, const char *name) {
    char key[32];
    const char *at;

    snprintf(key, sizeof(key), "\"%s\": ", name);
    at = strstr(line, key);
    ck_assert_msg(at != NULL, "%s: no %s", line, name);
    return strtoll(at + strlen(key), NULL, 10);
}

static int wait_for_server(struct manager *manager, int ms) {
    int64_t until = manager_now_ms() + ms;
    int status = 0;

    while (!waitpid(manager->server, &status, WNOHANG)) {
        ck_assert_msg(manager_now_ms() < until, "the server has not ended within %d ms", ms);
        usleep(1000);
    }
    ck_assert_msg(WIFEXITED(status), "the server was ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

void manager_expect_end(struct manager *manager, int ms, int status, const char *output) {
    int ended = wait_for_server(manager, ms);
    char said[1024] = "";
    ssize_t bytes = read(manager->output, said, sizeof(said) - 1);

    ck_assert_int_ge(bytes, 0);
    ck_assert_str_eq(said, output);
    ck_assert_int_eq(ended, status);
    ck_assert_msg(access(manager->path, F_OK) && errno == ENOENT, "the socket is still there");
    if (*manager->directory)
        ck_assert_int_eq(rmdir(manager->directory), 0);
    close_stream(manager);
}
