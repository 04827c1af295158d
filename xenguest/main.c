// xenguest: turns an empty Xen domain into a bootable guest.
//
// From argv to the answer: options make a request, its mode does the work, and the outcome is
// reported here, once, to the log and to the toolstack.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util/cleanup.h"
#include "lib/util/error.h"
#include "lib/util/stop.h"
#include "xenguest/control.h"
#include "xenguest/log.h"
#include "xenguest/mode.h"
#include "xenguest/options.h"
#include "xenguest/session.h"

// A file opened as fd 0, 1 or 2 would get what is meant for the standard streams.
static void occupy_standard_fds(void) {
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static char *join_arguments(int argc, char **argv) {
    size_t bytes = 1;
    char *text, *end;

    for (int i = 1; i < argc; i++)
        bytes += strlen(argv[i]) + 1;
    text = malloc(bytes);
    if (!text)
        return NULL;
    *text = '\0';
    end = text;
    for (int i = 1; i < argc; i++)
        end += sprintf(end, "%s%s", i > 1 ? " " : "", argv[i]);
    return text;
}

static void log_command_line(struct log *log, int argc, char **argv) {
    CLEANUP(cleanup_free) char *text = join_arguments(argc, argv);

    log_info(log, "xenguest " XENGUEST_VERSION ": %s", text ? text : "");
}

// The control fd of the request, or CONTROL_NONE; one that cannot be written to is an error.
static int find_control_fd(const struct request *request, int *ret, struct error *err) {
    int fd = (int)request->control_out_fd;
    int rc;

    *ret = CONTROL_NONE;
    if (request->control_out_fd == REQUEST_UNSET)
        return 0;
    rc = control_check_fd(fd, "option -controloutfd", O_WRONLY, err);
    if (!rc)
        *ret = fd;
    return rc;
}

// NULL: none, or none that exists, was given.
static const struct mode *requested_mode(const struct request *request) {
    return request->mode ? mode_find(request->mode) : NULL;
}

static int report_failure(const struct session *session, const struct error *err) {
    const struct mode *mode = requested_mode(session->request);
    int rc;

    log_error(session->log, "%s", err->text);
    rc = control_error(session->control_fd, mode ? mode->error_word : "xenguest", err->code,
                       err->text);
    if (rc)
        log_error(session->log, "the toolstack did not take the error: %s", strerror(-rc));
    return EXIT_FAILURE;
}

static int report_success(const struct session *session, const struct control_result *result) {
    int fd = session->control_fd;
    int rc = 0;

    if (result->told) {
        log_info(session->log, "done");
        return EXIT_SUCCESS;
    }
    log_info(session->log, "result: store frame %#llx, console frame %#llx",
             (unsigned long long)result->store_frame, (unsigned long long)result->console_frame);
    // Run by hand, without a control channel, the answer is for whoever looks; modes that have no
    // frames to tell print what they have to say themselves.
    if (fd == CONTROL_NONE && result->store_frame)
        fd = STDOUT_FILENO;
    rc = control_result(fd, result);
    if (rc && session->control_fd != CONTROL_NONE) {
        log_error(session->log, "the toolstack did not take the result: %s", strerror(-rc));
        return EXIT_FAILURE;
    }
    log_info(session->log, "done");
    return EXIT_SUCCESS;
}

// Runs the request; `parsed` is what options_parse returned, with *err its error.
static int run(struct session *session, int parsed, int argc, char **argv, struct error *err) {
    const struct request *request = session->request;
    const struct mode *mode = requested_mode(request);
    struct control_result result = {0};
    struct error other = {0};
    int rc = parsed;

    if (log_open(session->log, request->domid, mode ? mode->log_suffix : "", request->debug_log,
                 request->control_out_fd, &other) &&
        !rc)
        rc = error_set(err, other.code, "%s", other.text);
    log_command_line(session->log, argc, argv);
    if (find_control_fd(request, &session->control_fd, &other) && !rc)
        rc = error_set(err, other.code, "%s", other.text);
    error_done(&other);
    if (!rc && !mode)
        rc = error_set(err, EINVAL, "option -mode is missing");
    if (!rc)
        rc = mode_run(mode, session, &result, err);
    return rc ? report_failure(session, err) : report_success(session, &result);
}

int main(int argc, char **argv) {
    CLEANUP(error_done) struct error err = {0};
    struct request request;
    struct log log;
    struct session session = {.request = &request, .log = &log};
    int rc, status;

    occupy_standard_fds();
    signal(SIGPIPE, SIG_IGN);
    stop_init();
    rc = options_parse(argc, argv, mode_exists, &request, &err);
    switch (rc) {
    case OPTIONS_SUPPORTS:
        puts(options_supports(request.supports) ? "true" : "false");
        return EXIT_SUCCESS;
    case OPTIONS_HELP:
        options_help(stdout);
        mode_help(stdout);
        return EXIT_SUCCESS;
    case OPTIONS_VERSION:
        puts("xenguest " XENGUEST_VERSION);
        return EXIT_SUCCESS;
    default:
        status = run(&session, rc, argc, argv, &err);
        log_close(&log);
        return status;
    }
}
