// The program itself in its mode listen, started as managers start it: with nothing in its
// environment, its error output for the control channel, -debug, and perhaps a node. It restores
// and saves a domain on the model of the hypervisor; the library's save is made up (save.c). After
// each test nothing may be left: no socket, no claim, no entry in the ledger.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/listen/manager.h"
#include "tests/listen/save.h"
#include "tests/unit/unit.h"

#define SOCKET "/run/xen/xenguest-control-1"
#define HOST "fixtures/hosts/ring-small.json"
#define MIB 16
// Frames of the stream: all but the VGA hole, and those that the guest shares with Xen.
#define PAGES (MIB * 256 - 32 + 16)

#define PORTS "\"store_port\":\"3\",\"console_port\":\"4\""
#define SET_ARGS(...) "{\"execute\":\"set_args\",\"arguments\":{" __VA_ARGS__ "}}"

static char directory[32];

// Runs a command of the shell, in which $b is the build directory and $d one for files,
// and returns what it has printed, but the last newline.
static const char *shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static const char *shell(const char *format, ...) {
    static char said[4096];
    char command[2048];
    FILE *output;
    va_list args;

    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    output = popen(command, "re"); // NOLINT(cert-env33-c): commands of our own
    ck_assert_ptr_nonnull(output);
    said[fread(said, 1, sizeof(said) - 1, output)] = '\0';
    ck_assert_msg(!pclose(output), "%s: %s", command, said);
    said[strlen(said) - (*said && said[strlen(said) - 1] == '\n')] = '\0';
    return said;
}

static void setup(void) {
    const char *base = getenv("B");

    snprintf(directory, sizeof(directory), "/dev/shm/test-listen-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    setenv("b", base ? base : "build", 1);
    setenv("d", directory, 1);
    shell("exec 2>&1; $b/model/modelctl create-host $d/state " HOST
          " && $b/model/modelctl create-domain $d/state 1 max-mib=%d vcpus=2 "
          "store=fixtures/xenstore/ubuntu-bios.xs && $b/model/stream %d >$d/stream",
          MIB + 1, MIB);
}

static void teardown(void) {
    // What a test that failed has left.
    shell("rm -rf $d /run/xenguest /run/xen/*");
}

static void open_manager(struct manager *m, const char *options) {
    static const char format[] =
        "exec env -i LD_PRELOAD=$PWD/$b/model/libmodel.so:$PWD/$b/tests/listen/libsave.so "
        "XENGUEST_MODEL=$d/state XENGUEST_MODEL_STRICT=1 XENGUEST_MODEL_ALONE=1 "
        "ASAN_OPTIONS=verify_asan_link_order=0:exitcode=99 "
        "$b/xenguest -debug -domid 1 -controloutfd 2 -controlinfd 0 -mode listen -debuglog $d/log "
        "%s 2>$d/control </dev/null";
    char command[1024];
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};

    snprintf(command, sizeof(command), format, options);
    manager_run(m, SOCKET, argv);
    m->fd = manager_connect(m);
}

// The migration stream is this file's.
static void use_file(struct manager *m, const char *name, int flags) {
    char path[64];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    m->stream[1] = open(path, flags | O_CLOEXEC, 0600);
    ck_assert_int_ge(m->stream[1], 0);
}

static void say(struct manager *m, const char *text) {
    manager_say(m, text);
    manager_expect(m, manager_returned);
}

// The program has ended so, and has told one decisive line, which begins like `error`; NULL: none.
static void expect_end(struct manager *m, const char *error) {
    const char *told;

    manager_expect_end(m, MANAGER_MS, error ? 1 : 0, "");
    told = shell("grep -E '^(result|error):' $d/control; true");
    ck_assert_msg(error ? !strncmp(told, error, strlen(error)) && !strchr(told, '\n') : !*told,
                  "%s", told);
    ck_assert_str_eq(shell("$b/model/modelctl check $d/state unclaimed=1 2>&1"), "");
    ck_assert_str_eq(shell("! [ -e /run/xenguest ] || "
                           "find /run/xenguest -type f ! -name gate ! -name lock 2>&1"),
                     "");
}

static void quit(struct manager *m) {
    manager_do(m, "quit");
    expect_end(m, NULL);
}

static long pages_on(int node) {
    return strtol(shell("$b/model/modelctl show $d/state | "
                        "sed -n 's/^domain 1 node %d pages \\([0-9]*\\) .*/\\1/p'",
                        node),
                  NULL, 10);
}

// --- restores ---

static void restore(const char *options, const char *set_args) {
    struct manager m;

    open_manager(&m, options);
    use_file(&m, "stream", O_RDONLY);
    manager_init(&m);
    say(&m, set_args);
    manager_do(&m, "restore");
    manager_expect(&m, manager_result);
    // It stays until it is told to go.
    manager_do(&m, "migrate_progress");
    quit(&m);
}

START_TEST(test_node_of_the_command_line) {
    restore("-mem_pnode 2", SET_ARGS(PORTS));
    ck_assert_int_eq(pages_on(2), PAGES);
}
END_TEST

