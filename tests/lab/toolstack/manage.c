// The command `manage`: an emulator manager that does what it is told, step by step, so that a
// scenario can have a migration go wrong at any point.
//
// Steps are the protocol's commands, each of which has to be taken, and
//   write=FILE, read=FILE   migrate_init with this file as the stream
//   set_args[=NODE]         the event channels, and a node as XCP-ng names it
//   suspend                 the guest is suspended, without being asked
//   iteration=N             waits until a save has come so far
//   pages=N                 waits until the domain has so many pages
//   sleep=MS                waits
//   completed               waits for that; a restored guest is made known to xenstored
//   error                   waits for one; it is printed
//   terminate               sends SIGTERM
// At the end the program has to end by itself.

#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/domain.h"
#include "tests/lab/toolstack/follow.h"
#include "tests/lab/toolstack/manager.h"
#include "tests/lab/toolstack/store.h"
#include "tests/lab/toolstack/suspend.h"
#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MIB_MAX (INT64_C(1) << 30)
#define LIMIT_SECONDS_MAX 86400
#define ARGUMENTS_MAX 32
#define POLL_MS 20

struct managing {
    struct toolstack *ts;
    uint32_t domid;
    const char *xenguest;
    int64_t max_mib;
    int64_t limit_seconds;
    struct manager manager;
};

static void sleep_ms(int64_t ms) {
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

// --- what the program says ---

// Hears events until a line has `part` in it.
static int hear_until(struct managing *managing, const char *part, const char **ret,
                      struct error *err) {
    int rc;

    for (;;) {
        rc = manager_hear(&managing->manager, ret, err);
        if (rc < 0)
            return rc;
        if (!*ret)
            return error_set(err, EPIPE, "the connection has ended before: %s", part);
        printf("said=%s\n", *ret);
        if (strstr(*ret, part))
            return 0;
        if (!strstr(*ret, "\"event\""))
            return error_set(err, EPROTO, "%s instead of: %s", *ret, part);
    }
}

static int command(struct managing *managing, const char *text, int fd, struct error *err) {
    const char *line;
    int rc = manager_send(&managing->manager, text, fd, err);

    return rc < 0 ? rc : hear_until(managing, "\"return\"", &line, err);
}

// --- the steps ---

static int step_command(struct managing *managing, const char *verb, struct error *err) {
    char text[64];

    snprintf(text, sizeof(text), "{ \"execute\" : \"%s\" }", verb);
    return command(managing, text, -1, err);
}

static int init(struct managing *managing, const char *file, int flags, struct error *err) {
    int fd = open(file, flags | O_CLOEXEC, 0600);
    int rc;

    if (fd < 0)
        return error_set(err, errno, "%s: %s", file, strerror(errno));
    rc = command(managing, "{ \"execute\" : \"migrate_init\" }", fd, err);
    close(fd);
    return rc;
}

static int step_write(struct managing *managing, const char *file, struct error *err) {
    return init(managing, file, O_WRONLY | O_CREAT | O_TRUNC, err);
}

static int step_read(struct managing *managing, const char *file, struct error *err) {
    return init(managing, file, O_RDONLY, err);
}

static int step_args(struct managing *managing, const char *node, struct error *err) {
    uint32_t store, console;
    char text[256];
    int rc = lab_store_ports(managing->ts, managing->domid, &store, &console, err);

    if (rc < 0)
        return rc;
    snprintf(text, sizeof(text),
             "{ \"execute\" : \"set_args\", \"arguments\" : { \"store_port\":\"%u\", "
             "\"console_port\":\"%u\"%s%s%s } }",
             store, console, *node ? ", \"mem_pnode\":\"" : "", node, *node ? "\"" : "");
    return command(managing, text, -1, err);
}

static int step_suspend(struct managing *managing, const char *argument, struct error *err) {
    (void)argument;
    return lab_suspend(managing->ts, managing->domid, true, err);
}

static int step_iteration(struct managing *managing, const char *number, struct error *err) {
    static const char key[] = "\"iteration\": ";
    const char *line;
    int rc;

    do
        rc = hear_until(managing, key, &line, err);
    while (rc == 0 && strtol(strstr(line, key) + strlen(key), NULL, 10) < strtol(number, NULL, 10));
    return rc;
}

static int step_pages(struct managing *managing, const char *number, struct error *err) {
    xc_domaininfo_t info = {0};
    int rc;

    do {
        sleep_ms(POLL_MS);
        rc = lab_domain_info(managing->ts, managing->domid, &info, err);
        if (rc == 0 && now_milliseconds() > managing->manager.limit)
            rc = error_set(err, ETIMEDOUT, "the domain has %" PRIu64 " pages, and gets no more",
                           (uint64_t)info.tot_pages);
    } while (rc == 0 && info.tot_pages < strtoull(number, NULL, 10));
    return rc;
}

static int step_sleep(struct managing *managing, const char *ms, struct error *err) {
    (void)managing;
    (void)err;
    sleep_ms(strtol(ms, NULL, 10));
    return 0;
}

static int step_completed(struct managing *managing, const char *argument, struct error *err) {
    static const char key[] = "\"result\":\"";
    struct lab_built built = {.max_mib = (uint64_t)managing->max_mib,
                              .start_mib = (uint64_t)managing->max_mib};
    const char *line, *result;
    char *end;
    int rc = hear_until(managing, "\"status\":\"completed\"", &line, err);

    (void)argument;
    if (rc < 0 || !(result = strstr(line, key)))
        return rc;
    built.store_gfn = strtoull(result + strlen(key), &end, 10);
    built.console_gfn = strtoull(end, NULL, 10);
    printf("result=%" PRIu64 " %" PRIu64 "\n", built.store_gfn, built.console_gfn);
    return lab_store_built(managing->ts, managing->domid, &built, err);
}

static int step_error(struct managing *managing, const char *argument, struct error *err) {
    const char *line;

    (void)argument;
    return hear_until(managing, "\"error\"", &line, err);
}

static int step_terminate(struct managing *managing, const char *argument, struct error *err) {
    (void)argument;
    if (kill(managing->manager.spawn.pid, SIGTERM) < 0)
        return error_set(err, errno, "kill: %s", strerror(errno));
    return 0;
}

static int take_step(struct managing *managing, const char *step, struct error *err) {
    static const struct {
        const char *name;
        int (*take)(struct managing *managing, const char *argument, struct error *err);
    } steps[] = {
        {"write", step_write},         {"read", step_read},           {"set_args", step_args},
        {"suspend", step_suspend},     {"iteration", step_iteration}, {"pages", step_pages},
        {"sleep", step_sleep},         {"completed", step_completed}, {"error", step_error},
        {"terminate", step_terminate},
    };
    size_t length = strcspn(step, "=");

    printf("step=%s\n", step);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (strlen(steps[i].name) == length && !strncmp(step, steps[i].name, length))
            return steps[i].take(managing, step + length + (step[length] == '='), err);
    }
    return step_command(managing, step, err);
}

