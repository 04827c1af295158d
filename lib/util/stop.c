// The handlers only note the signal, and take from a library what it waits for: they put the read
// end of a pipe that nobody writes to in the place of its file. A library that tries again when it
// is interrupted, as libxenstore does, then finds the end of the file, and the kernel restarts a
// connect or a read on what is there now. Unlike shutdown() that also works for a device and for a
// socket that is not connected yet.
//
// The thread that works may have the signals blocked, and another one take them. It alone cannot
// end a wait of the worker's: the worker has to be interrupted as well, so that the kernel starts
// the call again (lib/migration/emp-worker.c). What the handlers look at is under a lock that no
// handler can find taken by the thread that it interrupts.
//
// Hypercalls need nothing: privcmd passes them to Xen, and nothing there waits for signals or
// returns because of one, so handlers run when Xen is done.

#include "lib/util/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

// How often a library that is still opening its file is made to fail.
#define AGAIN_USEC 100000

enum { WATCH_NONE, WATCH_OPENING, WATCH_OPENED };

static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

static atomic_int arrived; // the first signal, or 0

static atomic_flag locked = ATOMIC_FLAG_INIT;
// The rest under the lock; the handlers read it.
static int watch;
static int watched_fd;
static dev_t watched_device;
static ino_t watched_inode;
static int end_of_file = -1; // reads as such
static int stream = -1;
static int stream_end = -1; // the same for the stream

// All that have handlers.
static void fill_set(sigset_t *set) {
    sigemptyset(set);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaddset(set, signals[i]);
    sigaddset(set, SIGALRM);
}

static void lock_in_handler(void) {
    while (atomic_flag_test_and_set_explicit(&locked, memory_order_acquire))
        ;
}

static void unlock_in_handler(void) {
    atomic_flag_clear_explicit(&locked, memory_order_release);
}

static void lock(sigset_t *ret_before) {
    sigset_t set;

    fill_set(&set);
    pthread_sigmask(SIG_BLOCK, &set, ret_before);
    lock_in_handler();
}

static void unlock(const sigset_t *before) {
    unlock_in_handler();
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

// Whether the descriptor is the library's. It closes it when it fails, and then the next file that
// anybody opens has its number.
static bool library_has_it(void) {
    struct stat st;

    if (watch == WATCH_NONE || fstat(watched_fd, &st))
        return false;
    return watch == WATCH_OPENING || (st.st_dev == watched_device && st.st_ino == watched_inode);
}

static void end_wait(void) {
    if (library_has_it())
        dup2(end_of_file, watched_fd);
}

static void on_again(int number) {
    int saved = errno;

    (void)number;
    lock_in_handler();
    end_wait();
    unlock_in_handler();
    errno = saved;
}

static void install(int number, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    fill_set(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void set_timer(long usec) {
    const struct itimerval timer = {{0, usec}, {0, usec}};

    setitimer(ITIMER_REAL, &timer, NULL);
}

static void on_signal(int number) {
    int saved = errno, none = 0;

    atomic_compare_exchange_strong(&arrived, &none, number);
    lock_in_handler();
    end_wait();
    if (stream >= 0)
        dup2(stream_end, stream);
    // It may be about to open it, or to try another one. (setitimer is a mere system call.)
    if (watch == WATCH_OPENING) {
        install(SIGALRM, on_again);
        set_timer(AGAIN_USEC);
    }
    unlock_in_handler();
    errno = saved;
}

void stop_init(void) {
    sigset_t set;

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct sigaction inherited;

        if (!sigaction(signals[i], NULL, &inherited) && inherited.sa_handler != SIG_IGN)
            install(signals[i], on_signal);
    }
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaddset(&set, signals[i]);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int stop_check(struct error *err) {
    int number = atomic_load(&arrived);

    return number ? error_set(err, EINTR, "stopped by a signal: %s", strsignal(number)) : 0;
}

// What reads as the end of a file, and cannot be written to.
static int make_end(int *ret, struct error *err) {
    int ends[2];

    if (pipe2(ends, O_CLOEXEC))
        return error_set(err, errno, "cannot make a pipe: %s", strerror(errno));
    close(ends[1]);
    *ret = ends[0];
    return 0;
}

int stop_watch_opening(struct error *err) {
    sigset_t before;
    int end = -1, next, rc = make_end(&end, err);

    if (rc)
        return rc;
    next = dup(end);
    if (next < 0) {
        int code = errno;

        close(end);
        return error_set(err, code, "no file descriptor is left: %s", strerror(code));
    }
    close(next);
    lock(&before);
    end_of_file = end;
    watched_fd = next;
    watch = WATCH_OPENING;
    unlock(&before);
    return 0;
}

void stop_watch_opened(void) {
    sigset_t before;
    struct stat st;

    lock(&before);
    if (!fstat(watched_fd, &st) && (S_ISSOCK(st.st_mode) || S_ISCHR(st.st_mode))) {
        watched_device = st.st_dev;
        watched_inode = st.st_ino;
        watch = WATCH_OPENED;
    } else {
        watch = WATCH_NONE;
    }
    // Only a signal starts the timer, and none does any more.
    if (atomic_load(&arrived))
        set_timer(0);
    unlock(&before);
}

void stop_watch_end(void) {
    sigset_t before;

    lock(&before);
    watch = WATCH_NONE;
    if (end_of_file >= 0)
        close(end_of_file);
    end_of_file = -1;
    unlock(&before);
}

int stop_watch_stream(int fd, struct error *err) {
    sigset_t before;
    int end = -1, rc = make_end(&end, err);

    if (rc)
        return rc;
    lock(&before);
    stream_end = end;
    stream = fd;
    unlock(&before);
    // One that came before has not taken it.
    rc = stop_check(err);
    if (rc)
        stop_watch_stream_end();
    return rc;
}

void stop_watch_stream_end(void) {
    sigset_t before;

    lock(&before);
    stream = -1;
    if (stream_end >= 0)
        close(stream_end);
    stream_end = -1;
    unlock(&before);
}
