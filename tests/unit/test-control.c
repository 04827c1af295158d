// The control channel: one message, one line, complete, whatever the reader does.

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "xenguest/control.h"

static int reader, writer;

static void open_pipe(void) {
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    reader = fds[0];
    writer = fds[1];
    signal(SIGPIPE, SIG_IGN);
}

static void close_pipe(void) {
    close(reader);
    close(writer);
}

// All that is in the pipe.
static const char *received(void) {
    static char buffer[65536];
    ssize_t length;

    fcntl(reader, F_SETFL, O_NONBLOCK);
    length = read(reader, buffer, sizeof(buffer) - 1);
    buffer[length > 0 ? length : 0] = '\0';
    return buffer;
}

START_TEST(test_result) {
    const struct control_result hvm = {.store_frame = 1044476, .console_frame = 1044479};
    const struct control_result pv = {
        .store_frame = 3000000000, .console_frame = 1, .abi = "x86_64-abi"};

    ck_assert_int_eq(control_result(writer, &hvm), 0);
    ck_assert_str_eq(received(), "result:1044476 1044479\n");
    ck_assert_int_eq(control_result(writer, &pv), 0);
    ck_assert_str_eq(received(), "result:3000000000 1 x86_64-abi\n");
}
END_TEST

START_TEST(test_error) {
    ck_assert_int_eq(control_error(writer, "hvm_build", 12, "no memory: why; what to do"), 0);
    ck_assert_str_eq(received(), "error:hvm_build 12 no memory: why; what to do\n");
}
END_TEST

START_TEST(test_info) {
    ck_assert_int_eq(control_info(writer, "hello"), 0);
    ck_assert_str_eq(received(), "info:hello\n");
}
END_TEST

START_TEST(test_newlines_are_harmless) {
    ck_assert_int_eq(control_error(writer, "hvm_build", 5, "one\nresult:1 2\r\n\ttwo\n"), 0);
    ck_assert_str_eq(received(), "error:hvm_build 5 one result:1 2   two \n");
}
END_TEST

START_TEST(test_bytes_beyond_ascii) {
    ck_assert_int_eq(control_error(writer, "hvm_build", 22, "key: \"7\xe2\x82\xac\" is no number"),
                     0);
    ck_assert_str_eq(received(), "error:hvm_build 22 key: \"7\\xe2\\x82\\xac\" is no number\n");
    ck_assert_int_eq(control_info(writer, "\xff"), 0);
    ck_assert_str_eq(received(), "info:\\xff\n");
}
END_TEST

// Escapes make a line longer, from one that fits the stack to one that does not.
START_TEST(test_many_bytes_beyond_ascii) {
    static const size_t lengths[] = {254, 255, 256, 1018, 1019, 1020, 5000};
    static char text[5001];

    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        const char *line;

        memset(text, '\xe9', lengths[i]);
        text[lengths[i]] = '\0';
        ck_assert_int_eq(control_info(writer, text), 0);
        line = received();
        ck_assert_uint_eq(strlen(line), strlen("info:") + 4 * lengths[i] + 1);
        ck_assert_str_eq(line + strlen(line) - 5, "\\xe9\n");
    }
}
END_TEST

START_TEST(test_no_channel) {
    ck_assert_int_eq(control_error(CONTROL_NONE, "hvm_build", 5, "text"), 0);
    ck_assert_int_eq(control_info(CONTROL_NONE, "text"), 0);
}
END_TEST

START_TEST(test_reader_gone) {
    close(reader);
    ck_assert_int_eq(control_info(writer, "text"), -EPIPE);
    ck_assert_int_eq(control_error(writer, "hvm_build", 5, "text"), -EPIPE);
}
END_TEST

START_TEST(test_bad_fd) {
    close(writer);
    ck_assert_int_eq(control_info(writer, "text"), -EBADF);
}
END_TEST

// A text longer than the pipe holds, against a reader that takes single bytes.
struct slow_reader {
    char *data;
    size_t length;
};

static void *read_bytes(void *argument) {
    struct slow_reader *slow = argument;
    char byte = 0;
    ssize_t length;

    // A signal may hit this thread instead of the one that writes.
    while ((length = read(reader, &byte, 1)) == 1 || (length < 0 && errno == EINTR)) {
        if (length == 1 && byte == '\n')
            break;
        if (length == 1)
            slow->data[slow->length++] = byte;
    }
    return NULL;
}

static void on_alarm(int signal_number) {
    (void)signal_number;
}

static void check_slow_reader(void) {
    enum { LENGTH = 200000 };
    char *text = malloc(LENGTH + 1);
    struct slow_reader slow = {.data = malloc(LENGTH + 64)};
    pthread_t thread;

    memset(text, 'x', LENGTH);
    text[LENGTH] = '\0';
    ck_assert_int_eq(pthread_create(&thread, NULL, read_bytes, &slow), 0);
    ck_assert_int_eq(control_info(writer, text), 0);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(slow.length, LENGTH + strlen("info:"));
    ck_assert_int_eq(memcmp(slow.data + strlen("info:"), text, LENGTH), 0);
    free(text);
    free(slow.data);
}

START_TEST(test_byte_by_byte) {
    check_slow_reader();
}
END_TEST

START_TEST(test_byte_by_byte_nonblocking) {
    fcntl(writer, F_SETFL, O_NONBLOCK);
    check_slow_reader();
}
END_TEST

// Signals without SA_RESTART interrupt the write over and over.
START_TEST(test_interrupted) {
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval often = {{0, 200}, {0, 200}};
    struct itimerval never = {{0, 0}, {0, 0}};

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    check_slow_reader();
    setitimer(ITIMER_REAL, &never, NULL);
}
END_TEST

// A full pipe is waited for.
START_TEST(test_full_pipe) {
    char fill[4096];
    size_t filled = 0;
    ssize_t written;
    pid_t child;
    int status;

    memset(fill, 'f', sizeof(fill));
    fcntl(writer, F_SETFL, O_NONBLOCK);
    while ((written = write(writer, fill, sizeof(fill))) > 0)
        filled += (size_t)written;
    child = fork();
    if (!child)
        _exit(control_info(writer, "late") ? 1 : 0);
    usleep(50000);
    ck_assert_int_eq(waitpid(child, &status, WNOHANG), 0);
    while (filled)
        filled -= (size_t)read(reader, fill, filled < sizeof(fill) ? filled : sizeof(fill));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(received(), "info:late\n");
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("control");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, open_pipe, close_pipe);
    tcase_add_test(tcase, test_result);
    tcase_add_test(tcase, test_error);
    tcase_add_test(tcase, test_info);
    tcase_add_test(tcase, test_newlines_are_harmless);
    tcase_add_test(tcase, test_bytes_beyond_ascii);
    tcase_add_test(tcase, test_many_bytes_beyond_ascii);
    tcase_add_test(tcase, test_no_channel);
    tcase_add_test(tcase, test_reader_gone);
    tcase_add_test(tcase, test_bad_fd);
    tcase_add_test(tcase, test_byte_by_byte);
    tcase_add_test(tcase, test_byte_by_byte_nonblocking);
    tcase_add_test(tcase, test_interrupted);
    tcase_add_test(tcase, test_full_pipe);
    return unit_run("control", tcase);
}
