// Migration streams, which libxenguest reads: whatever is in one, a restore ends with one line of
// answer, an exit status that fits it, neither a claim nor an entry of the ledger, and a machine
// that is whole. The program runs as a process of its own, with sanitizers, on the model of the
// hypervisor; what it logs tells libFuzzer what is new.
//
// An input is a stream in which MARK and a byte stand for so many pages of zeroes: what is in a
// page nobody looks at, and records are near to each other so.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tests/model/copy.h"

#define PAGE 4096
#define MARK "zeroes"
#define MARK_BYTES (sizeof(MARK) - 1)
#define MAX_PAGES 4096 // of an input
#define LIMIT_SECONDS 8
#define HOST "fixtures/hosts/ring-small.json"
#define TREE "store=fixtures/xenstore/ubuntu-bios.xs"
#define RUN "/run/xenguest"
// The library allocates a bit for each frame up to the last that a stream names; such a host has
// not the memory for very many. What it leaks when a stream is broken is its own.
#define ASAN                                                                                       \
    "verify_asan_link_order=0:exitcode=97:detect_leaks=0:allocator_may_return_null=1:"             \
    "max_allocation_size_mb=256"

static char program[PATH_MAX], ctl[PATH_MAX], preload[PATH_MAX], model[PATH_MAX], start[PATH_MAX],
    log_path[PATH_MAX];

// libFuzzer's own name for counters of a target.
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t seen[4096];

// --- processes ---

// Its descriptor is none of those that a process is given.
static int memory_file(const char *name) {
    CLEANUP(cleanup_close) int first = memfd_create(name, MFD_CLOEXEC);
    int fd = fcntl(first, F_DUPFD_CLOEXEC, 16);

    REQUIRE(fd >= 0);
    return fd;
}

static char *contents(int fd) {
    off_t bytes = lseek(fd, 0, SEEK_END);
    char *text = calloc(1, (size_t)bytes + 1);

    REQUIRE(bytes >= 0 && text);
    REQUIRE(pread(fd, text, (size_t)bytes, 0) == bytes);
    return text;
}

// Runs it with what it prints going to `out`, fd 3 being `answer`, and fd 5 `stream`. Returns its
// exit status.
static int run(char *const argv[], int out, int answer, int stream) {
    pid_t pid = fork();
    int status;

    REQUIRE(pid >= 0);
    if (!pid) {
        if (answer >= 0) {
            setenv("LD_PRELOAD", preload, 1);
            setenv("XENGUEST_MODEL", model, 1);
            setenv("XENGUEST_MODEL_STRICT", "1", 1);
            setenv("XENGUEST_MODEL_ALONE", "1", 1);
            setenv("ASAN_OPTIONS", ASAN, 1);
            dup2(answer, 3);
            dup2(stream, 5);
        }
        dup2(out, 1);
        dup2(out, 2);
        alarm(LIMIT_SECONDS);
        execv(argv[0], argv);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) != pid)
        REQUIRE(errno == EINTR); // libFuzzer's clock
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void control(char *command, char *path, char *a, char *b, char *c, char *d) {
    int out = memory_file("modelctl");
    CLEANUP(cleanup_free) char *said = NULL;
    int status = run((char *[]){ctl, command, path, a, b, c, d, NULL}, out, -1, -1);

    said = contents(out);
    close(out);
    if (status || *said)
        fprintf(stderr, "modelctl %s: %s\n", command, said);
    REQUIRE(!status && !*said);
}

// --- the machine ---

static void prepare(void) {
    const char *build = getenv("B");
    char directory[PATH_MAX - 64], here[PATH_MAX - 64];

    if (*program)
        return;
    build = build ? build : "build";
    REQUIRE(getcwd(here, sizeof(here)));
    fuzz_directory("", directory, sizeof(directory));
    snprintf(preload, sizeof(preload), "%s/%s/model/libmodel.so", *build == '/' ? "" : here, build);
    snprintf(ctl, sizeof(ctl), "%s/model/modelctl", build);
    snprintf(model, sizeof(model), "%s/machine", directory);
    snprintf(start, sizeof(start), "%s/start", directory);
    snprintf(log_path, sizeof(log_path), "%s/log", directory);
    control("create-host", start, HOST, NULL, NULL, NULL);
    control("create-domain", start, "1", "max-mib=5", "vcpus=2", TREE);
    snprintf(program, sizeof(program), "%s/fuzz/xenguest", build);
}

