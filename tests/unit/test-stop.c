// Signals, and xenstored that does not answer: the real libxenstore against sockets and a device
// that are mute, or say as much as a test wants; and the same while two threads run. A second is
// what a toolstack is promised.

#include "lib/util/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xen/io/xs_wire.h>

#include "lib/store/store.h"
#include "tests/unit/unit.h"

static char directory[] = "/tmp/test-stop-XXXXXX";
static char path[sizeof(directory) + 16]; // of the socket
static char device[64];
static int listener = -1;
static int told[2]; // what a child has to say
static pid_t child;

static void setup(void) {
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/socket", directory);
    ck_assert_int_eq(pipe(told), 0);
    signal(SIGPIPE, SIG_IGN);
    // Whoever runs the tests may ignore it.
    signal(SIGHUP, SIG_DFL);
    signal(SIGINT, SIG_DFL);
}

static void teardown(void) {
    unlink(path);
    rmdir(directory);
}

static void address(struct sockaddr_un *ret) {
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(ret->sun_path, sizeof(ret->sun_path), "%s", path);
}

// As xenstored does.
static void listen_at_path(void) {
    struct sockaddr_un at;

    address(&at);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    setenv("XENSTORED_PATH", path, 1);
}

static int accept_one(void) {
    int fd = accept(listener, NULL, NULL);

    ck_assert_int_ge(fd, 0);
    return fd;
}

// Takes a request.
static void take(int fd, struct xsd_sockmsg *ret) {
    char body[256];

    ck_assert_int_eq(recv(fd, ret, sizeof(*ret), MSG_WAITALL), sizeof(*ret));
    ck_assert_uint_le(ret->len, sizeof(body));
    ck_assert_int_eq(recv(fd, body, ret->len, MSG_WAITALL), ret->len);
}

static void answer_domain_path(int fd) {
    static const char text[] = "/local/domain/1";
    struct xsd_sockmsg message;

    take(fd, &message);
    ck_assert_uint_eq(message.type, XS_GET_DOMAIN_PATH);
    message.len = sizeof(text);
    ck_assert_int_eq(write(fd, &message, sizeof(message)), sizeof(message));
    ck_assert_int_eq(write(fd, text, sizeof(text)), sizeof(text));
}

// Runs `body` in a child, which tells the error that it sets.
static void start(int (*body)(struct error *err)) {
    struct error err = {0};

    child = fork();
    ck_assert_int_ge(child, 0);
    if (child)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    stop_init();
    if (body(&err))
        dprintf(told[1], "%s", err.text);
    _exit(err.code);
}

static void wait_until_it_waits(void) {
    char name[64], line[512];

    snprintf(name, sizeof(name), "/proc/%d/stat", (int)child);
    for (;;) {
        FILE *file = fopen(name, "re");
        bool waits = fgets(line, sizeof(line), file) && strstr(line, ") S ");

        fclose(file);
        if (waits)
            return;
        usleep(1000);
    }
}

static double now(void) {
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

// The child has ended with that errno and that text (NULL: any), within a second.
static void expect_end(int code, const char *text) {
    double from = now();
    char said[512];
    ssize_t length;
    int status;

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(now() - from < 1.0);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), code);
    close(told[1]);
    length = read(told[0], said, sizeof(said) - 1);
    said[length > 0 ? length : 0] = '\0';
    if (text)
        ck_assert_str_eq(said, text);
}

static const struct {
    int number;
    const char *text;
} signals[] = {
    {SIGTERM, "stopped by a signal: Terminated"},
    {SIGINT, "stopped by a signal: Interrupt"},
    {SIGHUP, "stopped by a signal: Hangup"},
};

static void stop_it(int i) {
    wait_until_it_waits();
    kill(child, signals[i].number);
    expect_end(EINTR, signals[i].text);
}

static int open_store(struct error *err) {
    struct store *store = NULL;
    int rc = store_open(1, &store, err);

    store_close(store);
    return rc;
}

