// Counting is by name in a small table, since the same events must be found again by a test that
// walks through all of them: a run's counts are the walk's bounds. Nothing here allocates, as the
// program's own allocations are among the events.
//
// For an event that goes wrong its name says too little: the same call may be vital in one place
// and welcome to fail in another. So the stack is reported as well, as far as it is the program's.

#include "tests/model/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#define MAX_FAULTS 16
#define MAX_COUNTS 256
#define NAME_BYTES 64
#define HIT_BYTES 2048
#define GIB_FRAMES (1ULL << 18)

struct planned {
    char what[NAME_BYTES];
    uint64_t n;
    bool and_later;
    int signal; // 0: none
    uint64_t slow_ms;
    struct fault fault;
};

struct count {
    char what[NAME_BYTES];
    uint64_t n;
};

static struct {
    pthread_mutex_t lock;
    bool parsed;
    unsigned nr_faults;
    struct planned fault[MAX_FAULTS];
    unsigned nr_counts;
    struct count count[MAX_COUNTS];
} faults = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const struct {
    const char *name;
    int code;
} errnos[] = {
    {"EPERM", EPERM},   {"ENOENT", ENOENT}, {"ESRCH", ESRCH},           {"EINTR", EINTR},
    {"EIO", EIO},       {"E2BIG", E2BIG},   {"EAGAIN", EAGAIN},         {"ENOMEM", ENOMEM},
    {"EACCES", EACCES}, {"EFAULT", EFAULT}, {"EBUSY", EBUSY},           {"EEXIST", EEXIST},
    {"EINVAL", EINVAL}, {"ENOSPC", ENOSPC}, {"ENOSYS", ENOSYS},         {"ERANGE", ERANGE},
    {"EPIPE", EPIPE},   {"ENODEV", ENODEV}, {"EOPNOTSUPP", EOPNOTSUPP}, {"ENOBUFS", ENOBUFS},
};

static _Noreturn void spec_panic(const char *spec) {
    fprintf(stderr, "model: XENGUEST_MODEL_FAIL: cannot understand '%s'\n", spec);
    abort();
}

// A time behind `name` and an equals sign.
static bool time_parse(const char *how, const char *name, uint64_t *ret) {
    size_t length = strlen(name);
    char *end;

    if (strncmp(how, name, length) != 0 || how[length] != '=')
        return false;
    *ret = strtoull(how + length + 1, &end, 10);
    return end != how + length + 1 && *end == '\0';
}

static bool how_parse(const char *how, struct planned *planned) {
    char *end;

    if (!strcmp(how, "kill") || !strcmp(how, "stop")) {
        planned->signal = how[0] == 'k' ? SIGKILL : SIGSTOP;
        return true;
    }
    if (time_parse(how, "slow", &planned->slow_ms) ||
        time_parse(how, "slow-gib", &planned->fault.slow_ms_per_gib))
        return true;
    if (!strncmp(how, "short", 5)) {
        planned->fault.cut = true;
        planned->fault.extents = how[5] == '=' ? strtoull(how + 6, NULL, 10) : UINT64_MAX;
        return how[5] == '=' || how[5] == '\0';
    }
    for (size_t i = 0; i < sizeof(errnos) / sizeof(*errnos); i++)
        if (!strcmp(how, errnos[i].name))
            planned->fault.code = errnos[i].code;
    if (!planned->fault.code)
        planned->fault.code = (int)strtol(how, &end, 10);
    return planned->fault.code > 0;
}

// `spec` is one fault, WHAT:N:HOW, cut up in place.
static void spec_parse(char *spec) {
    struct planned *planned = &faults.fault[faults.nr_faults];
    char *n = strchr(spec, ':');
    char *how = n ? strchr(n + 1, ':') : NULL;
    char *end;

    if (!how || faults.nr_faults == MAX_FAULTS || (size_t)(n - spec) >= NAME_BYTES)
        spec_panic(spec);
    memcpy(planned->what, spec, (size_t)(n - spec));
    planned->n = strtoull(n + 1, &end, 10);
    planned->and_later = *end == '+';
    if (end + planned->and_later != how || !how_parse(how + 1, planned))
        spec_panic(spec);
    faults.nr_faults++;
}

static void faults_parse(void) {
    static char text[1024];
    const char *wanted = getenv("XENGUEST_MODEL_FAIL");
    char *save = NULL;

    faults.parsed = true;
    if (!wanted)
        return;
    if (strlen(wanted) >= sizeof(text))
        spec_panic(wanted);
    memcpy(text, wanted, strlen(wanted) + 1);
    for (char *spec = strtok_r(text, ",", &save); spec; spec = strtok_r(NULL, ",", &save))
        spec_parse(spec);
}

static uint64_t count_up(const char *what) {
    unsigned i = 0;

    while (i < faults.nr_counts && strcmp(faults.count[i].what, what) != 0)
        i++;
    if (i == MAX_COUNTS)
        return 0;
    if (i == faults.nr_counts) {
        snprintf(faults.count[i].what, NAME_BYTES, "%s", what);
        faults.nr_counts++;
    }
    return ++faults.count[i].n;
}

