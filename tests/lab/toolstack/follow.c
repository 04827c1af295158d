// What xenopsd does with a program that it has started: it reads its answer, suspends the guest
// when it is asked to, and waits for the program's end.

#include "tests/lab/toolstack/follow.h"
#include "tests/lab/toolstack/count.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t now_milliseconds(void) {
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

// Has the guest suspended and says so.
static int answer_suspend(const struct spawn *spawn, struct answer *answer, suspend_guest *suspend,
                          void *context, struct error *err) {
    int rc = suspend(context, err);

    answer->suspend = false;
    if (rc == 0 && write(spawn->to, "done\n", 5) != 5)
        rc = error_set(err, errno, "answering the builder: %s", strerror(errno));
    return rc;
}

int answer_read(const struct spawn *spawn, int64_t limit, struct answer *answer,
                suspend_guest *suspend, void *context, struct error *err) {
    const int fd = spawn->from;
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
        if (rc < 0)
            return error_set(err, -rc, "reading the answer: out of memory");
        if (answer->suspend && suspend)
            rc = answer_suspend(spawn, answer, suspend, context, err);
    }
    return rc;
}

void answer_print(const struct answer *answer) {
    if (answer->outcome == ANSWER_RESULT)
        printf("result=%" PRId64 " %" PRId64 "\n", answer->store, answer->console);
    else if (answer->outcome == ANSWER_ERROR)
        printf("error=%s %" PRId64 " %s\n", answer->error_class, answer->code, answer->message);
    else
        printf("failure=%s\n", answer->message);
    printf("line=%s\n", answer->line ? answer->line : "");
}

void status_print(int status) {
    if (WIFSIGNALED(status))
        printf("exit=signal %d\n", WTERMSIG(status));
    else
        printf("exit=%d\n", WEXITSTATUS(status));
}

int builder_follow(struct spawn *spawn, int64_t limit, struct answer *answer,
                   suspend_guest *suspend, void *context, struct error *err) {
    int status = 0;
    int rc = answer_read(spawn, limit, answer, suspend, context, err);
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

int builder_count(struct spawn *spawn, struct answer *answer, struct error *err) {
    struct count count = {0};
    int status = 0;
    int rc = count_follow(spawn, &count, &status, err);

    if (rc < 0)
        spawn_kill(spawn);
    else
        rc = answer_read(spawn, now_milliseconds() + 1000, answer, NULL, NULL, err);
    spawn_hang_up(spawn);
    if (rc < 0)
        return rc;
    answer_print(answer);
    status_print(status);
    count_print(&count);
    return rc;
}