START_TEST(test_mute) {
    struct xsd_sockmsg request;

    listen_at_path();
    start(open_store);
    take(accept_one(), &request);
    stop_it(_i);
}
END_TEST

// What an operation on an open store comes to.
static int with_store(int (*operation)(struct store *store, struct error *err), struct error *err) {
    struct store *store = NULL;
    int rc = store_open(1, &store, err);

    if (!rc)
        rc = operation(store, err);
    store_close(store);
    return rc;
}

static int read_key(struct store *store, struct error *err) {
    char *value;

    return store_read(store, "name", &value, err);
}

static int list_keys(struct store *store, struct error *err) {
    char *const *names;
    unsigned nr;

    return store_list(store, "platform", &names, &nr, err);
}

static int write_key(struct store *store, struct error *err) {
    return store_write(store, "name", "value", err);
}

static int read_body(struct error *err) {
    return with_store(read_key, err);
}

static int list_body(struct error *err) {
    return with_store(list_keys, err);
}

static int write_body(struct error *err) {
    return with_store(write_key, err);
}

static int (*const bodies[])(struct error *err) = {read_body, list_body, write_body};

START_TEST(test_mute_later) {
    struct xsd_sockmsg request;
    int fd;

    listen_at_path();
    start(bodies[_i]);
    fd = accept_one();
    answer_domain_path(fd);
    take(fd, &request);
    stop_it(0);
}
END_TEST

// In the middle of an answer.
START_TEST(test_half_an_answer) {
    struct xsd_sockmsg request;
    int fd;

    listen_at_path();
    start(read_body);
    fd = accept_one();
    answer_domain_path(fd);
    take(fd, &request);
    ck_assert_int_eq(write(fd, &request, sizeof(request) / 2), sizeof(request) / 2);
    usleep(20000);
    stop_it(0);
}
END_TEST

// xenstored hangs, and so many wait already that the kernel lets nobody connect any more.
START_TEST(test_nobody_connects) {
    struct sockaddr_un at;
    int r;

    listen_at_path();
    address(&at);
    do {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        r = connect(fd, (struct sockaddr *)&at, sizeof(at));
    } while (r == 0);
    ck_assert_int_eq(errno, EAGAIN);
    start(open_store);
    stop_it(0);
}
END_TEST

// A terminal stands for the device of domains that have no socket: it cannot be shut down either.
static int open_device(void) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    ck_assert_int_ge(master, 0);
    ck_assert_int_eq(grantpt(master), 0);
    ck_assert_int_eq(unlockpt(master), 0);
    ck_assert_int_eq(ptsname_r(master, device, sizeof(device)), 0);
    setenv("XENSTORED_PATH", device, 1);
    return master;
}

START_TEST(test_mute_device) {
    struct pollfd asked = {.fd = open_device(), .events = POLLIN};

    start(open_store);
    ck_assert_int_eq(poll(&asked, 1, -1), 1);
    stop_it(0);
}
END_TEST

// The signal comes when the library has been called and has not opened anything yet.
static int open_late(struct error *err) {
    char byte;
    int fd;

    if (stop_watch_opening(err))
        return -1;
    raise(SIGTERM);
    fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);
    while (read(fd, &byte, 1) < 0 && errno == EINTR)
        ;
    stop_watch_opened();
    return stop_check(err);
}

START_TEST(test_just_before_it_opens) {
    open_device();
    start(open_late);
    expect_end(EINTR, signals[0].text);
}
END_TEST

// Not every failure is a signal's.
START_TEST(test_lost) {
    struct xsd_sockmsg request;
    int fd;

    listen_at_path();
    start(open_store);
    fd = accept_one();
    take(fd, &request);
    close(fd);
    expect_end(EBADF, NULL);
}
END_TEST

