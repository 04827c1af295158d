// A process is killed at any moment; one that is stopped must not be in the hypervisor then, which
// would stop with it (machine_stop). What the model does at a certain call of a run can be had
// again with the same seed, what happens after a time only as far as the machine is as busy.

#include "tests/soak/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/soak/bounds.h"
#include "tests/soak/machine.h"
#include "tests/soak/note.h"

#define IMAGE "/usr/lib/xen-4.17/boot/hvmloader"
#define CONTROL_FD 3
#define MAX_WORDS 40
#define HANGS_MS 60000 // longer than any build takes, apart from stops

static const char *const mode_names[] = {"hvm_build", "reserve", "build_hvm_usemem", "release",
                                         "release"};

const char *run_mode_name(enum run_mode mode) {
    return mode_names[mode];
}

struct words {
    char *word[MAX_WORDS + 1];
    size_t nr;
};

// Splits at blanks.
__attribute__((format(printf, 2, 3))) static void add(struct words *words, const char *format,
                                                      ...) {
    char *text, *save = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        soak_broken("arguments", "no memory");
    va_end(args);
    for (char *w = strtok_r(text, " ", &save); w && words->nr < MAX_WORDS;
         w = strtok_r(NULL, " ", &save))
        words->word[words->nr++] = strdup(w);
    free(text);
}

static struct words command(const struct soak *soak, const struct run *run) {
    const struct guest *guest = run->guest;
    struct words words = {0};

    add(&words, "%s/%s -mode %s -controloutfd %d -domid %u -debuglog %s", soak->options.build,
        soak->program, mode_names[run->mode], CONTROL_FD, guest->domid,
        soak_path_of(soak, run, "log").s);
    if (run->mode == RUN_FORCED_RELEASE)
        add(&words, "-force");
    if (run->mode == RUN_RELEASE || run->mode == RUN_FORCED_RELEASE)
        return words;
    add(&words, "-mem_max_mib %u -mem_start_mib %u", run->mib, run->mib);
    if (guest->policy == GUEST_PNODE)
        add(&words, "-mem_pnode %d", __builtin_ctz(guest->nodes));
    if (run->mode == RUN_RESERVE)
        add(&words, "-json");
    else
        add(&words, "-image " IMAGE " -store_port 1 -console_port 2");
    return words;
}

static void redirect(const char *path, int flags, int fd) {
    int from = open(path, flags, 0600);

    if (from < 0 || (from != fd && dup2(from, fd) < 0))
        _exit(126);
    if (from != fd)
        close(from);
}

