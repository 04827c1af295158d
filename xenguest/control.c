// A line is put together first, without heap memory unless it is long: the answer must get out also
// when there is none. It is written by one call if the kernel takes it whole, which pipes do
// for up to 4096 bytes: lines of several writers would not mix.

#include "xenguest/control.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util/ascii.h"
#include "lib/util/cleanup.h"
#include "lib/util/stop.h"

static int wait_writable(int fd) {
    struct pollfd pollfd = {.fd = fd, .events = POLLOUT};

    if (poll(&pollfd, 1, -1) < 0 && errno != EINTR)
        return -errno;
    return 0;
}

static int write_all(int fd, const char *data, size_t bytes) {
    while (bytes) {
        ssize_t written = write(fd, data, bytes);
        int rc;

        if (written >= 0) {
            data += written;
            bytes -= (size_t)written;
            continue;
        }
        if (errno == EAGAIN) {
            rc = wait_writable(fd);
            if (rc)
                return rc;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

static int write_line(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int write_line(int fd, const char *format, ...) {
    char short_text[1024], short_line[1024];
    CLEANUP(cleanup_free) char *long_text = NULL;
    CLEANUP(cleanup_free) char *long_line = NULL;
    char *text = short_text, *line = short_line;
    size_t bytes;
    va_list args;
    int length;

    if (fd == CONTROL_NONE)
        return 0;
    va_start(args, format);
    length = vsnprintf(short_text, sizeof(short_text), format, args);
    va_end(args);
    if (length < 0)
        return -EINVAL;
    // Without memory the beginning must do: the outcome is in it.
    if ((size_t)length >= sizeof(short_text) && (long_text = malloc((size_t)length + 1))) {
        text = long_text;
        va_start(args, format);
        vsnprintf(text, (size_t)length + 1, format, args);
        va_end(args);
    }
    bytes = ascii_line(text, short_line, sizeof(short_line));
    if (bytes >= sizeof(short_line) && (long_line = malloc(bytes + 1))) {
        line = long_line;
        ascii_line(text, line, bytes + 1);
    }
    bytes = strlen(line);
    line[bytes] = '\n'; // in place of the final NUL
    return write_all(fd, line, bytes + 1);
}

int control_result(int fd, const struct control_result *result) {
    return write_line(fd, "result:%" PRIu64 " %" PRIu64 "%s%s", result->store_frame,
                      result->console_frame, result->abi ? " " : "",
                      result->abi ? result->abi : "");
}

int control_error(int fd, const char *word, int code, const char *text) {
    return write_line(fd, "error:%s %d %s", word, code, text);
}

int control_info(int fd, const char *text) {
    return write_line(fd, "info:%s", text);
}

// Waits in pieces: a signal may come right before the wait.
static int wait_readable(int fd, struct error *err) {
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};
    int rc;

    for (;;) {
        rc = stop_check(err);
        if (rc)
            return rc;
        rc = poll(&pollfd, 1, 1000);
        if (rc > 0)
            return 0;
        if (rc < 0 && errno != EINTR)
            return error_set(err, errno, "waiting for the toolstack: %s", strerror(errno));
    }
}

int control_check_fd(int fd, const char *name, int direction, struct error *err) {
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0)
        return error_set(err, errno, "%s: fd %d: %s", name, fd, strerror(errno));
    if ((flags & O_ACCMODE) != direction && (flags & O_ACCMODE) != O_RDWR)
        return error_set(err, EBADF, "%s: fd %d is not open for %s", name, fd,
                         direction == O_WRONLY ? "writing" : "reading");
    return 0;
}

static int await_line(int fd, struct error *err) {
    char bytes[8];
    ssize_t nr;

    for (;;) {
        int rc = wait_readable(fd, err);

        if (rc)
            return rc;
        nr = read(fd, bytes, sizeof(bytes));
        if (nr == 0)
            return error_set(err, EPIPE, "the toolstack did not say that the guest is suspended");
        if (nr < 0 && errno != EINTR && errno != EAGAIN)
            return error_set(err, errno, "reading the toolstack's answer: %s", strerror(errno));
        if (nr > 0 && memchr(bytes, '\n', (size_t)nr))
            return 0;
    }
}

int control_suspend(int fd, int in_fd, struct error *err) {
    int rc = write_line(fd, "suspend:");

    if (rc)
        return error_set(err, -rc, "asking the toolstack to suspend the guest: %s", strerror(-rc));
    return await_line(in_fd, err);
}