// --- the command ---

static int option_read(int c, char **argv, struct managing *managing, struct error *err) {
    switch (c) {
    case 'x':
        managing->xenguest = optarg;
        return 0;
    case 'm':
        return option_number("mem-max", optarg, 1, MIB_MAX, &managing->max_mib, err);
    case 't':
        return option_number("time-limit", optarg, 1, LIMIT_SECONDS_MAX, &managing->limit_seconds,
                             err);
    default:
        return option_unknown(argv, optind, err);
    }
}

static int options_read(int argc, char **argv, struct managing *managing, struct error *err) {
    static const struct option longs[] = {
        {"xenguest", required_argument, NULL, 'x'},
        {"mem-max", required_argument, NULL, 'm'},
        {"time-limit", required_argument, NULL, 't'},
        {0},
    };
    int rc = argument_domid(argc, argv, 1, &managing->domid, err);
    int c;

    opterr = 0;
    optind = 2;
    while (rc == 0 && (c = getopt_long(argc, argv, "+", longs, NULL)) != -1)
        rc = option_read(c, argv, managing, err);
    if (rc == 0 && !managing->xenguest)
        rc = error_set(err, EINVAL, "%s: --xenguest is needed", argv[0]);
    return rc;
}

static int start(struct managing *managing, char **options, struct error *err) {
    char domid[16];
    char *argv[ARGUMENTS_MAX] = {(char *)managing->xenguest,
                                 "-debug",
                                 "-domid",
                                 domid,
                                 "-controloutfd",
                                 "2",
                                 "-controlinfd",
                                 "0",
                                 "-mode",
                                 "listen"};
    size_t nr = 10;

    snprintf(domid, sizeof(domid), "%u", managing->domid);
    while (*options && nr < ARGUMENTS_MAX - 1)
        argv[nr++] = *options++;
    return manager_start(&managing->manager, managing->domid, argv,
                         now_milliseconds() + managing->limit_seconds * 1000, err);
}

int command_manage(struct toolstack *ts, int argc, char **argv, struct error *err) {
    struct managing managing = {.ts = ts, .limit_seconds = 120};
    int rc = options_read(argc, argv, &managing, err);
    char **step = argv + optind, **options = step;

    if (rc < 0)
        return rc;
    while (*options && strcmp(*options, "--") != 0)
        options++;
    rc = start(&managing, *options ? options + 1 : options, err);
    if (rc < 0)
        return rc;
    for (; rc == 0 && *step && step < options; step++)
        rc = take_step(&managing, *step, err);
    if (rc == 0)
        return manager_end(&managing.manager, err);
    manager_kill(&managing.manager);
    return rc;
}
