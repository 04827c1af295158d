// The command `build`: one builder from its start to what xenopsd does with its answer.

#include "tests/lab/toolstack/answer.h"
#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/buildargs.h"
#include "tests/lab/toolstack/count.h"
#include "tests/lab/toolstack/spawn.h"
#include "tests/lab/toolstack/store.h"
#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_milliseconds(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static int milliseconds_until(int64_t limit) {
    int64_t left = limit - now_milliseconds();

    return left > 0 ? (int)left : 0;
}

// A remark as it came, with its prefix as the key: `info=...`.
static void remarks_print(const struct answer *answer, size_t from) {
    for (size_t i = from; i < answer->nr_remarks; i++) {
        const char *line = answer->remarks[i];
        int prefix = (int)strcspn(line, ":");

        printf("%.*s=%s\n", prefix, line, line + prefix + 1);
    }
}

// Reads until the answer is decided, its remarks printed as they come. Returns -ETIMEDOUT without
// an error text when `limit` is reached.
static int answer_read(int fd, int64_t limit, struct answer *answer, struct error *err) {
    char bytes[4096];
    int rc = 0;

    while (rc == 0 && answer->outcome == ANSWER_OPEN) {
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        size_t printed = answer->nr_remarks;
        int ready = poll(&readable, 1, milliseconds_until(limit));
        ssize_t nr;

        if (ready == 0)
            return -ETIMEDOUT;
        nr = ready < 0 ? -1 : read(fd, bytes, sizeof(bytes));
        if (nr < 0 && errno != EINTR)
            return error_set(err, errno, "reading the answer: %s", strerror(errno));
        if (nr >= 0)
            rc = nr ? answer_feed(answer, bytes, (size_t)nr) : answer_end(answer);
        remarks_print(answer, printed);
    }
    return rc < 0 ? error_set(err, -rc, "reading the answer: out of memory") : 0;
}

static void answer_print(const struct answer *answer) {
    if (answer->outcome == ANSWER_RESULT)
        printf("result=%" PRId64 " %" PRId64 "\n", answer->store, answer->console);
    else if (answer->outcome == ANSWER_ERROR)
        printf("error=%s %" PRId64 " %s\n", answer->error_class, answer->code, answer->message);
    else
        printf("failure=%s\n", answer->message);
    printf("line=%s\n", answer->line ? answer->line : "");
}

static void status_print(int status) {
    if (WIFSIGNALED(status))
        printf("exit=signal %d\n", WTERMSIG(status));
    else
        printf("exit=%d\n", WEXITSTATUS(status));
}

// Follows the builder to its end. Whatever happens, it has ended on return.
static int builder_follow(struct spawn *spawn, int64_t limit, struct answer *answer,
                          struct error *err) {
    int status = 0;
    int rc = answer_read(spawn->from, limit, answer, err);
    int waited = -ETIMEDOUT;

    spawn_hang_up(spawn);
    if (rc == 0) {
        answer_print(answer);
        waited = spawn_wait(spawn, milliseconds_until(limit), &status, err);
    }
    if (waited == -ETIMEDOUT) {
        if (rc == -ETIMEDOUT)
            printf("failure=no answer within the time limit\nline=\n");
        else if (rc == 0)
            printf("late=did not end within the time limit\n");
        spawn_kill(spawn);
        waited = spawn_wait(spawn, -1, &status, err);
    }
    if (waited == 0)
        status_print(status);
    return rc < 0 ? rc : waited;
}

// The same, and counts what it asks the kernel and Xen for. It is slow thereby, and answers are
// read when it has ended. There is no time limit.
static int builder_count(struct spawn *spawn, struct answer *answer, struct error *err) {
    struct count count = {0};
    int status = 0;
    int rc = count_follow(spawn, &count, &status, err);

    if (rc < 0)
        spawn_kill(spawn);
    else
        rc = answer_read(spawn->from, now_milliseconds() + 1000, answer, err);
    spawn_hang_up(spawn);
    if (rc < 0)
        return rc;
    answer_print(answer);
    status_print(status);
    count_print(&count);
    return rc;
}

static int build(struct toolstack *ts, const struct build_options *o, char **program,
                 struct error *err) {
    const int64_t start = now_milliseconds();
    struct answer answer = {0};
    struct spawn spawn;
    int rc = spawn_start(program, o->count, &spawn, err);

    if (rc < 0)
        return rc;
    if (o->count)
        rc = builder_count(&spawn, &answer, err);
    else
        rc = builder_follow(&spawn, start + o->limit_seconds * 1000, &answer, err);
    printf("milliseconds=%" PRId64 "\npeak_kib=%ld\n", now_milliseconds() - start, spawn.peak_kib);
    if (rc == 0 && answer.outcome == ANSWER_RESULT) {
        struct lab_built built = {.store_gfn = (uint64_t)answer.store,
                                  .console_gfn = (uint64_t)answer.console,
                                  .max_mib = (uint64_t)o->max_mib,
                                  .start_mib = (uint64_t)o->start_mib};

        rc = lab_store_built(ts, o->domid, &built, err);
    } else if (rc == 0) {
        rc = -ECANCELED;
    }
    answer_done(&answer);
    return rc;
}

int command_build(struct toolstack *ts, int argc, char **argv, struct error *err) {
    struct build_options options = {.mode = "hvm_build", .limit_seconds = 120};
    struct build_program program = {0};
    uint32_t store_port;
    uint32_t console_port;
    int rc = build_options_read(argc, argv, &options, err);

    if (rc == 0)
        rc = lab_store_ports(ts, options.domid, &store_port, &console_port, err);
    if (rc == 0)
        rc = build_program_make(&options, store_port, console_port, &program, err);
    if (rc == 0)
        rc = build(ts, &options, program.argv, err);
    build_program_done(&program);
    return rc;
}