START_TEST(test_node_of_set_args) {
    restore("", SET_ARGS(PORTS ",\"mem_pnode\":\"2\""));
    ck_assert_int_eq(pages_on(2), PAGES);
}
END_TEST

// set_args comes later, and so counts.
START_TEST(test_node_of_both) {
    restore("-mem_pnode 2", SET_ARGS(PORTS ",\"mem_pnode\":\"3\""));
    ck_assert_int_eq(pages_on(3), PAGES);
}
END_TEST

// -1 is no node: where the guest is pinned decides.
START_TEST(test_no_node_after_all) {
    shell("$b/model/modelctl set-vcpus $d/state 1 hard=0");
    restore("-mem_pnode 2", SET_ARGS(PORTS ",\"mem_pnode\":\"-1\""));
    ck_assert_int_eq(pages_on(0), PAGES);
}
END_TEST

// Feeds the first half of the stream, and waits until some of it is in the domain.
static void begin_restore(struct manager *m) {
    char half[65536];
    size_t left = MIB << 19;
    int fd;

    open_manager(m, "");
    use_file(m, "stream", O_RDONLY);
    fd = m->stream[1];
    m->stream[1] = -1;
    manager_make_pipe(m, true);
    manager_init(m);
    say(m, SET_ARGS(PORTS));
    manager_do(m, "restore");
    while (left) {
        ssize_t bytes = read(fd, half, sizeof(half));

        ck_assert_int_gt(bytes, 0);
        ck_assert_int_eq(write(m->stream[0], half, (size_t)bytes), bytes);
        left -= (size_t)bytes < left ? (size_t)bytes : left;
    }
    close(fd);
}

START_TEST(test_abort) {
    struct manager m;

    begin_restore(&m);
    manager_do(&m, "migrate_abort");
    manager_do(&m, "quit");
    expect_end(&m, "error:xenguest 125 aborted by the emulator manager");
}
END_TEST

START_TEST(test_quit_early) {
    struct manager m;

    begin_restore(&m);
    manager_do(&m, "quit");
    expect_end(&m, "error:xenguest 125 the emulator manager quit before it was complete");
}
END_TEST

START_TEST(test_end_of_stream) {
    struct manager m;

    begin_restore(&m);
    close(m.stream[0]);
    m.stream[0] = -1;
    manager_expect_error(&m, "the stream ends early or makes no sense");
    manager_expect_hangup(&m);
    expect_end(&m, "error:xenguest 5 the stream ends early or makes no sense");
}
END_TEST

START_TEST(test_signal) {
    struct manager m;

    begin_restore(&m);
    kill(m.server, SIGTERM);
    manager_expect_error(&m, "stopped by a signal: Terminated");
    manager_expect_hangup(&m);
    expect_end(&m, "error:xenguest 4 stopped by a signal: Terminated");
}
END_TEST

// --- what is refused, in answer to the command ---

START_TEST(test_pv) {
    struct manager m;

    open_manager(&m, "");
    use_file(&m, "stream", O_RDONLY);
    manager_init(&m);
    say(&m, SET_ARGS(PORTS ",\"pv\":\"true\""));
    manager_say(&m, "{\"execute\":\"restore\"}");
    manager_expect_error(&m, "this version of xenguest restores no PV guests");
    quit(&m);
    ck_assert_int_eq(pages_on(0), 0);
}
END_TEST

START_TEST(test_stream_of_the_wrong_direction) {
    struct manager m;

    open_manager(&m, "");
    use_file(&m, "new", O_WRONLY | O_CREAT);
    manager_init(&m);
    say(&m, SET_ARGS(PORTS));
    manager_say(&m, "{\"execute\":\"restore\"}");
    manager_expect_error(&m, "is not open for reading");
    // Another stream, and it goes on.
    use_file(&m, "stream", O_RDONLY);
    manager_init(&m);
    manager_say(&m, "{\"execute\":\"migrate_live\"}");
    manager_expect_error(&m, "is not open for writing");
    manager_do(&m, "restore");
    manager_expect(&m, manager_result);
    quit(&m);
}
END_TEST

static void load_key(const char *line) {
    shell("echo '%s' >$d/key && $b/model/modelctl load $d/state $d/key domid=1", line);
}

START_TEST(test_nomigrate) {
    struct manager m;

    load_key("platform/nomigrate = \"1\"");
    open_manager(&m, "");
    use_file(&m, "new", O_WRONLY | O_CREAT);
    manager_init(&m);
    manager_say(&m, _i ? "{\"execute\":\"migrate_live\"}" : "{\"execute\":\"migrate_nonlive\"}");
    manager_expect_error(&m, "Xenstore key platform/nomigrate");
    quit(&m);
}
END_TEST

// --- saves ---

static const char *saved(void) {
    return shell("head -n 1 $d/new; tail -n 1 $d/new");
}