// In the child. It ends with the soak.
static _Noreturn void execute(const struct soak *soak, const struct run *run, struct words *words) {
    char preload[512], fault[128];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(preload, sizeof(preload), "%s/model/libmodel.so", soak->options.build);
    snprintf(fault, sizeof(fault), "%s", run->fate.fault);
    setenv("LD_PRELOAD", preload, 1);
    setenv("XENGUEST_MODEL", soak->state, 1);
    setenv("XENGUEST_MODEL_FAIL", fault, 1);
    setenv("XENGUEST_MODEL_STRICT", "1", 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0:exitcode=97", 1);
    redirect("/dev/null", O_RDONLY, 0);
    redirect(soak_path_of(soak, run, "out").s, O_WRONLY | O_CREAT | O_TRUNC, 1);
    dup2(1, 2);
    redirect(soak_path_of(soak, run, "control").s, O_WRONLY | O_CREAT | O_TRUNC, CONTROL_FD);
    execv(words->word[0], words->word);
    _exit(127);
}

static void spawn(struct soak *soak, struct run *run) {
    struct words words = command(soak, run);

    run->pid = fork();
    if (run->pid < 0)
        soak_broken("fork", strerror(errno));
    if (!run->pid)
        execute(soak, run, &words);
    for (size_t i = 0; i < words.nr; i++)
        free(words.word[i]);
}

static struct run *free_run(struct soak *soak) {
    for (unsigned i = 0; i < SOAK_RUNS; i++) {
        if (!soak->run[i].live)
            return &soak->run[i];
    }
    soak_broken("runs", "none is free");
}

static long log_length(const struct soak *soak, const struct run *run) {
    struct stat status;

    return stat(soak_path_of(soak, run, "log").s, &status) ? 0 : (long)status.st_size;
}

struct run *run_start(struct soak *soak, struct guest *guest, enum run_mode mode, unsigned mib,
                      const struct fate *fate, bool second) {
    struct run *run = free_run(soak);

    *run = (struct run){
        .guest = guest,
        .mode = mode,
        .mib = mib,
        .fate = *fate,
        .before = guest->state,
        .start = soak_now(),
        .stops_before = run_stops(soak),
    };
    *(second ? &guest->second : &guest->run) = run;
    run->log_offset = log_length(soak, run);
    bounds_begin(soak, run);
    run->live = true;
    spawn(soak, run);
    note(soak, "domain %u: %s%s of %u MiB, process %d%s%s", guest->domid, mode_names[mode],
         second ? ", second," : "", mib, run->pid, *fate->fault ? ", " : "", fate->fault);
    return run;
}

// --- what befalls it ---

int64_t run_stops(const struct soak *soak) {
    int64_t sum = soak->stops_ms, now = soak_now();

    for (unsigned i = 0; i < SOAK_RUNS; i++) {
        if (soak->run[i].live && soak->run[i].stopped)
            sum += now - soak->run[i].stopped_at;
    }
    return sum;
}

static void has_stopped(struct soak *soak, struct run *run) {
    run->stopped = run->struck = true;
    run->stopped_at = soak_now();
    run->stop_until =
        run->fate.kind == FATE_DOUBLE ? INT64_MAX : run->stopped_at + run->fate.stop_ms;
    soak->sums->stops++;
    soak->sums->long_stops += run->fate.kind == FATE_STOP && run->fate.stop_ms > 10000;
    note(soak, "domain %u: process %d stopped for %lld ms", run->guest->domid, run->pid,
         (long long)run->fate.stop_ms);
}

void run_continue(struct soak *soak, struct run *run) {
    if (!run->stopped)
        return;
    run->stopped = false;
    soak->stops_ms += soak_now() - run->stopped_at;
    kill(run->pid, SIGCONT);
    note(soak, "domain %u: process %d continued", run->guest->domid, run->pid);
}

static void has_ended(struct soak *soak, struct run *run, int status) {
    if (run->stopped) // killed by somebody
        soak->stops_ms += soak_now() - run->stopped_at;
    run->stopped = false;
    run->ended = true;
    run->status = status;
    run->control = soak_text(soak_path_of(soak, run, "control").s);
    run->output = soak_text(soak_path_of(soak, run, "out").s);
    run->no_ledger = run_lacks_ledger(soak, run);
    for (const char *at = run->control; (at = strstr(at, "error:")); at += 6) {
        run->nr_errors++;
        run->error = (int)strtol(at + 6 + strcspn(at + 6, " \n"), NULL, 10);
    }
}

static void stop(struct soak *soak, struct run *run) {
    int status;

    if (machine_stop(soak, run->pid, &status))
        has_stopped(soak, run);
    else
        has_ended(soak, run, status);
}

static void strike(struct soak *soak, struct run *run) {
    run->struck = true;
    note(soak, "domain %u: process %d %s", run->guest->domid, run->pid,
         run->fate.kind == FATE_KILL      ? "is killed"
         : run->fate.kind == FATE_TERM    ? "gets SIGTERM"
         : run->fate.kind == FATE_DESTROY ? "loses its domain"
                                          : "is stopped");
    if (run->fate.kind == FATE_KILL)
        kill(run->pid, SIGKILL);
    else if (run->fate.kind == FATE_TERM)
        kill(run->pid, SIGTERM);
    else if (run->fate.kind == FATE_DESTROY)
        machine_destroy(soak, run->guest);
    else
        stop(soak, run);
}

static bool is_due(const struct run *run) {
    return !run->struck && !*run->fate.fault && run->fate.kind != FATE_NONE &&
           soak_now() - run->start >= run->fate.after_ms;
}

static bool hangs(const struct soak *soak, const struct run *run) {
    int64_t stops = run_stops(soak) - run->stops_before;

    return !run->hung && soak_now() - run->start - stops > HANGS_MS;
}

void run_step(struct soak *soak, struct run *run) {
    int status;

    if (waitpid(run->pid, &status, WNOHANG | WUNTRACED) == run->pid) {
        if (!WIFSTOPPED(status))
            has_ended(soak, run, status);
        else if (!run->stopped)
            has_stopped(soak, run);
    } else if (run->stopped && soak_now() >= run->stop_until) {
        run_continue(soak, run);
    } else if (is_due(run)) {
        strike(soak, run);
    } else if (hangs(soak, run)) {
        run->hung = true;
        kill(run->pid, SIGKILL);
    }
}

void run_done(struct run *run) {
    if (run->guest->run == run)
        run->guest->run = NULL;
    if (run->guest->second == run)
        run->guest->second = NULL;
    free(run->control);
    free(run->output);
    free(run->entry_before);
    *run = (struct run){0};
}

unsigned run_count(const struct soak *soak) {
    unsigned nr = 0;

    for (unsigned i = 0; i < SOAK_RUNS; i++)
        nr += soak->run[i].live;
    return nr;
}

// --- what it says ---

bool run_lacks_ledger(const struct soak *soak, const struct run *run) {
    char *log = soak_text(soak_path_of(soak, run, "log").s);
    const char *own = (long)strlen(log) > run->log_offset ? log + run->log_offset : "";
    // Also "not kept apart" is a builder whose domain is destroyed under it, and its entry with it.
    bool lacks = strstr(own, "no ledger") || strstr(own, "the ledger's lock");

    free(log);
    return lacks;
}

char *run_entry(const struct guest *guest) {
    char path[64];

    snprintf(path, sizeof(path), SOAK_LEDGER "/%u", guest->domid);
    return soak_text(path);
}