// Appends to the file that a variable names, if it does.
static int report_open(const char *variable) {
    const char *path = getenv(variable);

    return path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
}

struct hit {
    char line[HIT_BYTES];
    size_t length;
    const void *program; // where it is
};

static void hit_add(struct hit *hit, const char *format, ...) __attribute__((format(printf, 2, 3)));

// What does not fit is left out.
static void hit_add(struct hit *hit, const char *format, ...) {
    size_t left = HIT_BYTES - hit->length;
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(hit->line + hit->length, left, format, args);
    va_end(args);
    if (length > 0 && (size_t)length < left)
        hit->length += (size_t)length;
}

static const void *base_of(const void *at) {
    Dl_info info;

    return dladdr(at, &info) ? info.dli_fbase : NULL;
}

// Adds a frame of the stack: in the program the address of the call as its file has it; in a
// library, whose own functions have no names here, the name if it is one that others call.
static _Unwind_Reason_Code hit_frame(struct _Unwind_Context *context, void *data) {
    struct hit *hit = data;
    uintptr_t at = _Unwind_GetIP(context) - 1;
    const ElfW(Sym) *symbol = NULL;
    Dl_info info;

    if (!dladdr1((const void *)at, &info, (void **)&symbol, RTLD_DL_SYMENT))
        return _URC_NO_REASON;
    if (info.dli_fbase == hit->program)
        hit_add(hit, " %#zx", (size_t)(at - (uintptr_t)info.dli_fbase));
    else if (symbol && at - (uintptr_t)info.dli_saddr < symbol->st_size)
        hit_add(hit, " %s", info.dli_sname);
    return _URC_NO_REASON;
}

static void hit_report(const char *kind, const char *name) {
    struct hit hit = {.program = base_of((const void *)getauxval(AT_PHDR))};
    int fd = report_open("XENGUEST_MODEL_HITS");

    if (fd < 0)
        return;
    hit_add(&hit, "%s%s%s", kind, name ? "." : "", name ? name : "");
    _Unwind_Backtrace(hit_frame, &hit);
    hit.line[hit.length++] = '\n';
    if (write(fd, hit.line, hit.length) < 0)
        abort();
    close(fd);
}

// Being slow goes together with any other way.
static void fault_add(const struct fault *more, struct fault *ret) {
    ret->slow_ms_per_gib += more->slow_ms_per_gib;
    if (more->code)
        ret->code = more->code;
    if (more->cut) {
        ret->cut = true;
        ret->extents = more->extents;
    }
}

// Returns the milliseconds that the event shall take longer.
static uint64_t what_check(const char *what, struct fault *ret) {
    uint64_t slow_ms = 0;
    uint64_t n = count_up(what);

    for (unsigned i = 0; i < faults.nr_faults; i++) {
        const struct planned *planned = &faults.fault[i];

        if (strcmp(planned->what, what) != 0)
            continue;
        if (n != planned->n && !(planned->and_later && n > planned->n))
            continue;
        if (planned->signal)
            kill(getpid(), planned->signal);
        fault_add(&planned->fault, ret);
        slow_ms += planned->slow_ms;
    }
    return slow_ms;
}

// A signal ends no hypercall, so it ends no waiting either; its handler runs all the same.
static void wait_us(uint64_t us) {
    struct timespec left = {.tv_sec = (time_t)(us / 1000000),
                            .tv_nsec = (long)(us % 1000000) * 1000};
    int saved = errno;

    while (us && nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
    errno = saved;
}

void fault_populate_wait(const struct fault *fault, uint64_t frames) {
    wait_us(frames * fault->slow_ms_per_gib * 1000 / GIB_FRAMES);
}

struct fault fault_event(const char *kind, const char *name) {
    struct fault fault = {0};
    char what[NAME_BYTES];
    uint64_t slow_ms;

    pthread_mutex_lock(&faults.lock);
    if (!faults.parsed)
        faults_parse();
    slow_ms = what_check(kind, &fault);
    if (name) {
        snprintf(what, sizeof(what), "%s.%s", kind, name);
        slow_ms += what_check(what, &fault);
    }
    if (fault.code || fault.cut)
        hit_report(kind, name);
    pthread_mutex_unlock(&faults.lock);
    wait_us(slow_ms * 1000);
    return fault;
}

void fault_report(void) {
    int fd = faults.nr_counts ? report_open("XENGUEST_MODEL_COUNTS") : -1;
    char line[NAME_BYTES + 32];

    if (fd < 0)
        return;
    for (unsigned i = 0; i < faults.nr_counts; i++) {
        int length = snprintf(line, sizeof(line), "%s %llu\n", faults.count[i].what,
                              (unsigned long long)faults.count[i].n);

        if (write(fd, line, (size_t)length) < 0)
            break;
    }
    close(fd);
}