static void begin_live_save(struct manager *m) {
    open_manager(m, "");
    use_file(m, "new", O_WRONLY | O_CREAT);
    manager_init(m);
    manager_do(m, "track_dirty");
    manager_do(m, "migrate_progress");
    manager_do(m, "migrate_live");
}

// Pages that the save has written when it begins this pass.
static long long written_before(long long pass) {
    return pass ? SAVE_PAGES + (pass - 1) * SAVE_DIRTY : 0;
}

// Told of the midst of a pass. On a busy machine news of it may be overtaken by the next pass's.
static void expect_midst(struct manager *m) {
    const char *event;
    long long pass, sent;

    do {
        event = manager_hear_until(m, "\"sent\"");
        pass = manager_number(event, "iteration");
        ck_assert_int_lt(pass, 8);
    } while (manager_number(event, "remaining") != -1);
    sent = manager_number(event, "sent");
    ck_assert_int_gt(sent, written_before(pass));
    ck_assert_int_lt(sent, written_before(pass + 1));
}

// What is told, and when; and -debug, which managers pass, must not be for the stream.
START_TEST(test_live) {
    struct manager m;
    const char *event;

    begin_live_save(&m);
    event = manager_hear_until(&m, "\"sent\"");
    ck_assert_int_eq(manager_number(event, "sent"), 0);
    ck_assert_int_eq(manager_number(event, "remaining"), SAVE_PAGES);
    ck_assert_int_eq(manager_number(event, "iteration"), 0);
    expect_midst(&m);
    event = manager_hear_until(&m, "\"remaining\": 40");
    ck_assert_int_eq(manager_number(event, "sent"),
                     written_before(manager_number(event, "iteration")));
    manager_do(&m, "migrate_pause");
    manager_do(&m, "migrate_paused");
    ck_assert_str_eq(manager_hear_until(&m, "status"), manager_completed);
    ck_assert_str_eq(saved(), "domain 1 flags 1\nend");
    quit(&m);
}
END_TEST

START_TEST(test_nonlive) {
    struct manager m;

    open_manager(&m, "");
    use_file(&m, "new", O_WRONLY | O_CREAT);
    manager_init(&m);
    manager_do(&m, "migrate_pause");
    manager_do(&m, "migrate_paused");
    manager_do(&m, "migrate_nonlive");
    manager_expect(&m, manager_completed);
    ck_assert_str_eq(saved(), "domain 1 flags 0\nend");
    quit(&m);
}
END_TEST

// While it copies, and while it waits for the guest.
START_TEST(test_abort_of_a_save) {
    struct manager m;

    begin_live_save(&m);
    manager_hear_until(&m, "\"sent\"");
    if (_i) {
        manager_do(&m, "migrate_pause");
        shell("until grep -q 'to have the guest suspended' $d/log; do sleep 0.1; done");
    }
    manager_do(&m, "migrate_abort");
    manager_do(&m, "quit");
    expect_end(&m, "error:xenguest 125 aborted by the emulator manager");
    ck_assert_str_eq(shell("grep -c end $d/new; true"), "0");
}
END_TEST

// --- the command line ---

START_TEST(test_compression) {
    struct manager m;

    ck_assert_str_eq(shell("$b/xenguest -mode listen -domid 1 -compress true 2>&1 >/dev/null; "
                           "test $? = 1"),
                     "xenguest: option -compress: compressed streams are not supported; migrate "
                     "without compression");
    open_manager(&m, "-compress false");
    quit(&m);
}
END_TEST

START_TEST(test_no_domain) {
    ck_assert_str_eq(shell("$b/xenguest -mode listen 2>&1; test $? = 1"),
                     "xenguest: mode listen: option -domid is missing");
}
END_TEST

int main(int argc, char **argv) {
    TCase *tcase = tcase_create("program");

    (void)argc;
    // Programs on other modelled machines must not meet it in the ledger.
    if (!getenv("ISOLATED")) {
        setenv("ISOLATED", "1", 1);
        execl("tests/model/isolated", "isolated", argv[0], NULL);
        return EXIT_FAILURE;
    }
    if (mkdir("/run/xen", 0700))
        return EXIT_FAILURE;
    tcase_set_timeout(tcase, 180);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_node_of_the_command_line);
    tcase_add_test(tcase, test_node_of_set_args);
    tcase_add_test(tcase, test_node_of_both);
    tcase_add_test(tcase, test_no_node_after_all);
    tcase_add_test(tcase, test_abort);
    tcase_add_test(tcase, test_quit_early);
    tcase_add_test(tcase, test_end_of_stream);
    tcase_add_test(tcase, test_signal);
    tcase_add_test(tcase, test_pv);
    tcase_add_test(tcase, test_stream_of_the_wrong_direction);
    tcase_add_loop_test(tcase, test_nomigrate, 0, 2);
    tcase_add_test(tcase, test_live);
    tcase_add_test(tcase, test_nonlive);
    tcase_add_loop_test(tcase, test_abort_of_a_save, 0, 2);
    tcase_add_test(tcase, test_compression);
    tcase_add_test(tcase, test_no_domain);
    return unit_run("program", tcase);
}