// --- the stream ---

static void put_pages(int fd, unsigned nr, unsigned *left) {
    static const char zeroes[PAGE];

    for (; nr && *left; nr--, --*left)
        REQUIRE(write(fd, zeroes, PAGE) == PAGE);
}

static void put_stream(int fd, const uint8_t *data, size_t size) {
    unsigned left = MAX_PAGES;

    while (size) {
        const uint8_t *mark = memmem(data, size, MARK, MARK_BYTES);
        size_t plain = mark ? (size_t)(mark - data) : size;

        REQUIRE(write(fd, data, plain) == (ssize_t)plain);
        data += plain;
        size -= plain;
        if (size > MARK_BYTES)
            put_pages(fd, data[MARK_BYTES], &left);
        plain = size > MARK_BYTES ? MARK_BYTES + 1 : size;
        data += plain;
        size -= plain;
    }
    REQUIRE(lseek(fd, 0, SEEK_SET) == 0);
}

// --- what comes of it ---

// Lines of the log are the same if they differ in numbers only.
static void learn(const char *log) {
    uint32_t hash = 2166136261;

    for (; *log; log++) {
        if (*log == '\n') {
            seen[hash % sizeof(seen)] = 1;
            hash = 2166136261;
        } else if (!strchr("0123456789abcdef", *log)) {
            hash = (hash ^ (uint8_t)*log) * 16777619;
        }
    }
}

// Whether it is lines of ASCII, of which the last and no other is decisive, and fits the status.
static bool is_answer(const char *answer, int status) {
    const char *decisive = status ? "error:" : "result:";
    unsigned nr = 0;
    bool right = false;

    while (*answer) {
        size_t length = strcspn(answer, "\n");

        if (answer[length] != '\n')
            return false;
        right = !strncmp(answer, decisive, strlen(decisive));
        nr += !strncmp(answer, "error:", 6) || !strncmp(answer, "result:", 7);
        for (size_t i = 0; i < length; i++) {
            if (answer[i] < ' ' || answer[i] > '~')
                return false;
        }
        answer += length + 1;
    }
    return right && nr == 1;
}

static bool has_entries(void) {
    DIR *directory = opendir(RUN);
    struct dirent *entry;
    bool found = false;

    while (directory && (entry = readdir(directory)))
        found |= *entry->d_name != '.' && strcmp(entry->d_name, "gate") != 0 &&
                 strcmp(entry->d_name, "lock") != 0;
    if (directory)
        closedir(directory);
    return found;
}

static void restore(int stream, int answer_file, int printed) {
    CLEANUP(cleanup_close)
    int log_file = open(log_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CLEANUP(cleanup_free) char *answer = NULL;
    CLEANUP(cleanup_free) char *log = NULL;
    int status = run((char *[]){program, "-debug", "-debuglog", log_path, "-mode", "hvm_restore",
                                "-domid", "1", "-controloutfd", "3", "-fd", "5", "-store_port", "1",
                                "-console_port", "2", NULL},
                     printed, answer_file, stream);

    REQUIRE(log_file >= 0);
    answer = contents(answer_file);
    log = contents(log_file);
    learn(log);
    if ((status && status != 1) || !is_answer(answer, status)) {
        CLEANUP(cleanup_free) char *text = contents(printed);

        fprintf(stderr, "%s\n%s\n%s\nstatus %d\n", text, log, answer, status);
        fuzz_fail(__FILE__, __LINE__, "one line of answer, and an exit status that fits it");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int stream, answer, printed;

    prepare();
    stream = memory_file("stream");
    answer = memory_file("answer");
    printed = memory_file("printed");
    put_stream(stream, data, size);
    REQUIRE(!copy_machine(start, model));
    restore(stream, answer, printed);
    control("check", model, "unclaimed=1", NULL, NULL, NULL);
    REQUIRE(!has_entries());
    close(stream);
    close(answer);
    close(printed);
    return 0;
}
