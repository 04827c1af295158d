// Managers that are slow, dead, too many or not there at all: the work goes on without them, and
// the server ends in its time.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/listen/manager.h"
#include "tests/unit/unit.h"

#define LIVE_JOB "live store_port=-1 console_port=-1 mem_pnode=-1 pv=0 vgpu=0\n"
#define NONLIVE_JOB "nonlive store_port=-1 console_port=-1 mem_pnode=-1 pv=0 vgpu=0\n"

static const char *const no_arguments[] = {NULL};

// Iterations without a pause, each of a byte.
static const char *const busy[] = {"dirty=65536,1000", "chunk=1", "ms=0", "idle_ms=500", NULL};

// How much comes on the stream in so many ms, or to its end.
static size_t flow(const struct manager *m, int ms) {
    int64_t until = manager_now_ms() + ms;
    char block[65536];
    size_t total = 0;

    while (manager_now_ms() < until) {
        struct pollfd set = {.fd = m->stream[0], .events = POLLIN};

        if (poll(&set, 1, 10) == 1) {
            ssize_t bytes = read(m->stream[0], block, sizeof(block));

            ck_assert_int_ge(bytes, 0);
            if (!bytes)
                break;
            total += (size_t)bytes;
        }
    }
    return total;
}

static void start_busy(struct manager *m) {
    manager_open(m, busy);
    manager_init(m);
    manager_do(m, "migrate_progress");
    manager_do(m, "migrate_live");
}

// A manager that does not read does not stall the migration: each byte of the stream is an
// iteration. When it reads again, old news that its socket had room for are followed by the newest.
START_TEST(test_slow_manager) {
    struct manager m;
    unsigned iterations = 0, lines = 0, last = 0;

    start_busy(&m);
    for (int i = 0; i < 1000 && iterations < 4000; i++)
        iterations += (unsigned)flow(&m, 50);
    ck_assert_uint_ge(iterations, 4000);
    for (; last + 1 < iterations; lines++) {
        unsigned next = (unsigned)manager_number(manager_hear_until(&m, "\"sent\""), "iteration");

        ck_assert_uint_ge(next, last);
        last = next;
    }
    ck_assert_uint_lt(lines, 2000);
    manager_do(&m, "migrate_pause");
    manager_do(&m, "migrate_paused");
    ck_assert_str_eq(manager_hear_until(&m, "status"), manager_completed);
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, LIVE_JOB);
}
END_TEST

// A completion waits until the manager reads.
START_TEST(test_completion_for_a_slow_manager) {
    struct manager m;

    start_busy(&m);
    flow(&m, 300);
    manager_say(&m, "{\"execute\":\"migrate_pause\"}{\"execute\":\"migrate_paused\"}");
    flow(&m, 100);
    ck_assert_str_eq(manager_hear_until(&m, "return"), manager_returned);
    ck_assert_str_eq(manager_hear_until(&m, "return"), manager_returned);
    ck_assert_str_eq(manager_hear_until(&m, "status"), manager_completed);
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, LIVE_JOB);
}
END_TEST

// Its socket is full when it dies.
START_TEST(test_death_of_a_slow_manager) {
    struct manager m;

    start_busy(&m);
    flow(&m, 300);
    close(m.fd);
    flow(&m, 50);
    manager_expect_end(&m, MANAGER_MS, 1,
                       LIVE_JOB "error: no emulator manager is connected any more\n");
}
END_TEST

// It says quit and reads nothing: the server waits for it for 5 s, and no longer.
START_TEST(test_quit_of_a_slow_manager) {
    struct manager m;

    start_busy(&m);
    flow(&m, 300);
    manager_say(&m, "{\"execute\":\"quit\"}");
    manager_expect_end(&m, MANAGER_MS, 1,
                       LIVE_JOB "error: the emulator manager quit before it was complete\n");
}
END_TEST

// It sends and sends and reads nothing: after a while it is heard no further, and each command that
// was taken has its answer.
START_TEST(test_flood) {
    static const char command[] = "{\"execute\":\"track_dirty\"}";
    struct manager m;
    unsigned sent = 0;

    manager_open(&m, no_arguments);
    for (int full = 0; full < 100; sent++) {
        if (send(m.fd, command, strlen(command), MSG_DONTWAIT) < 0) {
            ck_assert_int_eq(errno, EAGAIN);
            full++;
            sent--;
            usleep(1000);
        }
        ck_assert_uint_lt(sent, 100000);
    }
    for (unsigned i = 0; i < sent; i++)
        manager_expect(&m, manager_returned);
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, "");
}
END_TEST

