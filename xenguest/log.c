// The debug log is line-buffered, so that its last line is there after a crash or SIGKILL, exactly
// when it is wanted.
//
// Where nobody listens to syslog, the C library tries to connect for each line anew. That takes
// longer than the line is worth: here it is tried once a second.

#include "xenguest/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/util/ascii.h"
#include "lib/util/cleanup.h"
#include "lib/util/open-trusted.h"

#define PROGRESS_INTERVAL_MS 5000
#define PROGRESS_EDGE_MS 500 // for the first and last step
#define SYSLOG_RETRY_MS 1000

static int64_t now_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// --- syslog ---

// A socket of another kind listens too; it is for the C library to try that.
static bool syslog_listens(void) {
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    CLEANUP(cleanup_close) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || !connect(fd, (const struct sockaddr *)&address, sizeof(address)))
        return true;
    return errno != ENOENT && errno != ECONNREFUSED;
}

static void write_syslog(struct log *log, int priority, const char *line) {
    if (log->no_syslog)
        return;
    if (log->syslog_silent && now_ms() - log->syslog_tried_ms >= SYSLOG_RETRY_MS) {
        log->syslog_silent = !syslog_listens();
        log->syslog_tried_ms = now_ms();
    }
    if (!log->syslog_silent)
        syslog(priority, "%s", line);
}

static void open_syslog(struct log *log) {
    log->syslog_silent = !syslog_listens();
    log->syslog_tried_ms = now_ms();
    openlog(log->ident, LOG_PID | (log->syslog_silent ? 0 : LOG_NDELAY), LOG_DAEMON);
}

// --- the debug log ---

static int open_file(const char *path, FILE **ret, struct error *err) {
    int fd = open_trusted(path, 0600);
    FILE *file;

    if (fd == -EPERM)
        return error_set(
            err, EPERM,
            "opening debug log %s: others can write to a directory on the way, and may "
            "have put there what has that name",
            path);
    if (fd < 0)
        return error_set(err, -fd, "opening debug log %s: %s", path, strerror(-fd));
    file = fdopen(fd, "a");
    if (!file) {
        close(fd);
        return error_set(err, ENOMEM, "no memory for debug log %s", path);
    }
    setvbuf(file, NULL, _IOLBF, 0);
    *ret = file;
    return 0;
}

int log_open(struct log *log, int64_t domid, const char *suffix, const char *debug_log,
             int64_t control_fd, struct error *err) {
    *log =
        (struct log){.lock = PTHREAD_MUTEX_INITIALIZER, .use_stderr = control_fd != STDERR_FILENO};
    log->no_syslog = !suffix;
    log->on_terminal = log->use_stderr && isatty(STDERR_FILENO);
    if (domid < 0)
        snprintf(log->ident, sizeof(log->ident), "xenguest");
    else
        snprintf(log->ident, sizeof(log->ident), "xenguest-%" PRId64 "%s", domid,
                 suffix ? suffix : "");
    if (!log->no_syslog)
        open_syslog(log);
    if (debug_log)
        return open_file(debug_log, &log->file, err);
    return 0;
}

void log_close(struct log *log) {
    if (log->file)
        fclose(log->file);
    log->file = NULL;
    closelog();
}

static void end_progress_line(struct log *log) {
    if (log->line_open)
        fputc('\n', stderr);
    log->line_open = false;
}

static void write_file(struct log *log, const char *text) {
    struct timespec now;
    struct tm tm;
    char stamp[32];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
    fprintf(log->file, "%s.%03ldZ %s: %s\n", stamp, now.tv_nsec / 1000000, log->ident, text);
}

static void write_message(struct log *log, int priority, const char *format, va_list args) {
    CLEANUP(cleanup_free) char *text = NULL;
    CLEANUP(cleanup_free) char *line = NULL;
    size_t bytes;

    if (vasprintf(&text, format, args) < 0) {
        text = NULL;
        return;
    }
    bytes = ascii_line(text, NULL, 0) + 1;
    line = malloc(bytes);
    if (!line)
        return;
    ascii_line(text, line, bytes);
    pthread_mutex_lock(&log->lock);
    if (log->file)
        write_file(log, line);
    if (priority != LOG_INFO && log->use_stderr) {
        end_progress_line(log);
        fprintf(stderr, "xenguest: %s\n", line);
    }
    write_syslog(log, priority, line);
    pthread_mutex_unlock(&log->lock);
}

void log_info(struct log *log, const char *format, ...) {
    va_list args;

    va_start(args, format);
    write_message(log, LOG_INFO, format, args);
    va_end(args);
}

void log_warning(struct log *log, const char *format, ...) {
    va_list args;

    va_start(args, format);
    write_message(log, LOG_WARNING, format, args);
    va_end(args);
}

void log_error(struct log *log, const char *format, ...) {
    va_list args;

    va_start(args, format);
    write_message(log, LOG_ERR, format, args);
    va_end(args);
}

static bool progress_due(struct log *log, uint64_t done, uint64_t total) {
    int64_t now = now_ms();
    int64_t interval = done == 0 || done == total ? PROGRESS_EDGE_MS : PROGRESS_INTERVAL_MS;

    if (log->progress.any && now - log->progress.last_ms <= interval)
        return false;
    log->progress.any = true;
    log->progress.last_ms = now;
    return true;
}

void log_progress(struct log *log, const char *what, uint64_t done, uint64_t total) {
    unsigned percent = total ? (unsigned)((double)done * 100 / (double)total) : 0;
    bool due;

    pthread_mutex_lock(&log->lock);
    if (log->on_terminal) {
        fprintf(stderr, "\r%s: %u%%\033[K", what, percent);
        log->line_open = true;
        if (done == total)
            end_progress_line(log);
    }
    due = progress_due(log, done, total);
    pthread_mutex_unlock(&log->lock);
    if (!due)
        return;
    if (total)
        log_info(log, "%s: %" PRIu64 " of %" PRIu64 " (%u%%)", what, done, total, percent);
    else
        log_info(log, "%s", what);
}