// The library closes its socket when xenstored is gone; then the number is another file's.
static int reuse_fd(struct store *store, struct error *err) {
    struct stat before, after;
    int fd;

    if (!read_key(store, err))
        return error_set(err, EIO, "xenstored is still there");
    fd = open("/dev/null", O_RDWR);
    fstat(fd, &before);
    raise(SIGTERM);
    fstat(fd, &after);
    if (before.st_ino != after.st_ino || before.st_dev != after.st_dev)
        return error_set(err, EBADF, "fd %d is not what it was", fd);
    return stop_check(err);
}

static int reuse_body(struct error *err) {
    return with_store(reuse_fd, err);
}

START_TEST(test_fds_of_others) {
    int fd;

    listen_at_path();
    start(reuse_body);
    fd = accept_one();
    answer_domain_path(fd);
    close(fd);
    expect_end(EINTR, signals[0].text);
}
END_TEST

START_TEST(test_ignored) {
    struct error err = {0};

    signal(SIGHUP, SIG_IGN);
    stop_init();
    raise(SIGHUP);
    ck_assert_int_eq(stop_check(&err), 0);
    raise(SIGINT);
    ck_assert_int_eq(stop_check(&err), -EINTR);
    ck_assert_str_eq(err.text, signals[1].text);
    error_done(&err);
}
END_TEST

START_TEST(test_blocked) {
    struct error err = {0};
    sigset_t set;

    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(signals[_i].number);
    stop_init();
    ck_assert_int_eq(stop_check(&err), -EINTR);
    ck_assert_str_eq(err.text, signals[_i].text);
    error_done(&err);
}
END_TEST

// The first signal is the one that is told.
START_TEST(test_several) {
    struct error err = {0};

    stop_init();
    ck_assert_int_eq(stop_check(&err), 0);
    raise(SIGHUP);
    raise(SIGTERM);
    ck_assert_int_eq(stop_check(&err), -EINTR);
    ck_assert_str_eq(err.text, signals[2].text);
    error_done(&err);
}
END_TEST

// A thread with the signals blocked opens and closes files, while another one gets signals. A file
// that it opens later is never taken from it, and none is left.
#define ROUNDS 1000

static atomic_bool through;

static void *open_and_close(void *wrong) {
    struct error err = {0};

    for (int i = 0; i < ROUNDS && !*(int *)wrong; i++) {
        struct stat st;
        int fd;

        if (stop_watch_opening(&err))
            break;
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        stop_watch_opened();
        stop_watch_end();
        close(fd);
        fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
        if (fstat(fd, &st) || st.st_rdev != makedev(1, 5))
            *(int *)wrong = i + 1;
        close(fd);
    }
    error_done(&err);
    atomic_store(&through, true);
    return NULL;
}

START_TEST(test_threads) {
    sigset_t set, before;
    pthread_t thread;
    int wrong = 0, free_fd = dup(STDOUT_FILENO), now_free;

    close(free_fd);
    stop_init();
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    ck_assert_int_eq(pthread_create(&thread, NULL, open_and_close, &wrong), 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    while (!atomic_load(&through))
        raise(SIGTERM);
    pthread_join(thread, NULL);
    now_free = dup(STDOUT_FILENO);
    ck_assert_int_eq(wrong, 0);
    ck_assert_int_eq(now_free, free_fd);
    close(now_free);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("stop");

    tcase_set_timeout(tcase, 5);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_mute, 0, ARRAY_SIZE(signals));
    tcase_add_loop_test(tcase, test_mute_later, 0, ARRAY_SIZE(bodies));
    tcase_add_test(tcase, test_half_an_answer);
    tcase_add_test(tcase, test_nobody_connects);
    tcase_add_test(tcase, test_mute_device);
    tcase_add_test(tcase, test_just_before_it_opens);
    tcase_add_test(tcase, test_lost);
    tcase_add_test(tcase, test_fds_of_others);
    tcase_add_test(tcase, test_ignored);
    tcase_add_loop_test(tcase, test_blocked, 0, ARRAY_SIZE(signals));
    tcase_add_test(tcase, test_several);
    tcase_add_test(tcase, test_threads);
    return unit_run("stop", tcase);
}