START_TEST(test_nobody) {
    static const char *const arguments[] = {"idle_ms=150", NULL};
    struct manager m;
    int64_t from = manager_now_ms();

    manager_start(&m, arguments);
    manager_expect_end(&m, MANAGER_MS, 0, "");
    ck_assert_int_ge(manager_now_ms() - from, 150);
}
END_TEST

// Within a command, with a descriptor.
START_TEST(test_death_within_a_command) {
    static const char *const arguments[] = {"idle_ms=500", NULL};
    struct manager m;

    manager_open(&m, arguments);
    manager_say_with(&m, "{ \"execute\" : \"migr", m.stream[1]);
    close(m.fd);
    manager_expect_end(&m, MANAGER_MS, 0, "");
}
END_TEST

// The first one dies; another one takes over in time, and finds the migration as it was.
START_TEST(test_another_manager) {
    static const char *const arguments[] = {"idle_ms=500", NULL};
    struct manager m;

    manager_open(&m, arguments);
    manager_init(&m);
    manager_do(&m, "migrate_nonlive");
    close(m.fd);
    usleep(100000);
    m.fd = manager_connect(&m);
    usleep(700000);
    manager_do(&m, "migrate_progress");
    manager_do(&m, "migrate_paused");
    manager_expect(&m, manager_completed);
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, NONLIVE_JOB);
}
END_TEST

// Events go to who began it, news of pages to who asked for progress, the completion to both.
START_TEST(test_two_managers) {
    struct manager m, other;

    manager_open(&m, no_arguments);
    manager_init(&m);
    other = m;
    other.fd = manager_connect(&m);
    manager_do(&other, "migrate_progress");
    manager_do(&m, "migrate_pause");
    manager_do(&m, "migrate_nonlive");
    manager_do(&other, "migrate_paused");
    manager_expect(&m, manager_completed);
    manager_expect(&other, manager_completed);
    manager_do(&other, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, NONLIVE_JOB);
}
END_TEST

// Four at a time; the fifth is served when one of them has gone.
START_TEST(test_many_managers) {
    struct manager m, fifth;
    struct pollfd set;
    int fds[3];

    manager_open(&m, no_arguments);
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        fds[i] = manager_connect(&m);
    fifth = m;
    fifth.fd = manager_connect(&m);
    manager_say(&fifth, "{\"execute\":\"track_dirty\"}");
    set = (struct pollfd){.fd = fifth.fd, .events = POLLIN};
    ck_assert_int_eq(poll(&set, 1, 100), 0);
    close(fds[1]);
    manager_expect(&fifth, manager_returned);
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, "");
}
END_TEST

// It has taken its fill of commands and closes its sending end; the answers still come.
START_TEST(test_half_closed) {
    struct manager m;

    manager_open(&m, no_arguments);
    manager_say(&m, "{\"execute\":\"track_dirty\"}{\"execute\":\"migrate_pause\"}");
    ck_assert_int_eq(shutdown(m.fd, SHUT_WR), 0);
    usleep(50000);
    manager_expect(&m, manager_returned);
    manager_expect(&m, manager_returned);
    manager_expect_hangup(&m);
    m.fd = manager_connect(&m);
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, "");
}
END_TEST

// Nobody but root may connect.
START_TEST(test_mode_of_the_socket) {
    struct manager m;
    struct stat st;

    manager_open(&m, no_arguments);
    ck_assert_int_eq(stat(m.path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    manager_do(&m, "quit");
    manager_expect_end(&m, MANAGER_MS, 0, "");
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("listen-peers");

    tcase_set_timeout(tcase, 180);
    tcase_add_test(tcase, test_slow_manager);
    tcase_add_test(tcase, test_completion_for_a_slow_manager);
    tcase_add_test(tcase, test_death_of_a_slow_manager);
    tcase_add_test(tcase, test_quit_of_a_slow_manager);
    tcase_add_test(tcase, test_flood);
    tcase_add_test(tcase, test_nobody);
    tcase_add_test(tcase, test_death_within_a_command);
    tcase_add_test(tcase, test_another_manager);
    tcase_add_test(tcase, test_two_managers);
    tcase_add_test(tcase, test_many_managers);
    tcase_add_test(tcase, test_half_closed);
    tcase_add_test(tcase, test_mode_of_the_socket);
    return unit_run("listen-peers", tcase);
}
